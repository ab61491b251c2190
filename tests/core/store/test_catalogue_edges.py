"""Films in the catalogue: orders, counts and versions, one beside the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from core.errors import NotFoundError
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Epoch, Film, Member, Run, RunState, Source, Store
from core.store.film_rows import film_of, film_row
from core.store.import_report import is_readable
from core.store.record_file import text_without_films
from core.store.records import RunRecord, keep_records, run_record


def film(number: int, source: str = "north", view: str = "PA") -> Film:
    return Film(f"{number:032x}", source, f"/{source}/{number}.png", f"{source}/{number}", "covid",
                view=view)  # fmt: skip


def queued(store: Store, **fields: object) -> Run:
    return store.runs.create(RunSpec.build(**{"dataset": "pairs", "model": "cnn", **fields}))


def edit(store: Store, statement: str, *values: object) -> None:
    with store.database.work(write=True) as work:
        work.execute(statement, values)


def filled(store: Store, count: int, name: str = "north", start: int = 0) -> list[str]:
    films = [film(number, source=name) for number in range(start, start + count)]
    store.catalogue.save_source(Source(name, "folders", f"/{name}"), films)
    return [one.film_id for one in films]


def test_more_films_than_one_question_can_name_come_in_the_order_asked(store: Store) -> None:
    ids = filled(store, 1002)
    asked = ids[::-1]
    assert [one.film_id for one in store.catalogue.films(asked)] == asked
    patients = store.catalogue.patients([*ids, "gone"])
    assert patients == {one: f"north/{int(one, 16)}" for one in ids}
    assert len(store.catalogue.finding_of_each(ids)) == 1002
    filled(store, 1, "south", start=5000)
    assert store.catalogue.count_by_source() == {"north": 1002, "south": 1}
    assert store.catalogue.count() == 1003
    assert [one.film_id for one in store.catalogue.sample(3)] == sorted([*ids, film(5000).film_id])[
        :3
    ]


def test_each_change_of_the_catalogue_moves_its_version_by_one(store: Store) -> None:
    catalogue = store.catalogue
    before = catalogue.version()
    ids = filled(store, 2)
    assert catalogue.version() == before + 1
    changes: tuple[Callable[[], object], ...] = (
        lambda: catalogue.move_films({ids[0]: "elsewhere.png"}),
        lambda: catalogue.name_patients({ids[0]: "north/9"}),
        lambda: catalogue.say_anew([film(0, source="north", view="AP")]),
        lambda: catalogue.set_apart({ids[0]: "It is black."}),
        lambda: catalogue.use_again([ids[0]]),
        lambda: catalogue.remove_source("north"),
    )
    for number, change in enumerate(changes, start=2):
        change()
        assert catalogue.version() == before + number
    # The version of a file that took the first one's place cannot be one of the first's.
    store.database.generation = 1
    assert catalogue.version() == before + 7 + 2**40


def test_films_set_apart_stay_and_are_not_used(store: Store) -> None:
    ids = filled(store, 3)
    store.catalogue.set_apart({ids[1]: "It is black."})
    assert (
        store.catalogue.set_apart_in()
        == store.catalogue.set_apart_in("north")
        == {ids[1]: "It is black."}
    )
    assert store.catalogue.set_apart_in("south") == {}
    assert sorted(store.catalogue.frame()["film_id"]) == sorted([ids[0], ids[2]])
    assert len(store.catalogue.sample(9)) == 2
    assert store.catalogue.film(ids[1]).set_apart == "It is black."
    with pytest.raises(NotFoundError, match="no longer in the catalogue"):
        store.catalogue.film("gone")


def test_masks_that_cannot_be_read_are_counted(store: Store) -> None:
    filled(store, 3)
    edit(store, "UPDATE films SET masks = '{' WHERE film_id = ?", film(1).film_id)
    [damaged] = store.catalogue.damaged()
    assert damaged.reason.startswith("The masks and further details of 1 film of “north”")
    edit(store, "UPDATE films SET metadata = '{'")
    [damaged] = store.catalogue.damaged()
    assert "details of 3 films of" in damaged.reason
    assert store.catalogue.films([film(1).film_id])[0].masks == {}
    assert [is_readable(one) for one in ("{}", "[]", "{", None)] == [True, False, False, False]


def test_a_film_is_its_row() -> None:
    one = Film("a", "s", "p", "x", "f", masks={"lungs": "m"}, metadata={"Größe": "1"}, age=3.5)
    row = film_row(one)
    assert (row["masks"], row["metadata"]) == ('{"lungs": "m"}', '{"Größe": "1"}')
    assert film_of(row) == one
    assert film_of({**row, "masks": "[]"}).masks == {}


def test_a_record_holds_where_its_films_came_from(store: Store) -> None:
    ids = filled(store, 9)
    filled(store, 1, "south", start=5000)
    classes = tuple(ClassSpec(name=one, findings=(one,)) for one in ("covid", "healthy"))
    splits = ["train"] * 5 + ["validation"] * 2 + ["test"] * 2
    members = [Member(one, at % 2, splits[at]) for at, one in enumerate(ids)]
    store.datasets.save(DatasetSpec.build(name="pairs", classes=classes, image_size=32), members)
    assert store.datasets.sources("pairs") == {"north"}
    assert list(store.datasets.members("pairs", ["path"])) == [
        "film_id", "class_index", "class_name", "split", "path"
    ]  # fmt: skip
    assert list(store.datasets.members("pairs")) == [
        "film_id", "class_index", "class_name", "split", "source", "path", "patient", "finding",
        "view", "sex", "age", "source_split",
    ]  # fmt: skip
    run = queued(store)
    folder = store.workspace.run_folder(run.run_id)
    folder.mkdir(parents=True)
    store.runs.save_epoch(run.run_id, Epoch(1, 0.5, 0.6, None, 0.7, 1e-3, 2.5))
    store.runs.transition(run.run_id, RunState.FAILED, reason="No.", finished_at=9.5, device="cpu")
    (folder / "tuned.npz").write_bytes(b"weights")
    keep_records(store)
    record = RunRecord.load(folder / "record.json")
    # To the letter what a record with all its films in memory is written as.
    assert (folder / "record.json").read_text(encoding="utf-8") == record.as_file()
    assert record == run_record(store, store.runs.get(run.run_id))
    short = RunRecord.from_json(text_without_films(folder / "record.json"))
    assert short.dataset is not None
    assert short.dataset.members == ()
    assert short.model_copy(update={"dataset": record.dataset}) == record
    assert record.folders == ("/north",)
    assert record.dataset is not None
    assert record.dataset.members[:2] == ((ids[0], 0, "train"), (ids[1], 1, "train"))
    assert (record.reason, record.device, record.finished_at) == ("No.", "cpu", 9.5)
    assert (len(record.epochs), record.files) == (1, {})  # only a finished run is sealed
    store.runs.transition(run.run_id, RunState.DONE, finished_at=10.5)
    keep_records(store)
    sealed = RunRecord.load(folder / "record.json").files
    assert sealed == {"tuned.npz": hashlib.sha256(b"weights").hexdigest()}
