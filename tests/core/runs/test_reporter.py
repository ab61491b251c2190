"""How a worker tells of itself and hears a stop, and how its seconds are counted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from core.errors import Cancelled
from core.runs import reporter as module
from core.runs.clock import Clock
from core.runs.reporter import TICK_SECONDS, Reporter, Superseded
from core.store import Run, RunProgress, RunState, Store
from tests.core.runs.pretending import eventually

Queue = Callable[..., Run]


@pytest.fixture
def active(store: Store, queue: Queue) -> Run:
    """A run that this process claims to work on."""
    run = queue()
    store.runs.transition(run.run_id, RunState.TRAINING, pid=os.getpid(), started_at=time.time())
    return store.runs.get(run.run_id)


def test_progress_reaches_the_store_with_the_time_left(store: Store, active: Run) -> None:
    with Reporter(store, active.run_id) as reporter:
        reporter.stage("films", total=10, unit="films")
        time.sleep(0.1)
        reporter.update(5)
    progress = store.runs.get(active.run_id).progress
    assert progress.stage == "films"
    assert (progress.done, progress.total, progress.unit) == (5, 10, "films")
    assert 0.05 < (progress.eta_seconds or 0) < 2


def test_what_was_there_already_does_not_flatter_the_pace(store: Store, active: Run) -> None:
    with Reporter(store, active.run_id) as reporter:
        reporter.stage("features", total=100, unit="films")
        reporter.update(90, already=90)
        assert reporter._progress.eta_seconds is None
        time.sleep(0.1)
        reporter.update(91)
        assert 0.5 < (reporter._progress.eta_seconds or 0) < 5


def test_a_heartbeat_goes_on_while_nothing_changes(
    store: Store, active: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)
    with Reporter(store, active.run_id):
        eventually(lambda: store.runs.get(active.run_id).heartbeat_at)
        first = store.runs.get(active.run_id).heartbeat_at
        eventually(lambda: store.runs.get(active.run_id).heartbeat_at != first)


def test_the_store_is_written_a_few_times_a_second_at_most(
    store: Store, active: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    beats: list[RunProgress] = []
    monkeypatch.setattr(store.queue, "beat", lambda run_id, progress=None: beats.append(progress))
    with Reporter(store, active.run_id) as reporter:
        reporter.stage("training", total=10_000)
        began = time.monotonic()
        number = 0
        while time.monotonic() < began + 0.6:
            number += 1
            reporter.update(number % 10_000)
    ticks = (time.monotonic() - began) / TICK_SECONDS
    assert len(beats) <= ticks + 2
    assert beats[-1].done == number % 10_000, "the last word is not lost"


def test_a_stop_is_heard(store: Store, active: Run) -> None:
    with Reporter(store, active.run_id) as reporter:
        reporter.check()
        store.runs.request_cancel(active.run_id)
        with pytest.raises(Cancelled) as caught:
            eventually(lambda: reporter.update(1))
        assert not isinstance(caught.value, Superseded)
        with pytest.raises(Cancelled):
            reporter.stage("evaluating")


@pytest.mark.parametrize("how", ["deleted", "given away", "marked interrupted"])
def test_a_run_that_is_no_longer_ours_is_let_go(
    store: Store, active: Run, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.05)
    with Reporter(store, active.run_id) as reporter:
        if how == "given away":
            store.runs.transition(active.run_id, RunState.PREPARING, pid=1)
        else:
            store.runs.transition(active.run_id, RunState.INTERRUPTED)
        if how == "deleted":
            store.runs.delete(active.run_id)
        eventually(lambda: reporter._superseded.is_set())
        with pytest.raises(Superseded):
            reporter.check()


def test_seconds_add_up_over_sessions() -> None:
    first = Clock(time.time() - 5)
    with first.stage("train"):
        time.sleep(0.05)
        inside = first.spent()
    assert 0.05 <= inside["train"] < 1, "a checkpoint is written inside the stage"
    assert 5 <= inside["total"] < 7
    second = Clock(time.time() - 2)
    second.add_earlier({**inside, "train": 100.0})
    with second.stage("train"), pytest.raises(ZeroDivisionError):
        1 / 0  # noqa: B018 - a stage that ends badly is counted as well
    spent = second.spent()
    assert 100 <= spent["train"] < 101
    assert 7 <= spent["total"] < 10
    assert spent["features"] == 0
