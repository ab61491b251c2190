"""A data set that was deleted, and another one under its name: no run takes it for its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.audit.status import grounds_of
from core.errors import NotFoundError
from core.runs import launcher, upkeep
from core.runs.learnt_films import dataset_of
from core.specs import DatasetSpec
from core.store import Member, Run, RunState, Store, open_store
from core.store.records import RECORD, RunRecord, keep_record, made_with_another
from tests.core.store.test_lost import lose

FIRST, LATER = "2026-01-01T00:00:00+00:00", "2026-02-01T00:00:00+00:00"


@pytest.fixture
def run(store: Store, dataset: str, queue: Callable[..., Run]) -> Run:
    """A run that broke off, with its record."""
    _of(store, FIRST)
    found = queue()
    store.workspace.run_folder(found.run_id).mkdir()
    store.runs.transition(found.run_id, RunState.INTERRUPTED, finished_at=2.0)
    keep_record(store, store.runs.get(found.run_id))
    return store.runs.get(found.run_id)


def _of(store: Store, moment: str) -> None:
    """The data set was made at this moment."""
    with store.database.work(write=True) as work:
        work.execute("UPDATE datasets SET created_at = ?", (moment,))


def anew(store: Store, films: list[Member], **changes: object) -> DatasetSpec:
    """In place of the data set another one of its name."""
    spec = store.datasets.get("pairs").spec.changed(**changes)
    store.datasets.delete("pairs")
    store.datasets.save(spec, films)
    _of(store, LATER)
    return spec


def dealt_otherwise(store: Store) -> list[Member]:
    """The same films: those to learn from are tested, and the reverse."""
    other = {"train": "test", "test": "train"}
    return [
        Member(one.film_id, one.class_index, other.get(one.split, one.split))
        for one in store.datasets.each("pairs")
    ]


def test_a_run_does_not_go_on_with_films_that_were_dealt_out_otherwise(
    store: Store, run: Run
) -> None:
    anew(store, dealt_otherwise(store))
    with pytest.raises(NotFoundError, match="made with has been deleted"):
        launcher.resume(store, run.run_id)
    assert store.runs.get(run.run_id).state == RunState.INTERRUPTED
    with pytest.raises(NotFoundError):
        dataset_of(store, run)
    [films] = [one for one in grounds_of(store, run) if one.name == "films"]
    assert (films.now, films.changed) == (
        "",
        "its data set has been deleted, so it cannot be audited again",
    )


@pytest.mark.parametrize("changes", [{}, {"seed": 5}, {"image_size": 64}])
def test_one_that_is_the_same_in_all_but_its_time_is_its_own(
    store: Store, run: Run, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    anew(store, store.datasets.listed("pairs"), **changes)
    assert made_with_another(store, run) == bool(changes)
    if not changes:
        monkeypatch.setattr(upkeep, "_start_dispatcher", lambda workspace: None)
        assert launcher.resume(store, run.run_id).state == RunState.QUEUED


def test_what_a_run_was_made_with_stays_in_its_record(store: Store, run: Run) -> None:
    own = store.datasets.listed("pairs")
    anew(store, dealt_otherwise(store))
    keep_record(store, run)
    kept = RunRecord.load(store.workspace.run_folder(run.run_id) / RECORD).dataset
    assert kept is not None
    assert kept.created == FIRST
    assert [Member(*one) for one in kept.members] == own
    store.datasets.delete("pairs")
    keep_record(store, run)
    assert RunRecord.load(store.workspace.run_folder(run.run_id) / RECORD).dataset == kept
    assert made_with_another(store, run)


def test_a_run_without_a_record_has_the_data_set_of_its_name(store: Store, run: Run) -> None:
    anew(store, dealt_otherwise(store))
    (store.workspace.run_folder(run.run_id) / RECORD).unlink()
    assert dataset_of(store, run).created_at == LATER


def test_of_two_of_one_name_a_lost_store_gets_the_later_one(
    store: Store, run: Run, queue: Callable[..., Run]
) -> None:
    films = dealt_otherwise(store)
    anew(store, films)
    newer = queue()
    store.workspace.run_folder(newer.run_id).mkdir()
    store.runs.transition(newer.run_id, RunState.INTERRUPTED, finished_at=3.0)
    keep_record(store, store.runs.get(newer.run_id))
    lose(store.workspace)
    again = open_store(store.workspace)
    assert again.datasets.get("pairs").created_at == LATER
    assert again.datasets.listed("pairs") == films
    assert made_with_another(again, run)
    assert not made_with_another(again, newer)
