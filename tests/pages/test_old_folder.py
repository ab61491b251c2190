"""A data folder that version 0.1 made opens whole: on every page, and in every command."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.datasets.phantom import make_phantoms
from core.store.schema import SCHEMA_VERSION
from core.store.upgrades import copy_of
from tests.core.old_folders import (
    AWAY,
    CANCELLED,
    DONE,
    FAILED,
    FOLDS,
    GROUP,
    QUEUED,
    THRESHOLD,
    TOLD,
    VERSION,
    make_old_folder,
)
from tests.pages.opening import everything_said, open_app


@pytest.fixture(scope="module")
def made(phantom_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    away = tmp_path_factory.mktemp("away") / AWAY
    make_phantoms(away, per_class=6, size=128, seed=7)
    root = tmp_path_factory.mktemp("old") / "data"
    make_old_folder(root, phantom_folder, away)
    return root


@pytest.fixture
def old(made: Path, tmp_path: Path) -> Path:
    """A copy of it, where pages and commands look for the data folder."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def told(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == 0, capsys.readouterr().out
    return json.loads(capsys.readouterr().out)


def test_the_store_is_brought_up_to_date_and_a_copy_kept(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = old / "thoraxlens.sqlite3"
    before = file.read_bytes()
    assert told(capsys, "sources")[0]["films"] > 0
    for path, version in ((file, SCHEMA_VERSION), (copy_of(file, VERSION), VERSION)):
        with closing(sqlite3.connect(path)) as work:
            assert work.execute("PRAGMA user_version").fetchone() == (version,)
    with closing(sqlite3.connect(copy_of(file, VERSION))) as work:
        [spec] = work.execute("SELECT spec FROM runs WHERE run_id = ?", (FAILED,)).fetchone()
    assert json.loads(spec)["views"] == 2
    assert spec.encode() in before


def test_runs_and_data_sets_say_what_they_said(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {one["run"]: one for one in told(capsys, "runs")}
    states = dict(zip(FOLDS, ("done", "interrupted"), strict=True))
    states |= {DONE: "done", FAILED: "failed", QUEUED: "queued", CANCELLED: "cancelled"}
    assert {name: one["state"] for name, one in runs.items()} == states
    done, failed = runs[DONE], runs[FAILED]
    # By the threshold, which the run had chosen: no covid film is missed, two are false alarms.
    assert done["test"]["sensitivity"] == 1
    assert done["test"]["specificity"] == 0.5
    assert done["most_probable"]["test"]["sensitivity"] == 0.75
    assert (done["total_params"], done["seconds_per_epoch"]) == (436194, 13.3)
    assert failed["reason"] == "The disk is full."
    assert failed["spec"]["augmented_copies"] == failed["spec"]["views"] == 2
    assert runs[FOLDS[1]]["spec"]["repeat"]["index"] == 1
    [dataset] = told(capsys, "datasets")
    assert dataset["counts"]["test"] == {"covid": 4, "healthy": 4}
    assert dataset["spec"]["split_by"] == dataset["spec"]["split"] == "study"
    assert [one["alone"] for one in dataset["spec"]["classes"]] == [True, True]


def test_what_was_found_out_then_is_told_again(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    point = told(capsys, "operating-point", DONE)
    assert (point["threshold"], point["target_sensitivity"]) == (THRESHOLD, 0.9)
    assert point["test"]["false_negatives"] == 0
    audit = told(capsys, "audit", DONE)
    assert (audit["verdict"], audit["sentence"]) == ("caution", TOLD)
    assert [one["check"] for one in audit["findings"]] == ["shared_patients"]
    one, group = told(capsys, "compare", DONE, GROUP)
    assert (one["sensitivity"], one["specificity"]) == (1, 0.5)
    assert group["count"] == 2
    card = tmp_path / "card.html"
    assert told(capsys, "card", DONE, "--html", str(card))["verdict"].startswith(TOLD)
    text = card.read_text(encoding="utf-8")
    for fact in ("436,194 parameters", "436,066 of them trained", "Kept is epoch 1", AWAY,
                 "4 of 4", "2 false alarms", "Nadam, learning rate 0.001"):  # fmt: skip
        assert fact in text, fact
    exported = told(capsys, "export", "study", str(tmp_path / "exported"))
    assert exported["files"] == 28
    assert len(list((tmp_path / "exported" / "test" / "covid").iterdir())) == 4


@pytest.mark.parametrize(
    ("page", "query", "facts"),
    [
        ("home", {}, ("**100.0 %** sensitivity", "covid from 25.0 % on")),
        ("explore", {}, ("**52** of 52 films",)),
        ("prepare", {}, ("study",)),
        ("train", {"run": FAILED}, ("The disk is full.",)),
        ("train", {"run": DONE}, ("100.0 %", "who chose it was not recorded")),
        ("compare", {"runs": f"{DONE},{FOLDS[0]}"}, ()),
        ("run", {"run": DONE}, ("4 of 4",)),
        (
            "run",
            {"run": DONE, "tab": "audit"},
            ("(4 of 8) show a patient who is in training too", "earlier version"),
        ),
        ("run", {"run": DONE, "tab": "external", "source": AWAY}, ("5 of 6",)),
        ("classify", {"run": DONE}, ()),
        ("demonstration", {}, ()),
        ("machines", {}, ()),
    ],
)
def test_every_page_opens_it(
    old: Path, page: str, query: dict[str, str], facts: tuple[str, ...]
) -> None:
    app = open_app(page, **query)
    assert not app.exception
    assert [one.value for one in app.error if one.value != "The disk is full."] == []
    said = everything_said(app) + "".join(str(one.value) for one in app.metric)
    said += "".join(one.value.to_csv() for one in app.dataframe)
    said += "".join(one.proto.body for one in app.get("html"))
    for fact in facts:
        assert fact in said, f"{page}: {said[:1500]}"
