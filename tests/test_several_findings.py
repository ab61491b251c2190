"""The whole job on a collection whose films have several findings, with names in any script."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.store import Store

LABELS = ("Cardiomegaly", "Cardiomegaly|Emphysema", "No Finding", "Emphysema", "Edema|Emphysema")
HEART, REST = "心臓 (拡大)", "ohne Übergröße"


@pytest.fixture
def collection(phantom_folder: Path, tmp_path: Path) -> Path:
    """ChestX-ray14 in miniature: 40 films of 20 patients, drawn by the program."""
    root = tmp_path / "nih"
    (root / "images").mkdir(parents=True)
    rows = []
    for number, film in enumerate(sorted(phantom_folder.rglob("*.png"))[:40]):
        patient = number // 2
        name = f"{patient:08d}_{number % 2:03d}.png"
        shutil.copy(film, root / "images" / name)
        label = LABELS[patient % len(LABELS)]
        rows.append([name, label, number % 2, patient, f"{40 + patient}", "MF"[patient % 2], "PA"])
    with (root / "Data_Entry_2017.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["Image Index", "Finding Labels", "Follow-up #", "Patient ID",
                         "Patient Age", "Patient Gender", "View Position"])  # fmt: skip
        writer.writerows(rows)
    return root


def test_prepare_train_and_compare_on_films_with_several_findings(
    store: Store, collection: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def core(*words: str) -> Any:
        assert main([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    imported = core("import", str(collection))
    assert imported["added"] == len(store.catalogue.frame()) == 40
    assert imported["by_finding"] == {
        "Emphysema": 24, "Cardiomegaly": 16, "No finding": 8, "Edema": 8,
    }  # fmt: skip
    made = core(
        "prepare", "Обзор 肺", "--class", f"{HEART}=Cardiomegaly", "--class",
        f"{REST}=not Cardiomegaly", "--image-size", "32", "--balance", "none",
    )  # fmt: skip
    assert {name: sum(made["counts"][split][name] for split in made["counts"])
            for name in (HEART, REST)} == {HEART: 16, REST: 24}  # fmt: skip
    assert (made["films_in_two_classes"], made["shared_patients"]) == (0, 0)
    two = core(
        "prepare", "two", "--class", "a=Cardiomegaly", "--class", "b=Emphysema", "--image-size",
        "32", "--balance", "none",
    )  # fmt: skip
    assert (two["films_in_two_classes"], two["films"]) == (8, 24)

    run = core("train", "ОБЗОР 肺", "--model", "cnn", "--epochs", "1", "--no-cache")
    assert run["state"] == "done"
    assert sum(map(sum, run["test"]["confusion"])) == sum(made["counts"]["test"].values())
    compared = core("compare", run["run"])[0]
    assert 0 <= compared["sensitivity"] <= 1
    assert HEART in json.dumps(compared, ensure_ascii=False)

    film = next((collection / "images").iterdir())
    methods = [option for name in ("grad-cam++", "occlusion") for option in ("--method", name)]
    (answer,) = core(
        "classify", run["run"], str(film), "--cam", str(tmp_path / "cams"), *methods, "--test"
    )
    assert answer["answer"] in (HEART, REST, "not_sure")
    heat = cv2.imread(answer["cam"])
    assert heat is not None
    assert heat.dtype == np.uint8
    sides = list(answer["cams"])
    assert len(sides) == (2 if answer["answer"] == "not_sure" else 1)
    made = [(one["method"], one["class"]) for one in answer["explanations"]]
    assert made == [(one, name) for one in ("grad_cam_plus_plus", "occlusion") for name in sides]
    for one in answer["explanations"]:
        picture = cv2.imread(one["file"])
        assert picture is not None
        assert picture.shape == heat.shape
        assert (one["covering"] is None) == (one["blank"] != "")
    first = [one["file"] for one in answer["explanations"]][: len(sides)]
    assert list(answer["cams"].values()) == first

    page = tmp_path / "card.html"
    core("card", run["run"], "--html", str(page))
    text = page.read_text(encoding="utf-8")
    assert HEART in text
    assert f"{REST}: finding not Cardiomegaly" in text
    exported = tmp_path / "exported"
    assert core("export", "Обзор 肺", str(exported))["files"] == 40
    assert {one.name for one in (exported / "train").iterdir()} == {HEART, REST}
