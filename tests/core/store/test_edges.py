"""Where the store draws its lines: numbers, times, words and orders, one beside the other."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from pydantic import ValidationError

from core.errors import BusyError, DamagedError, InputError, NotFoundError, SpecError, StoreError
from core.specs import RunSpec
from core.store import Epoch, Run, RunProgress, RunResult, RunState, Store
from core.store.damaged import number_of, text_of
from core.store.database import PATIENCE_SECONDS, Database
from core.store.origin import RunOrigin
from core.store.recovery import Recovery
from core.store.run_result import LARGEST


def queued(store: Store, **fields: object) -> Run:
    return store.runs.create(RunSpec.build(**{"dataset": "pairs", "model": "cnn", **fields}))


def edit(store: Store, statement: str, *values: object) -> None:
    with store.database.work(write=True) as work:
        work.execute(statement, values)


@pytest.mark.parametrize("value", [True, "3", None, 1e15, -1e15, 10**400, float("nan")])
def test_what_is_no_ordinary_number_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="Its result is not a number"):
        number_of(value, "result")


def test_numbers_texts_and_objects_are_taken() -> None:
    assert number_of(3, "x") == 3.0
    assert isinstance(number_of(3, "x"), float)
    assert number_of(-9.9e14, "x") == -9.9e14
    assert text_of("a", "x") == "a"
    with pytest.raises(SpecError, match="Its x is not text"):
        text_of(3, "x")


def test_a_result_is_held_against_what_pages_take_for_granted() -> None:
    def read(**kept: object) -> RunResult:
        return RunResult.from_json(json.dumps(kept))

    assert read() == RunResult()
    assert read(test=None, epochs=None, other="anything").as_dict() == {
        "test": None, "epochs": None
    }  # fmt: skip
    told = {"test": {"accuracy": None, "loss": 0.5, "confusion": [[1]]}, "epochs": 3}
    assert read(**told).as_dict() == told
    largest = RunResult(total_params=int(LARGEST) - 1)
    assert RunResult.from_json(largest.to_json()) == largest
    for damaged in (
        {"test": 3}, {"validation": {"loss": "low"}}, {"epochs": "three"}, {"epochs": -1},
        {"epochs": 3.5}, {"total_params": int(LARGEST)}, {"learning_rate": LARGEST},
        {"seconds": {"total": float("nan")}}, {"seconds_per_epoch": float("inf")},
        {"test": {"confusion": [[-1]]}}, {"version": 1, "other": 3},
    ):  # fmt: skip
        with pytest.raises(DamagedError, match="Train the run again"):
            read(**damaged)


def test_progress_is_what_was_said_and_cannot_be_changed() -> None:
    said = RunProgress(stage="training", done=3)
    assert said.as_dict() == {"stage": "training", "done": 3}
    assert json.loads(said.to_json()) == {"version": 1, "stage": "training", "done": 3}
    assert RunProgress.read(said.to_json()) == said
    for odd in (None, 3, "{", '{"done": "3"}'):
        assert RunProgress.read(odd) == RunProgress()
    with pytest.raises(ValidationError):
        said.done = 4  # type: ignore[misc]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("created_at", -1, "created time is no time"),
        ("created_at", 253_402_300_800, "created time is no time"),
        ("created_at", "noon", "created time is not a number"),
        ("finished_at", -0.5, "finished time is no time"),
        ("state", "resting", "knows no state “resting”"),
        ("spec", b"\xff", "cannot be read"),
    ],
)
def test_a_run_with_something_odd_is_named(
    store: Store, column: str, value: object, said: str
) -> None:
    run = queued(store)
    edit(store, f"UPDATE runs SET {column} = ?", value)
    with pytest.raises(DamagedError, match=said):
        store.runs.get(run.run_id)
    [named] = store.runs.damaged()
    assert (named.name, store.runs.all()) == (run.run_id, [])


def test_times_from_1970_to_the_year_9999_are_times(store: Store) -> None:
    run = queued(store)
    for moment in (0, 253_402_300_799):
        edit(store, "UPDATE runs SET created_at = ?, finished_at = NULL", moment)
        assert store.runs.get(run.run_id).created_at == moment


def test_a_run_is_called_by_what_it_is(store: Store) -> None:
    run = queued(store, repeat={"group": "g", "kind": "folds", "index": 1, "count": 5})
    assert run.repeat == "fold 2 of 5"
    assert run.title == f"cnn · pairs · fold 2 of 5 · {run.run_id[-4:]}"
    alone = queued(store)
    assert (alone.repeat, alone.title) == ("", f"cnn · pairs · {alone.run_id[-4:]}")
    named = store.runs.create(
        alone.spec, RunOrigin(kind="example", title="First steps", artificial=True)
    )
    assert named.title == f"First steps · {named.run_id[-4:]} · example, artificial films"
    kinds = {kind: RunOrigin(kind=kind).is_from_elsewhere
             for kind in ("trained", "imported", "starter", "example")}  # fmt: skip
    assert kinds == {"trained": False, "imported": True, "starter": True, "example": False}
    active = {one for one in RunState if Run("r", alone.spec, one).is_active}
    assert active == {
        RunState.PREPARING, RunState.TRAINING, RunState.EVALUATING, RunState.WORKING
    }  # fmt: skip


def test_a_group_comes_in_its_own_order(store: Store) -> None:
    for index in (2, 0, 1):
        queued(store, repeat={"group": "g", "kind": "seeds", "index": index, "count": 3})
    queued(store, repeat={"group": "h", "kind": "seeds", "index": 0, "count": 2})
    queued(store)
    repeats = [run.spec.repeat for run in store.runs.group("g")]
    assert [one and one.index for one in repeats] == [0, 1, 2]
    with pytest.raises(NotFoundError, match="no runs of a group x"):
        store.runs.group("x")


def test_an_epoch_that_lacks_its_number_or_time_is_none(store: Store) -> None:
    run = queued(store)
    for number in (3, 1, 2):
        store.runs.save_epoch(run.run_id, Epoch(number, 0.5, 0.6, None, 0.7, 1e-3, 2.5, "training"))
    edit(store, "UPDATE epochs SET seconds = NULL WHERE epoch = 2")
    edit(store, "UPDATE epochs SET phase = 'resting', loss = 'low' WHERE epoch = 3")
    one, three = store.runs.finished_epochs(run.run_id)
    assert one == Epoch(1, 0.5, 0.6, None, 0.7, 1e-3, 2.5, "training")
    assert (three.epoch, three.phase, three.loss) == (3, "training", None)
    store.runs.save_epoch(run.run_id, Epoch(4, None, None, None, None, None, 1.0, "fine-tuning"))
    assert store.runs.finished_epochs(run.run_id)[-1].phase == "fine-tuning"
    store.runs.forget_epochs_after(run.run_id, 1)
    assert [each.epoch for each in store.runs.finished_epochs(run.run_id)] == [1]


def test_a_stop_is_asked_for_once_and_a_resumed_run_starts_clean(store: Store) -> None:
    run = queued(store)
    assert store.runs.transition(run.run_id, RunState.TRAINING, pid=7, pid_started=1.5)
    assert not store.runs.cancel_requested(run.run_id)
    assert store.runs.request_cancel(run.run_id) == "training"
    first = store.runs.get(run.run_id).cancel_at
    assert store.runs.request_cancel(run.run_id) == "training"
    assert store.runs.get(run.run_id).cancel_at == first
    assert store.runs.cancel_requested(run.run_id)
    assert store.runs.transition(run.run_id, RunState.CANCELLED, reason="Stopped.", finished_at=5.0)
    store.runs.requeue(run.run_id)
    again = store.runs.get(run.run_id)
    assert (again.state, again.reason, again.pid, again.pid_started) == ("queued", "", None, None)
    assert (again.cancel_at, again.finished_at, again.progress) == (None, None, RunProgress())
    assert store.runs.request_cancel(run.run_id) == "cancelled"
    assert store.runs.get(run.run_id).reason == "Stopped before it started."


def test_a_recovery_says_what_it_found() -> None:
    new = "The store of this data folder was lost or empty, so a new one was made."
    films = "Films must be imported again; they then are back in their data sets too."
    assert Recovery().sentence == f"{new} {films}"
    assert Recovery(runs=("a",), datasets=("d", "e"), folders=("/x", "/y")).sentence == (
        f"{new} 1 run and 2 data sets were found again in the folders of the runs. {films} They "
        "lay in: /x, /y."
    )
    assert "2 runs were found again" in Recovery(runs=("a", "b")).sentence
    assert "nothing in them was changed: /z." in Recovery(unknown=("/z",)).sentence


def test_a_writer_waits_half_a_minute_and_says_busy_then(store: Store) -> None:
    assert PATIENCE_SECONDS == 30
    with store.database.work(write=True), pytest.raises(BusyError, match="Another process"):
        store.runs.touch("any")


def test_what_sqlite_says_becomes_advice(store: Store, tmp_path: Path) -> None:
    assert store.database.check() == ""
    with pytest.raises(sqlite3.OperationalError), store.database.work() as work:
        work.execute("NO SQL")
    with pytest.raises(StoreError, match="damaged"), store.database.work() as work:
        work.execute("SELECT * FROM nothing_there")
    edit(store, "PRAGMA user_version = -3")
    with pytest.raises(InputError, match="its version is damaged"):
        Database(store.database.path)
    edit(store, "PRAGMA user_version = 99")
    with pytest.raises(InputError, match="written by a newer ThoraxLens"):
        Database(store.database.path)
    (tmp_path / "page.sqlite").write_text("no database at all, but text" * 99)
    with pytest.raises(InputError, match="cannot be used as ThoraxLens's database"):
        Database(tmp_path / "page.sqlite")
