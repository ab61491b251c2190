"""What the store holds in memory does not grow with the films that it is asked about."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Film, Member, RunState, Source, Store, keep_record, keep_records
from core.store.records import RECORD, damaged_file

FILMS = 12_000
PART = 5_000_000  # bytes of Python's objects; all films at once take 12 million and more


@contextmanager
def in_parts() -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < PART


@pytest.fixture
def many(store: Store) -> Store:
    def film(number: int) -> Film:
        path = f"/a/folder/with/a/long/name/of/its/own/film {number}.png"
        return Film(f"{number:032x}", "hospital", path, f"hospital/{number // 3}", "Mass", "mass")

    def member(number: int) -> Member:
        return Member(f"{number:032x}", number % 2, ("train", "validation", "test")[number % 3])

    with in_parts():
        store.catalogue.save_source(Source("hospital", "folders", "/a"), map(film, range(FILMS)))
        classes = tuple(ClassSpec(name=one, findings=(one,)) for one in ("mass", "none"))
        spec = DatasetSpec.build(name="all", classes=classes)
        store.datasets.save(spec, map(member, range(FILMS)))
    return store


def test_tables_are_made_in_parts(many: Store) -> None:
    many.datasets.members("all")  # loads pandas
    with in_parts():
        frame = many.catalogue.frame()
    with in_parts():
        members = many.datasets.members("all")
    assert len(frame) == len(members) == FILMS
    assert set(frame["film_id"]) == set(members["film_id"])
    assert frame.loc[frame["film_id"] == f"{77:032x}", "path"].item().endswith("/film 77.png")
    assert members["class_name"].tolist() == ["mass", "none"] * (FILMS // 2)
    assert members.loc[77, ["film_id", "split", "patient"]].tolist() == [
        f"{77:032x}", "test", "hospital/25"
    ]  # fmt: skip


def test_a_record_is_written_and_looked_at_in_parts(many: Store) -> None:
    run = many.runs.create(RunSpec.build(dataset="all", model="cnn", epochs=2))
    many.runs.transition(run.run_id, RunState.DONE, finished_at=9.0)
    run = many.runs.get(run.run_id)
    folder = many.workspace.run_folder(run.run_id)
    folder.mkdir()
    keep_record(many, run)
    with in_parts():
        keep_record(many, run)
    text = (folder / RECORD).read_text(encoding="utf-8")
    assert text.count('"test"') == FILMS // 3
    with in_parts():
        keep_records(many)
        assert damaged_file(folder) is None
