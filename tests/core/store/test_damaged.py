"""Rows that cannot be read: named, to be removed, and in nobody's way."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from core.errors import DamagedError, InputError
from core.runs import launcher
from core.specs import DatasetSpec, RunSpec
from core.store import Epoch, Film, ImportReport, Member, RunProgress, Source, Store

CLASSES = [
    {"name": "covid", "findings": ["COVID-19"]},
    {"name": "healthy", "findings": ["No finding"]},
]


def sql(store: Store, statement: str, *values: Any) -> None:
    """Change the file behind the store's back."""
    with closing(sqlite3.connect(store.workspace.database)) as connection:
        connection.execute(statement, values)
        connection.commit()


def queue(store: Store) -> str:
    return store.runs.create(RunSpec.build(dataset="study", model="cnn")).run_id


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("spec", '{"dataset": "study", "model": "cnn", "warp": 9}', "no such setting"),
        ("spec", "{half", "This run cannot be used"),
        ("spec", b"\xff\xfe", "is not text"),
        ("state", "exploded", "knows no state “exploded”"),
        ("result", "[1, 2]", "result of this run cannot be read"),
        ("result", "", "result of this run cannot be read"),
        ("result", '{"test": {"accuracy": "high"}}', "what is kept is damaged"),
        ("result", '{"seconds": 12}', "what is kept is damaged"),
        ("created_at", "yesterday", "created time is not a number"),
        ("finished_at", "soon", "finished time is not a number"),
        ("finished_at", 1e12, "finished time is no time"),
    ],
)
def test_one_run_that_cannot_be_read_is_named_and_can_be_removed(
    store: Store, column: str, value: Any, told: str
) -> None:
    good, bad, other = (queue(store) for _ in range(3))
    folder = store.workspace.run_folder(bad)
    folder.mkdir()
    sql(store, f"UPDATE runs SET {column} = ? WHERE run_id = ?", value, bad)
    assert [run.run_id for run in store.runs.all()] == [other, good]
    with pytest.raises(DamagedError, match="the other runs are not affected"):
        store.runs.get(bad)
    (named,) = store.runs.damaged()
    assert (named.name, told in named.reason) == (bad, True), named.reason
    launcher.delete(store, bad)
    assert store.runs.damaged() == []
    assert not folder.exists()


def test_progress_that_cannot_be_read_is_no_loss(store: Store) -> None:
    run_id = queue(store)
    for stored in ("{half", "[]", b"\xff"):
        sql(store, "UPDATE runs SET progress = ?", stored)
        assert store.runs.get(run_id).progress == RunProgress()


def test_text_that_is_no_text_stops_at_its_own_row(store: Store) -> None:
    first, second = queue(store), queue(store)
    broken = "UPDATE runs SET reason = CAST(? AS TEXT) WHERE run_id = ?"
    sql(store, broken, b"\xff\xfebroken", first)
    assert {run.run_id for run in store.runs.all()} == {first, second}
    assert "broken" in store.runs.get(first).reason


def test_the_name_of_a_damaged_row_removes_no_folder_but_its_own(store: Store) -> None:
    good, bad = queue(store), queue(store)
    kept = store.workspace.run_folder(good)
    kept.mkdir()
    for name in ("", ".", "..", "../uploads"):
        sql(store, "UPDATE runs SET run_id = ?, spec = '{' WHERE run_id = ?", name, bad)
        launcher.delete(store, name)
        assert store.runs.damaged() == []
        assert kept.is_dir()
        assert store.workspace.uploads.is_dir()
        bad = queue(store)


def test_only_a_damaged_run_is_deleted_as_one(store: Store) -> None:
    with pytest.raises(InputError, match="can be read"):
        store.runs.delete_damaged(queue(store))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE datasets SET spec = '{' WHERE name = 'bad'", "cannot be used"),
        ("UPDATE datasets SET created_at = 'then' WHERE name = 'bad'", "Invalid isoformat"),
        ("UPDATE dataset_films SET split = 'exam' WHERE dataset = 'bad'", "class or split"),
        ("UPDATE dataset_films SET class_index = -1 WHERE dataset = 'bad'", "class or split"),
        ("UPDATE dataset_films SET class_index = 7 WHERE dataset = 'bad'", "class or split"),
    ],
)
def test_one_data_set_that_cannot_be_read_is_named_and_can_be_deleted(
    store: Store, statement: str, told: str
) -> None:
    for name in ("good", "bad"):
        spec = DatasetSpec.build(name=name, classes=CLASSES)
        store.datasets.save(spec, [Member("a", 0, "train"), Member("b", 1, "test")])
    sql(store, statement)
    assert [one.name for one in store.datasets.all()] == ["good"]
    (named,) = store.datasets.damaged()
    assert named.name == "bad"
    assert told in named.reason
    with pytest.raises(DamagedError, match="the other data sets are not affected"):
        store.datasets.get("bad")
    store.datasets.delete("bad")
    assert store.datasets.damaged() == []


def test_films_outlive_what_is_kept_beside_them(store: Store) -> None:
    film = Film("a" * 32, "hospital", "/films/a.png", "p", "COVID-19", masks={"lungs": "/m.png"})
    store.catalogue.save_source(
        Source("hospital", "folders", "/films", report=ImportReport(source="hospital")), [film]
    )
    assert store.catalogue.damaged() == []
    sql(store, "UPDATE films SET masks = '{', metadata = 'oops'")
    sql(store, "UPDATE sources SET report = '[half'")
    assert store.catalogue.film(film.film_id).masks == {}
    assert store.catalogue.sources()[0].report is None
    told = " ".join(one.reason for one in store.catalogue.damaged())
    assert "The import report of “hospital” cannot be read" in told
    assert "masks and further details of 1 film of “hospital” cannot be read" in told


def test_an_age_or_an_epoch_that_is_no_number_is_unknown(store: Store) -> None:
    film = Film("a" * 32, "hospital", "/films/a.png", "p", "COVID-19", age=40.0)
    store.catalogue.save_source(Source("hospital", "folders", "/films"), [film])
    spec = DatasetSpec.build(name="study", classes=CLASSES)
    store.datasets.save(spec, [Member(film.film_id, 0, "train")])
    run_id = queue(store)
    for number in (1, 2, 3):
        store.runs.save_epoch(run_id, Epoch(number, 0.5, 0.5, 0.4, 0.6, 1e-3, 2.0))
    sql(store, "UPDATE films SET age = 'old'")
    sql(store, "UPDATE epochs SET loss = 'low', phase = 'no phase' WHERE epoch = 1")
    sql(store, "UPDATE epochs SET seconds = 'long' WHERE epoch = 2")
    assert store.catalogue.frame()["age"].isna().all()
    assert store.datasets.members("study")["age"].isna().all()
    epochs = store.runs.finished_epochs(run_id)
    assert [(one.epoch, one.loss, one.phase) for one in epochs] == [
        (1, None, "training"), (3, 0.5, "training")
    ]  # fmt: skip
