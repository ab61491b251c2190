"""A part of a store in another file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from core.specs import RunSpec
from core.store import Epoch, RunState, Store, open_store
from core.store.excerpt import take_rows, write_films_part, write_rows_part
from core.workspace import open_workspace
from tests.core.phantom_dataset import with_a_dataset


def reordered(store: Store) -> None:
    """As a store that was upgraded has it: a column that came later stands last."""
    with closing(sqlite3.connect(store.workspace.database)) as work:
        work.executescript(
            "DROP INDEX films_set_apart; ALTER TABLE films RENAME COLUMN patient TO former;"
            "ALTER TABLE films ADD COLUMN patient TEXT NOT NULL DEFAULT '';"
            "UPDATE films SET patient = former; ALTER TABLE films DROP COLUMN former;"
            "CREATE INDEX films_set_apart ON films(source, path) WHERE set_apart != '';"
            "ALTER TABLE runs RENAME COLUMN reason TO former;"
            "ALTER TABLE runs ADD COLUMN reason TEXT NOT NULL DEFAULT '';"
            "UPDATE runs SET reason = former; ALTER TABLE runs DROP COLUMN former;"
        )


def test_a_part_says_the_same_whatever_the_order_of_columns(
    phantom_store: Store, tmp_path: Path
) -> None:
    store = with_a_dataset(phantom_store, 4, 2, 2)
    run = store.runs.create(RunSpec(dataset="phantoms", model="cnn"))
    other = store.runs.create(RunSpec(dataset="phantoms", model="cnn", seed=7))
    store.runs.save_epoch(run.run_id, Epoch(1, 0.5, 0.6, 0.7, 0.8, 0.001, 2.0))
    store.runs.transition(run.run_id, RunState.TRAINING, reason="", pid=1, pid_started=1.0)
    store.runs.request_cancel(run.run_id)
    reordered(store)

    there = open_workspace(tmp_path / "there")
    write_films_part(store.workspace.database, there.database, ["PHANTOMS"], [])
    write_rows_part(store.workspace.database, tmp_path / "rows", [run.run_id])
    asked = run.spec.changed(epochs=3)
    take_rows(there.database, tmp_path / "rows", run.run_id, asked)
    part = open_store(there)

    members = store.datasets.members("phantoms")
    assert part.datasets.members("phantoms").equals(members)
    ids = members["film_id"].tolist()
    assert part.catalogue.films(ids) == store.catalogue.films(ids)
    assert len(part.catalogue.frame()) == len(ids) < len(store.catalogue.frame())
    [taken] = part.runs.all()
    assert (taken.run_id, taken.spec, taken.state) == (run.run_id, asked, RunState.QUEUED)
    assert (taken.pid, taken.cancel_at) == (None, None)
    assert part.runs.finished_epochs(run.run_id) == store.runs.finished_epochs(run.run_id)
    assert store.runs.get(other.run_id).spec.seed == 7, "and here nothing has changed"
    assert store.runs.get(run.run_id).cancel_at is not None


def test_all_films_of_a_source_come_along_when_asked_for(
    phantom_store: Store, tmp_path: Path
) -> None:
    there = open_workspace(tmp_path / "there")
    [source] = phantom_store.catalogue.sources()
    write_films_part(phantom_store.workspace.database, there.database, [], [source.name])
    part = open_store(there)
    assert part.catalogue.sources() == [source]
    assert len(part.catalogue.frame()) == len(phantom_store.catalogue.frame())
