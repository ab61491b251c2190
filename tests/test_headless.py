"""``python -m core``: the whole job from a shell, and what it says when something is wrong."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.__main__ import main
from core.commands import ENTRIES, films, following, training
from core.commands.command import table
from core.specs import RunSpec
from core.store import Epoch, RunState, Store
from core.workspace import ENVIRONMENT_VARIABLE, PROJECT_ROOT, RAY_VARIABLE, ray_address
from tests.contracts.expected import STUDY_COUNTS


def _core(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "core", *arguments],
        cwd=PROJECT_ROOT,
        env={**os.environ, ENVIRONMENT_VARIABLE: str(data)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def _json(data: Path, *arguments: str, code: int = 0) -> Any:
    done = _core(data, *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)  # fails if anything else was printed


def test_the_whole_job(tmp_path: Path, phantom_folder: Path) -> None:
    data = tmp_path / "elsewhere"
    imported = _json(data, "import", str(phantom_folder))
    assert (imported["records"], imported["added"], imported["left_out"]) == (40, 40, [])
    assert imported["by_finding"] == {"COVID-19": 20, "No finding": 20}
    assert _json(data, "import", str(phantom_folder))["added"] == 0

    made = _json(data, "prepare", "demo", "--preset", "study", "--image-size", "32")
    assert set(made["counts"]) == {"train", "validation", "test"}
    assert "shared_patients" in made
    assert [one["name"] for one in _json(data, "datasets")] == ["demo"]

    run = _json(data, "train", "demo", "--model", "cnn", "--epochs", "2")
    assert run["state"] == "done"
    confusion = run["test"]["confusion"]
    assert sum(map(sum, confusion)) == sum(made["counts"]["test"].values())
    assert 0 <= run["test"]["sensitivity"] <= 1
    assert run["seconds_per_epoch"] > 0
    assert [one["run"] for one in _json(data, "runs")] == [run["run"]]

    point = _json(data, "operating-point", run["run"], "--sensitivity", "0.8")
    assert point["wanted_sensitivity"] == 0.8
    assert point["validation"]["sensitivity"] >= 0.8
    assert 0 <= point["test"]["sensitivity_interval"][0] <= point["test"]["sensitivity"]
    assert _json(data, "operating-point", run["run"]) == point
    compared = _json(data, "compare", run["run"], "--threshold", "0")
    assert 0.2 < compared[0]["intervals"]["sensitivity"][0] < compared[0]["sensitivity"]
    assert compared[0]["false_negatives"] == 0, "at threshold 0 every film is called positive"
    assert compared[0]["sensitivity"] == 1

    film = next(phantom_folder.rglob("*.png"))
    rubbish = tmp_path / "text.png"
    rubbish.write_text("not a picture")
    noise = tmp_path / "noise.png"
    cv2.imwrite(str(noise), np.random.default_rng(0).integers(0, 256, (90, 90), dtype=np.uint8))
    cams = tmp_path / "cams"
    answers = _json(
        data, "classify", run["run"], str(film), str(rubbish), str(tmp_path / "none.png"),
        str(noise), "--cam", str(cams), code=3,
    )  # fmt: skip
    good, bad, missing, refused = answers
    assert (good["gate"], refused["gate"], bad["gate"]) == ("frontal", "not_a_chest_xray", None)
    assert good["answer"] in ("covid", "healthy", "not_sure")
    assert good["unlike_training"] in (True, False)
    assert (refused["answer"], refused["label"], refused["cam"]) == ("refused", None, None)
    assert refused["probabilities"] == {}
    assert refused["reason"].endswith(".")
    assert bad["answer"] == missing["answer"] == "refused"
    assert good["label"] in ("covid", "healthy")
    assert sum(good["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    heat, shown = cv2.imread(good["cam"]), cv2.imread(str(film))
    assert heat is not None
    assert shown is not None
    assert heat.shape == shown.shape
    drawn = {one["class"]: one["file"] for one in good["explanations"]}
    assert drawn == good["cams"]
    assert {one["method"] for one in good["explanations"]} == {"hires_cam"}
    assert good["error"] is None
    assert bad["label"] is None
    assert "text.png" in bad["error"] or "picture" in bad["error"] or "film" in bad["error"]
    assert "not a file" in missing["error"]


def test_models_are_the_studys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json"]) == 0
    printed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    for name, (total, trainable) in STUDY_COUNTS.items():
        assert printed[name]["total_params"] == total
        assert printed[name]["trainable_params"] == trainable


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["import", "/no/such/folder"], 2, "/no/such/folder"),
        (["import", "/a", "/b", "--name", "x"], 2, "--name"),
        (["prepare", "x", "--preset", "study"], 2, "import"),
        (["train", "absent", "--model", "cnn"], 2, "absent"),
        (["compare", "20200101-000000-aaaa"], 2, "no run"),
        (["classify", "20200101-000000-aaaa", "film.png"], 2, "no run"),
        (["classify", "x", "film.png", "--method", "lime", "--cam", "x"], 2, "--method"),
        (["resume", "20200101-000000-aaaa"], 2, "no run"),
        (["export", "absent", "somewhere"], 2, "absent"),
        ([], 2, "required: command"),
        (["no-such-command"], 2, "no-such-command"),
        (["train", "absent"], 2, "required: --model"),
        (["train", "absent", "--model", "cnn", "--epochs", "many"], 2, "many"),
        (["train", "absent", "--model", "cnn", "--seeds", "2", "--folds", "2"], 2, "not allowed"),
        (["train", "absent", "--model", "cnn", "--folds", "3"], 2, "absent"),
        (["train", "absent", "--model", "cnn", "--seeds", "0"], 2, "at least 2"),
        (["train", "absent", "--model", "cnn", "--schedule", "odd"], 2, "odd"),
        (["prepare", "x", "--preset", "four-classes"], 2, "import"),
        (["compare"], 2, "required: RUN"),
        (["import", ""], 2, "name a folder"),
        (["cache", "--limit", "-1"], 2, "at least 0"),
        (["sources", "--data", "/dev/null/data"], 2, "data folder /dev/null/data"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_a_code(
    arguments: list[str], code: int, word: str, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert word.lower() in answer["error"].lower()
    assert "Traceback" not in answer["error"]


def test_even_what_nobody_foresaw_is_one_document(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, code, says in (
        (ZeroDivisionError("oops"), 1, "did not foresee"),
        (PermissionError(13, "Permission denied", "/x"), 1, "/x cannot be used"),
        (KeyboardInterrupt(), 130, "Stopped"),
    ):

        def fail(error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("core.commands.films.open_default_store", fail)
        assert main(["sources", "--json"]) == code
        assert says in json.loads(capsys.readouterr().out)["error"]


def test_names_that_no_terminal_can_print(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "/\udcff", "--json"]) == 2
    assert "/\udcff" in json.loads(capsys.readouterr().out)["error"]


def test_an_epoch_whose_loss_is_no_number_is_told(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = store.runs.create(RunSpec.build(dataset="d", model="cnn"))
    store.runs.save_epoch(run.run_id, Epoch(1, None, 0.5, None, None, 0.1, 2.0))
    store.runs.transition(run.run_id, RunState.FAILED, reason="Training diverged.")
    assert following.wait_for(store, run.run_id).state == "failed"
    assert "epoch 1: 2.00 s, accuracy 0.5000" in capsys.readouterr().err


def test_every_setting_of_a_run_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    training._train_arguments(parser)
    given = parser.parse_args(
        [
            "films",
            "--model",
            "vgg16",
            "--weights",
            "random",
            "--fine-tune",
            "2",
            "--fine-tune-epochs",
            "4",
            "--fine-tune-learning-rate",
            "2e-5",
            "--device",
            "cpu",
            "--no-cache",
            "--schedule",
            "cosine",
            "--find-learning-rate",
            "--augmented-copies",
            "3",
        ]
    )
    spec = training._run_spec(given)
    assert (spec.fine_tune, spec.fine_tune_epochs, spec.fine_tune_learning_rate) == (2, 4, 2e-5)
    assert (spec.device, spec.cache, spec.schedule, spec.augmented_copies) == (
        "cpu",
        False,
        "cosine",
        3,
    )
    assert spec.find_learning_rate
    before = parser.parse_args(["films", "--model", "vgg16", "--views", "3"])
    assert training._run_spec(before).augmented_copies == 3
    assert "--views is called --augmented-copies now" in capsys.readouterr().err
    plain = training._run_spec(parser.parse_args(["films", "--model", "cnn"]))
    assert plain == RunSpec(dataset="films", model="cnn", weights="random")


def test_an_import_counts_reasons_and_says_how_many_more_there_are(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = cv2.imencode(".png", np.arange(400, dtype=np.uint8).reshape(20, 20))[1].tobytes()
    for place in range(12):
        (tmp_path / "films" / "A").mkdir(parents=True, exist_ok=True)
        (tmp_path / "films" / "A" / f"{place}.png").write_bytes(film)
    (tmp_path / "films" / "A" / "rubbish.png").write_bytes(b"no picture")
    assert main(["import", str(tmp_path / "films")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "  11 × exact duplicate of another film"
    assert lines[3:] == ["  Patients are not known for 1 film."]
    monkeypatch.setattr(films, "REASONS", 1)
    assert main(["import", str(tmp_path / "films"), "--name", "again"]) == 0
    assert capsys.readouterr().out.splitlines()[2] == "  1 for other reasons; --json has them all"


def test_data_option_beats_the_environment(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sources", "--json", "--data", str(tmp_path / "given")]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert (tmp_path / "given" / "thoraxlens.sqlite3").exists()


def test_data_and_json_may_stand_before_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["--data", str(first), "--json", "sources"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert (first / "thoraxlens.sqlite3").exists()
    assert main(["--data", str(tmp_path / "none"), "sources", "--data", str(second)]) == 0
    assert capsys.readouterr().out.strip() == "nothing yet"
    assert (second / "thoraxlens.sqlite3").exists(), "the one after the command wins"
    assert not (tmp_path / "none").exists()


def test_a_cluster_is_named_before_the_command_or_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RAY_VARIABLE, "auto")
    folder = ["--data", str(tmp_path / "given")]
    assert main(["sources", *folder]) == 0
    assert ray_address() == "auto"
    assert main(["--ray", "10.0.0.7:6379", "sources", *folder]) == 0
    assert ray_address() == "10.0.0.7:6379"
    assert main(["sources", *folder, "--ray", ""]) == 0
    assert ray_address() == "", "an empty one keeps all work here"


def test_help_names_every_command_of_every_module(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    told = capsys.readouterr().out
    listed = {line.split()[0] for line in told.splitlines() if line.startswith("    ")}
    assert listed >= {entry.name for entry in ENTRIES}
    modules = {entry.module for entry in ENTRIES}
    there = {name for one in modules for name in import_module(f"core.commands.{one}").COMMANDS}
    assert sorted(there) == sorted(entry.name for entry in ENTRIES)
    files = {path.stem for path in (PROJECT_ROOT / "core" / "commands").glob("[!_]*.py")}
    assert files - modules == {"command", "following"}, "a module that no row of the table names"


def test_a_table_is_aligned_and_rounds_and_leaves_out_what_is_missing() -> None:
    rows = [{"run": "a", "accuracy": 1.0}, {"run": "bcd", "accuracy": 0.12345678, "note": None}]
    assert table([*rows, {"accuracy": float("nan"), "note": "x"}]).splitlines() == [
        "run  accuracy  note",
        "a         1.0",
        "bcd    0.1235",
        "               x",
    ]


def test_a_closed_pipe_is_no_crash(tmp_path: Path) -> None:
    command = f"{sys.executable} -m core models --json | head -c 1"
    done = subprocess.run(
        command, shell=True, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr


def test_the_cache_is_told_limited_and_cleared(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THORAXLENS_CACHE_GB", raising=False)
    for name in ("a", "b"):
        (store.workspace.film_cache / f"{name}.npy").write_bytes(b"x" * 3_000_000)

    def told(*arguments: str) -> Any:
        assert main(["cache", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert told() == {
        "bytes": 6_000_000,
        "limit_gb": 10.0,
        "limit_from_environment": False,
        "freed": 0,
        "films": {"bytes": 6_000_000, "files": 2},
        "features": {"bytes": 0, "files": 0},
    }
    limited = told("--limit", "0.004")
    assert (limited["freed"], limited["bytes"], limited["limit_gb"]) == (3e6, 3e6, 0.004)
    assert told("--clear")["freed"] == 3_000_000
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0.000 GB of 0.004 GB"
