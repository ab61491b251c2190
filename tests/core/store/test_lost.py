"""A store that is gone, empty, replaced or rotten."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.errors import StoreError
from core.specs import DatasetSpec, RunSpec
from core.store import (
    Epoch,
    Film,
    Member,
    RunResult,
    RunState,
    Source,
    SplitNumbers,
    Store,
    open_store,
    recovered,
)
from core.store.records import RECORD, damaged_file, keep_record, keep_records
from core.workspace import Workspace, open_workspace

SPEC = DatasetSpec.build(
    name="study",
    classes=[
        {"name": "covid", "findings": ["COVID-19"]},
        {"name": "healthy", "findings": ["No finding"]},
    ],
)


@pytest.fixture
def finished(store: Store) -> str:
    """A finished run with its folder and record; a data set; a source."""
    film = Film("a" * 32, "hospital", "/films/a.png", "p", "COVID-19")
    store.catalogue.save_source(Source("hospital", "folders", "/films"), [film])
    store.datasets.save(SPEC, [Member(film.film_id, 0, "train"), Member("gone", 1, "test")])
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn", epochs=2))
    store.runs.save_epoch(run.run_id, Epoch(1, 0.5, None, 0.4, 0.9, 1e-3, 2.0))
    store.runs.transition(
        run.run_id,
        RunState.DONE,
        result=RunResult(test=SplitNumbers(accuracy=0.75)),
        node="cellar",
        started_at=5.0,
        finished_at=9.0,
    )
    folder = store.workspace.run_folder(run.run_id)
    folder.mkdir()
    (folder / "head.weights.h5").write_bytes(b"weights")
    keep_records(store)
    return run.run_id


def lose(workspace: Workspace) -> None:
    for file in workspace.root.glob("thoraxlens.sqlite3*"):
        file.unlink()


@pytest.mark.parametrize("how", ["gone", "empty"])
def test_a_lost_store_is_filled_again_from_the_runs_folders(
    store: Store, finished: str, how: str
) -> None:
    workspace, run = store.workspace, store.runs.get(finished)
    epochs = store.runs.finished_epochs(finished)
    (workspace.runs / "20200101-000000-abcd").mkdir()
    lose(workspace)
    if how == "empty":
        workspace.database.touch()
    again = open_store(workspace)
    assert again.runs.get(finished) == run
    assert again.runs.finished_epochs(finished) == epochs != []
    assert again.datasets.get("study").spec == SPEC
    assert again.datasets.listed("study") == [
        Member("a" * 32, 0, "train"),
        Member("gone", 1, "test"),
    ]
    told = recovered(workspace)
    assert told is not None
    assert (told.runs, told.datasets, told.folders) == ((finished,), ("study",), ("/films",))
    assert [Path(one).name for one in told.unknown] == ["20200101-000000-abcd"]


def test_a_run_under_way_is_found_again_as_interrupted(store: Store) -> None:
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    store.workspace.run_folder(run.run_id).mkdir()
    keep_record(store, run)
    lose(store.workspace)
    found = open_store(store.workspace).runs.get(run.run_id)
    assert (found.state, found.spec) == ("interrupted", run.spec)
    assert "found again" in found.reason


@pytest.mark.parametrize(
    "damage",
    [
        {"run_id": "another"},
        {"state": "exploded"},
        {"spec": {"model": "cnn"}},
        {"result": []},
        {"epochs": [{"epoch": 1}]},
        {"dataset": {"spec": {}, "created": "", "members": []}},
    ],
)
def test_a_damaged_record_is_named_and_keeps_nothing_else_out(
    store: Store, finished: str, damage: dict[str, object]
) -> None:
    bad = store.workspace.run_folder("20200101-000000-abcd")
    shutil.copytree(store.workspace.run_folder(finished), bad)
    kept = json.loads((bad / RECORD).read_text()) | {"run_id": bad.name} | damage
    (bad / RECORD).write_text(json.dumps(kept))
    lose(store.workspace)
    again = open_store(store.workspace)
    assert [run.run_id for run in again.runs.all()] == [finished]
    told = recovered(store.workspace)
    assert told is not None
    assert told.unknown == (str(bad),)


def test_a_fresh_data_folder_has_nothing_to_tell(store: Store) -> None:
    assert recovered(store.workspace) is None


def test_a_record_is_written_once_an_end(store: Store, finished: str) -> None:
    record = store.workspace.run_folder(finished) / RECORD
    written = record.stat().st_mtime_ns
    keep_records(store)
    assert record.stat().st_mtime_ns == written
    store.runs.transition(finished, RunState.DONE, finished_at=10.0)
    keep_records(store)
    assert json.loads(record.read_text())["finished_at"] == 10.0


@pytest.mark.parametrize("rotten", ['"train"', '"%s"' % ("a" * 32), "1", '"stamp"'])
def test_a_record_with_rot_in_it_is_written_again(store: Store, finished: str, rotten: str) -> None:
    record = store.workspace.run_folder(finished) / RECORD
    whole = record.read_text()
    assert rotten in whole
    record.write_text(whole.replace(rotten, rotten[:-1] + "\n{", 1))
    keep_records(store)
    assert record.read_text() == whole


def test_rot_in_weights_is_seen(store: Store, finished: str) -> None:
    folder = store.workspace.run_folder(finished)
    assert damaged_file(folder) is None
    (folder / "head.weights.h5").write_bytes(b"weightt")
    assert damaged_file(folder) == folder / "head.weights.h5"
    (folder / RECORD).unlink()
    assert damaged_file(folder) is None, "an earlier version kept no hashes"


# -- under a living server


def test_a_store_deleted_under_a_living_server_is_told_once(store: Store, finished: str) -> None:
    before = store.catalogue.version()
    lose(store.workspace)
    with pytest.raises(StoreError, match="was deleted, emptied or replaced"):
        store.runs.all()
    assert [run.run_id for run in store.runs.all()] == [finished], "and it works again"
    assert store.catalogue.version() != before, "nothing that was remembered of it is shown"
    store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    assert len(open_store(store.workspace).runs.all()) == 2


def test_a_store_replaced_by_a_copy_is_opened_again(
    store: Store, finished: str, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(copy)) as there, store.database.work() as here:
        here.backup(there)
    store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    lose(store.workspace)
    shutil.copy(copy, store.workspace.database)
    with pytest.raises(StoreError, match="reload the page"):
        store.runs.all()
    assert [run.run_id for run in store.runs.all()] == [finished]
    assert recovered(store.workspace) is None


def test_a_drive_that_is_gone_gets_no_new_store(store: Store, tmp_path: Path) -> None:
    away = store.workspace.root.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreError, match="Is its drive still connected"):
            store.runs.all()
    store.workspace.root.mkdir()  # what a drive that is not mounted leaves
    with pytest.raises(StoreError, match="Is its drive still connected"):
        store.runs.all()
    assert list(store.workspace.root.iterdir()) == []
    store.workspace.root.rmdir()
    away.rename(store.workspace.root)
    assert store.runs.all() == [], "the same file is back"


def test_log_files_of_a_killed_process_lose_nothing(store: Store, tmp_path: Path) -> None:
    """A copy taken while a process writes is what kill -9 or a power cut leaves."""
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    left = open_workspace(tmp_path / "left")
    for file in store.workspace.root.glob("thoraxlens.sqlite3*"):
        shutil.copy(file, left.root)
    assert (left.root / "thoraxlens.sqlite3-wal").stat().st_size > 0
    assert [one.run_id for one in open_store(left).runs.all()] == [run.run_id]


def test_rot_in_the_store_is_found_by_a_check(store: Store, tmp_path: Path) -> None:
    assert store.database.check() == ""
    for _ in range(200):
        store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    with store.database.work() as work:
        whole = bytearray(work.serialize())
    page = int.from_bytes(whole[16:18], "big")
    whole[-page : -page + 64] = b"\xff" * 64
    rotten = open_workspace(tmp_path / "rotten")
    rotten.database.write_bytes(whole)
    assert "put a copy of it back" in open_store(rotten).database.check()
