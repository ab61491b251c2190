"""Runs: their states, epochs and results."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import DamagedError, InputError, NotFoundError
from core.specs import RunSpec
from core.store import Epoch, RunOrigin, RunProgress, RunResult, RunState, Store
from tests.core.store.made import queued_run


def test_states_change_only_from_where_they_may(store: Store) -> None:
    run_id = queued_run(store)
    assert store.runs.transition(run_id, RunState.TRAINING, only_from=[RunState.QUEUED], pid=12)
    assert not store.runs.transition(run_id, RunState.TRAINING, only_from=[RunState.QUEUED], pid=13)
    assert store.runs.get(run_id).pid == 12


def test_one_of_many_wins_a_transition(store: Store) -> None:
    run_id = queued_run(store)
    wins: list[bool] = []

    def claim() -> None:
        wins.append(store.runs.transition(run_id, RunState.PREPARING, only_from=[RunState.QUEUED]))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wins) == [False] * 7 + [True]


def test_a_queued_run_is_cancelled_at_once_an_active_one_is_asked(store: Store) -> None:
    first, second = queued_run(store), queued_run(store)
    assert store.runs.request_cancel(first) == "cancelled"
    store.runs.transition(second, RunState.TRAINING)
    assert not store.runs.cancel_requested(second)
    assert store.runs.request_cancel(second) == "training"
    assert store.runs.cancel_requested(second)


def test_a_deleted_run_counts_as_cancelled(store: Store) -> None:
    run_id = queued_run(store)
    store.runs.delete(run_id)
    assert store.runs.cancel_requested(run_id)
    with pytest.raises(NotFoundError):
        store.runs.get(run_id)


def test_an_active_run_cannot_be_deleted_nor_requeued(store: Store) -> None:
    run_id = queued_run(store)
    store.runs.transition(run_id, RunState.TRAINING)
    with pytest.raises(InputError, match="Stop it"):
        store.runs.delete(run_id)
    with pytest.raises(InputError, match="stopped"):
        store.runs.requeue(run_id)
    store.runs.transition(
        run_id, RunState.INTERRUPTED, reason="killed", progress=RunProgress(epoch=3)
    )
    store.runs.requeue(run_id)
    run = store.runs.get(run_id)
    assert (run.state, run.reason, run.progress) == ("queued", "", RunProgress())


def test_what_broke_off_and_was_taken_up_again_is_known(store: Store) -> None:
    first, second = queued_run(store), queued_run(store)
    store.runs.transition(first, RunState.INTERRUPTED, reason="killed", node="attic")
    store.runs.requeue(first)
    store.runs.transition(second, RunState.TRAINING, node="cellar", pid=5, pid_started=1.0)
    began = time.time()
    assert store.runs.lost_node(second, "The machine cellar is gone.")
    found = store.runs.taken_up()
    assert [(one.job_id, one.kind, one.node, one.reason) for one in found] == [
        (second, "train", "cellar", "The machine cellar is gone."),
        (first, "train", "attic", "killed"),
    ]
    assert store.runs.taken_up(since=began) == found[:1]
    run = store.runs.get(second)
    assert (run.state, run.reason, run.pid, run.progress) == ("queued", "", None, RunProgress())
    store.runs.delete(second)
    assert [one.job_id for one in store.runs.taken_up()] == [first]


def test_only_work_that_nobody_stopped_goes_on_elsewhere(store: Store) -> None:
    run_id = queued_run(store)
    assert not store.runs.lost_node(run_id, "gone")  # it is at work nowhere
    store.runs.transition(run_id, RunState.TRAINING)
    store.runs.request_cancel(run_id)
    assert not store.runs.lost_node(run_id, "gone")
    assert store.runs.get(run_id).state == "training"
    assert store.runs.taken_up() == []


def test_queue_order_is_first_come_first_served(store: Store) -> None:
    ids = [queued_run(store) for _ in range(3)]
    assert [run.run_id for run in store.runs.queued()] == ids
    assert [run.run_id for run in store.runs.all()] == ids[::-1]


def test_epochs_are_overwritten_and_forgotten(store: Store) -> None:
    run_id = queued_run(store)
    for number in (1, 2, 3):
        store.runs.save_epoch(run_id, Epoch(number, 1 / number, 0.5, None, None, 1e-3, 2.0))
    store.runs.save_epoch(run_id, Epoch(2, 9.0, 0.5, 0.4, 0.9, 1e-3, 2.0))
    frame = store.runs.epochs(run_id)
    assert list(frame["epoch"]) == [1, 2, 3]
    assert frame["loss"][1] == 9.0
    store.runs.forget_epochs_after(run_id, 1)
    assert list(store.runs.epochs(run_id)["epoch"]) == [1]


def test_epochs_as_a_list_are_those_of_the_table(store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    epochs = [
        Epoch(1, 0.7, 0.5, None, None, 1e-3, 2.5),
        Epoch(2, None, 0.6, 0.4, 0.7, 1e-3, 1.5, "fine-tuning"),
    ]
    for epoch in reversed(epochs):
        store.runs.save_epoch(run.run_id, epoch)
    assert store.runs.finished_epochs(run.run_id) == epochs
    assert store.runs.epochs(run.run_id)["phase"].tolist() == ["training", "fine-tuning"]


def test_a_beat_keeps_or_replaces_progress(store: Store) -> None:
    run_id = queued_run(store)
    store.runs.beat(run_id, RunProgress(stage="training", epoch=2))
    store.runs.beat(run_id)
    run = store.runs.get(run_id)
    assert run.progress.as_dict() == {"stage": "training", "epoch": 2}
    assert run.heartbeat_at is not None


def test_a_run_changes_in_nothing_but_its_named_fields(store: Store) -> None:
    run_id = queued_run(store)
    with pytest.raises(TypeError, match="no spec"):
        store.runs.transition(run_id, RunState.DONE, spec="{}")  # type: ignore[call-arg]
    assert store.runs.get(run_id).state is RunState.QUEUED


def test_what_a_reader_does_to_a_run_stays_its_own(store: Store) -> None:
    run_id = queued_run(store)
    store.runs.transition(run_id, RunState.DONE, result=RunResult(epochs=3))
    with pytest.raises(ValidationError, match="frozen"):
        store.runs.get(run_id).result.epochs = 4  # type: ignore[misc]
    assert store.runs.get(run_id).result == RunResult(epochs=3)
    store.runs.transition(run_id, RunState.DONE, result=RunResult(epochs=5))
    assert store.runs.get(run_id).result == RunResult(epochs=5)


def test_a_result_of_an_earlier_version_is_read_by_field_and_printed_as_it_was(
    store: Store,
) -> None:
    run_id = queued_run(store)
    kept: dict[str, Any] = {
        "epochs": 3, "learning_rate": 1e-3, "stopped_early": False, "seconds": {"total": 65},
        "test": {"accuracy": 0.9, "sensitivity": None, "confusion": [[1, 0], [1, 2]]},
    }  # fmt: skip
    with store.database.work(write=True) as work:
        work.execute("UPDATE runs SET state = 'done', result = ?", (json.dumps(kept),))
    found = store.runs.get(run_id).result
    assert (found.epochs, found.best_epoch, found.of("train").accuracy) == (3, None, None)
    assert found.of("test").confusion == ((1, 0), (1, 2))
    assert found.as_dict() == kept
    store.runs.transition(run_id, RunState.DONE, result=found)
    assert store.runs.get(run_id).result == found
    with store.database.work() as work:
        [text] = work.execute("SELECT result FROM runs").fetchone()
    assert json.loads(text) == {"version": 1, **kept}


def test_a_result_of_a_newer_version_says_so(store: Store) -> None:
    run_id = queued_run(store)
    with store.database.work(write=True) as work:
        work.execute("UPDATE runs SET result = ?", (json.dumps({"version": 2, "area": 9}),))
    with pytest.raises(DamagedError, match="was written by a newer ThoraxLens"):
        store.runs.get(run_id)


def test_a_run_says_where_it_comes_from(store: Store) -> None:
    origin = RunOrigin(kind="starter", title="COVID-19 or not", licence="CC BY", artificial=False)
    spec = RunSpec.build(dataset="study", model="cnn")
    run = store.runs.create(spec, origin)
    assert store.runs.get(run.run_id).origin == origin
    assert run.title == f"COVID-19 or not · {run.run_id[-4:]} · starter"
    assert store.runs.create(spec).origin == RunOrigin()


def test_a_run_that_says_nothing_of_where_it_comes_from_is_damaged(store: Store) -> None:
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    for broken in ("", "[]", '{"kind": "found"}', '{"content": "abc"}', '{"artificial": "no"}'):
        with store.database.work(write=True) as work:
            work.execute("UPDATE runs SET origin = ?", (broken,))
        with pytest.raises(DamagedError, match="where it comes from"):
            store.runs.get(run.run_id)
