"""Files of older versions open, and a copy of each stays."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from core.commands.following import run_document
from core.errors import InputError
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Epoch, RunOrigin, RunRemarks, open_store
from core.store.schema import SCHEMA_VERSION
from core.store.upgrades import STEPS, copy_of
from core.workspace import Workspace, open_workspace
from tests.core.store.old_stores import make_store, write

RUN = "INSERT INTO runs (run_id, spec, state, created_at) VALUES (?, ?, 'done', 1.0)"


@pytest.fixture
def old(tmp_path: Path) -> Workspace:
    """A workspace whose store was written by version 1, with one run and one epoch."""
    workspace = open_workspace(tmp_path / "old")
    make_store(workspace.database, 1)
    spec = RunSpec.build(dataset="study", model="cnn").to_json()
    write(workspace.database, RUN, ("r1", spec))
    row = ("r1", 1, 0.5, 0.7, 0.6, 0.6, 0.001, 2.0)
    write(workspace.database, f"INSERT INTO epochs VALUES ({', '.join('?' * 8)})", row)
    return workspace


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as work:
        return int(work.execute("PRAGMA user_version").fetchone()[0])


def test_there_is_a_step_from_each_version() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA_VERSION))


def test_a_file_of_the_first_version_is_brought_up_to_date(old: Workspace) -> None:
    for _ in range(2):  # the second opening finds it done
        again = open_store(old)
    again.runs.save_epoch("r1", Epoch(2, 0.4, 0.8, 0.5, 0.7, 1e-5, 3.0, "fine-tuning"))
    epochs = again.runs.epochs("r1")
    assert epochs["phase"].tolist() == ["training", "fine-tuning"]
    assert epochs["loss"].tolist() == [0.5, 0.4]
    assert version_of(old.database) == SCHEMA_VERSION


def test_a_copy_of_what_was_is_kept_whole(old: Workspace) -> None:
    open_store(old)
    copy = copy_of(old.database, 1)
    assert version_of(copy) == 1
    with closing(sqlite3.connect(copy)) as work:
        assert work.execute("SELECT epoch, loss FROM epochs").fetchall() == [(1, 0.5)]
    # Put back, it is an older file again and is upgraded once more.
    old.database.unlink()
    copy.replace(old.database)
    assert [run.run_id for run in open_store(old).runs.all()] == ["r1"]


def test_a_new_store_and_one_of_today_leave_no_copy(tmp_path: Path) -> None:
    workspace = open_workspace(tmp_path / "new")
    for _ in range(2):
        open_store(workspace)
    assert list(workspace.root.glob("*version-*")) == []


def test_an_upgrade_that_fails_changes_nothing(
    old: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(work: sqlite3.Connection, root: Path) -> None:
        work.execute("DELETE FROM epochs")
        raise sqlite3.OperationalError("no room")

    with monkeypatch.context() as patched:
        patched.setitem(STEPS, 1, fails)
        with pytest.raises(InputError, match="no room"):
            open_store(old)
    assert version_of(old.database) == 1
    assert len(open_store(old).runs.epochs("r1")) == 1


def test_patients_that_were_invented_are_taken_back(tmp_path: Path) -> None:
    """Version 2 made each film of an unknown patient a patient of its own, named by its path."""
    workspace = open_workspace(tmp_path / "old")
    make_store(workspace.database, 2)
    write(
        workspace.database,
        "INSERT INTO sources VALUES ('mine', 'folders', '/films', 0, '2025-01-01', '{}')",
        (),
    )
    before_and_after = {
        "covid/scan.png": ("mine/covid/scan.png", ""),
        "train/covid/deep/er.png": ("mine/covid/deep/er.png", ""),  # without the split's folder
        "covid/patient00001_study1.png": ("mine/covid/patient00001_study1.png",
                                          "mine/patient00001"),
        "covid/patient00001_study2.png": ("mine/covid/patient00001_study2.png",
                                          "mine/patient00001"),
        "normal/00001280_004.png": ("mine/00001280", "mine/00001280"),
        "normal/x.png": ("mine/a/number from a table", "mine/a/number from a table"),
    }  # fmt: skip
    for path, (patient, _) in before_and_after.items():
        row = (path, "mine", f"/films/{path}", patient, *[""] * 5, None, "", 1, 1, "{}", "{}")
        write(workspace.database, f"INSERT INTO films VALUES ({', '.join('?' * 15)})", row)
    found = open_store(workspace).catalogue.patients(before_and_after)
    assert found == {path: after for path, (_, after) in before_and_after.items()}
    with closing(sqlite3.connect(copy_of(workspace.database, 2))) as work:
        [kept] = work.execute("SELECT patient FROM films WHERE film_id = 'covid/scan.png'")
    assert kept == ("mine/covid/scan.png",)


def test_a_run_of_long_ago_was_trained_here(old: Workspace) -> None:
    run = open_store(old).runs.get("r1")
    assert run.origin == RunOrigin()
    assert not run.origin.is_from_elsewhere
    assert run.origin.mark == ""


def test_descriptions_get_the_names_of_today(tmp_path: Path) -> None:
    """Up to version 5: ``views`` of a run, ``split`` and ``subsets`` of a data set, and the
    films' ``subset``."""
    workspace = open_workspace(tmp_path / "old")
    make_store(workspace.database, 2)
    row = ("f", "mine", "/films/f", *[""] * 6, None, "train", 1, 1, "{}", "{}")
    write(
        workspace.database,
        "INSERT INTO sources VALUES ('mine', 'folders', '/films', 0, '2025-01-01', '{}')",
        (),
    )
    write(workspace.database, f"INSERT INTO films VALUES ({', '.join('?' * 15)})", row)
    classes = [
        {"name": "a", "findings": ["A"], "sources": [], "views": ["PA"], "subsets": ["train"]},
        {"name": "b", "findings": ["B"], "sources": [], "views": [], "subsets": []},
    ]
    dataset = json.dumps({"name": "set", "classes": classes, "split": "study", "seed": 4})
    write(workspace.database, "INSERT INTO datasets VALUES ('set', ?, '2025-01-01')", (dataset,))
    run = json.dumps({"dataset": "set", "model": "vgg16", "views": 2, "epochs": 7})
    write(workspace.database, RUN, ("r1", run), ("r2", "no description"))
    store = open_store(workspace)
    films = {"views": ("PA",), "source_splits": ("train",)}
    one = ClassSpec.build(name="a", findings=("A",), alone=True, **films)
    two = ClassSpec.build(name="b", findings=("B",), alone=True)
    spec = DatasetSpec.build(name="set", classes=(one, two), split_by="study", seed=4)
    assert store.datasets.get("set").spec == spec
    asked = RunSpec.build(dataset="set", model="vgg16", augmented_copies=2, epochs=7)
    assert store.runs.get("r1").spec == asked
    assert [one.name for one in store.runs.damaged()] == ["r2"]
    assert store.catalogue.frame()["source_split"].tolist() == ["train"]
    with closing(sqlite3.connect(workspace.database)) as work:
        kept = [spec for (spec,) in work.execute("SELECT spec FROM runs ORDER BY run_id")]
    assert kept == [asked.to_json(), "no description"]
    with closing(sqlite3.connect(copy_of(workspace.database, 2))) as work:
        assert work.execute("SELECT spec FROM datasets").fetchall() == [(dataset,)]


def test_a_run_of_long_ago_has_no_remarks_and_takes_some(old: Workspace) -> None:
    store = open_store(old)
    assert store.runs.get("r1").remarks == RunRemarks()
    store.runs.remark(["r1"], title="The first", star=True)
    assert open_store(old).runs.get("r1").title == "The first"


def test_of_a_run_of_long_ago_nobody_knows_where_it_ran(old: Workspace) -> None:
    store = open_store(old)
    assert store.runs.get("r1").node == ""
    assert run_document(store, store.runs.get("r1"))["node"] is None


def test_of_older_runs_nobody_knows_who_started_them(old: Workspace) -> None:
    store = open_store(old)
    assert store.runs.get("r1").who == ""
    assert run_document(store, store.runs.get("r1"))["by"] is None
    assert store.deeds.latest(5) == []
    store.deeds.note("deleted run r1")
    assert store.deeds.count() == 1
    assert store.queue.taken_up() == []
