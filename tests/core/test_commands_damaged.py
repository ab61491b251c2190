"""Commands on a data folder in which some things cannot be read, or whose store is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.__main__ import main
from core.datasets.ingest import import_folder
from core.specs import RunSpec
from core.store import RunState, Store
from core.store.records import keep_records
from tests.pages.runs import make_dataset


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def change(store: Store, statement: str) -> None:
    with closing(sqlite3.connect(store.workspace.database)) as work:
        work.execute(statement)
        work.commit()


def test_runs_names_the_one_that_cannot_be_read_and_delete_run_removes_it(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = RunSpec.build(dataset="study", model="cnn")
    good, bad = (store.runs.create(spec).run_id for _ in range(2))
    store.runs.transition(good, RunState.FAILED, reason="so")
    store.runs.transition(bad, RunState.DONE)
    change(store, f"UPDATE runs SET spec = '{{\"warp\": 9}}' WHERE run_id = '{bad}'")
    listed = {one["run"]: one for one in told(capsys, "runs")}
    assert listed[good]["state"] == "failed"
    assert listed[bad]["state"] == "unreadable"
    assert "no such setting" in listed[bad]["reason"]
    for command in ("audit", "operating-point", "compare", "resume", "stop"):
        assert f"The run {bad} cannot be read" in told(capsys, command, bad, code=2)["error"]
    assert told(capsys, "delete-run", bad) == {"deleted": bad}
    assert [one["run"] for one in told(capsys, "runs")] == [good]


def test_datasets_names_the_one_that_cannot_be_read_and_delete_dataset_removes_it(
    phantom_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "bad"):
        make_dataset(phantom_store, name)
    change(phantom_store, "UPDATE datasets SET spec = '{' WHERE name = 'bad'")
    good, bad = told(capsys, "datasets")
    assert (good["name"], "error" in good) == ("good", False)
    assert (bad["name"], bad["counts"]) == ("bad", {})
    assert "The data set “bad” cannot be read" in bad["error"]
    words = ("train", "bad", "--model", "cnn")
    assert "The data set “bad” cannot be read" in told(capsys, *words, code=2)["error"]
    told(capsys, "delete-dataset", "bad")
    assert [one["name"] for one in told(capsys, "datasets")] == ["good"]


def test_a_lost_store_is_told_once_and_its_runs_are_there(
    phantom_store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    make_dataset(phantom_store, "tiny")
    run = phantom_store.runs.create(RunSpec.build(dataset="tiny", model="cnn")).run_id
    phantom_store.workspace.run_folder(run).mkdir()
    phantom_store.runs.transition(run, RunState.FAILED, reason="so", finished_at=5.0)
    keep_records(phantom_store)
    for file in phantom_store.workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()
    assert main(["runs", "--json"]) == 0
    shown = capsys.readouterr()
    assert [one["run"] for one in json.loads(shown.out)] == [run]
    assert "1 run and 1 data set were found again" in shown.err
    assert main(["datasets"]) == 0
    assert "found again" not in capsys.readouterr().err


def test_check_finds_what_is_damaged_gone_or_replaced(
    phantom_store: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = phantom_store
    folder = tmp_path / "own"
    shutil.copytree(store.catalogue.sources()[0].root, folder)
    store.catalogue.remove_source("Phantom films")
    import_folder(store, folder, name="own")
    run = store.runs.create(RunSpec.build(dataset="tiny", model="cnn")).run_id
    weights = store.workspace.run_folder(run) / "head.weights.h5"
    weights.parent.mkdir()
    weights.write_bytes(b"weights")
    store.runs.transition(run, RunState.DONE, finished_at=5.0)
    keep_records(store)
    assert told(capsys, "check", "--films") == {"damaged": []}
    weights.write_bytes(b"weightt")
    gone, replaced = sorted(folder.rglob("*.png"))[:2]
    gone.unlink()
    replaced.write_bytes(replaced.read_bytes() + b" ")
    found = told(capsys, "check", "--films", code=3)["damaged"]
    assert [one["what"] for one in found] == ["run", "film", "film"]
    assert "not what it was when the run ended" in found[0]["reason"]
    assert {one["name"] for one in found[1:]} == {f"own: {gone}", f"own: {replaced}"}
    assert [one["what"] for one in told(capsys, "check", code=3)["damaged"]] == ["run"]
