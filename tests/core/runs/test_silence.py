"""Workers that hang, clocks that are set, and a store that cannot be written for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil
import pytest

from core.errors import BusyError, StoreError
from core.runs import dispatcher as module
from core.runs import local_processes, silence
from core.runs.liveness import DISK_FULL
from core.store import Run, RunState
from tests.core.runs.pretending import Pretended, begun, eventually

Queue = Callable[..., Run]

BEATING = """
import sqlite3, sys, time
while True:
    with sqlite3.connect({file!r}, timeout=30) as store:
        store.execute("UPDATE runs SET heartbeat_at = ?", (time.time(),))
    store.close()
    time.sleep(0.1)
"""


@pytest.fixture
def beating(pretended: Pretended) -> Pretended:
    pretended.line = BEATING.format(file=str(pretended.store.workspace.database))
    return pretended


def _first_beat(pretended: Pretended, dispatcher: module.Dispatcher, run: Run) -> psutil.Process:
    def there() -> object:
        dispatcher.step()
        return pretended.store.runs.get(run.run_id).heartbeat_at

    eventually(there, 30)
    return begun(pretended.store.runs.get(run.run_id).pid)


def test_a_worker_that_hangs_is_ended_and_can_be_resumed(beating: Pretended, queue: Queue) -> None:
    run = queue()
    dispatcher = beating.dispatcher()
    worker = _first_beat(beating, dispatcher, run)
    dispatcher.here.hang_seconds = 3.0
    until = time.monotonic() + 4
    while time.monotonic() < until:  # a healthy one, watched for longer than that
        assert dispatcher.step()
        time.sleep(0.1)
    assert beating.store.runs.get(run.run_id).state == "preparing"
    worker.suspend()
    found = beating.step_until(dispatcher, run, "interrupted")
    assert found.reason.startswith(
        "The training process hung: it gave no sign of life for 3 seconds"
    )
    assert found.reason.endswith("Resume starts it again.")
    assert found.pid is None
    eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    beating.store.runs.requeue(run.run_id)
    beating.step_until(dispatcher, run, "preparing")


def test_a_worker_that_hangs_with_the_stores_lock_in_its_hands_is_ended(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    file = str(pretended.store.workspace.database)
    pretended.line = (
        # Not before the dispatcher has written down whom it has started.
        f"import sqlite3, time; store = sqlite3.connect({file!r}, isolation_level=None); "
        "time.sleep(3); store.execute('BEGIN IMMEDIATE'); time.sleep(60)"
    )
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    dispatcher.here.hang_seconds = 2.0

    def locked() -> bool:
        try:
            pretended.store.runs.touch(run.run_id)
        except BusyError:
            return True
        return False

    eventually(locked)
    found = pretended.step_until(dispatcher, run, "interrupted")
    assert "The training process hung" in found.reason


def test_a_worker_that_computes_while_somebody_else_writes_for_long_is_left_alone(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.line = "while True: pass"
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    dispatcher.here.hang_seconds = 3.0
    with pretended.store.database.work(write=True):
        until = time.monotonic() + 6
        while time.monotonic() < until:
            dispatcher.step()
    assert pretended.store.runs.get(run.run_id).state == "preparing"


def test_neither_sleep_nor_a_full_disk_nor_the_clock_makes_a_worker_hang(
    beating: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue()
    dispatcher = beating.dispatcher()
    worker = _first_beat(beating, dispatcher, run)
    worker.suspend()
    time.sleep(0.2)
    run = beating.store.runs.get(run.run_id)
    now, silences, limit = [time.monotonic()], silence.Silences(), silence.HANG_SECONDS
    monkeypatch.setattr("core.runs.silence.time.monotonic", lambda: now[0])

    def hung() -> bool:
        return silences.hung(beating.store, run, worker, limit)

    assert not hung()
    now[0] += 8 * 3600  # the computer slept, and the clock that stands still meanwhile did not
    assert not hung()
    monkeypatch.setattr(silence, "could_write", lambda store, job, at_work: False)
    for _ in range(300):
        now[0] += 1
        assert not hung(), "nobody can write a heartbeat"
    monkeypatch.setattr(silence, "could_write", lambda store, job, at_work: True)
    looks = 0
    while not hung():
        now[0] += 1
        looks += 1
    assert looks >= limit / 2 - 2, "it had time to write once anybody could"
    worker.resume()


def test_a_stop_is_carried_out_though_the_clock_was_set_back(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_processes, "TERMINATE_AFTER", 0.2)
    run = queue()
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    begun(pretended.store.runs.get(run.run_id).pid)
    ahead = time.time() + 3600
    with pretended.store.database.work(write=True) as work:
        work.execute("UPDATE runs SET cancel_at = ?", (ahead,))
    assert pretended.step_until(dispatcher, run, "cancelled").cancel_at == ahead


def test_a_run_that_started_in_the_future_has_not_just_started(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.store.runs.transition(run.run_id, RunState.PREPARING, started_at=time.time() + 3600)
    found = pretended.step_until(pretended.dispatcher(), run, "interrupted")
    assert found.reason.startswith("The training process did not start.")


def test_a_store_that_cannot_be_used_for_a_while_ends_no_dispatcher(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue()
    pretended.line = "pass"
    dispatcher = pretended.dispatcher()
    step, refused = dispatcher.step, [StoreError("The disk may be full."), StoreError("again")]

    def stumbling() -> bool:
        if refused:
            raise refused.pop()
        return step()

    monkeypatch.setattr(dispatcher, "step", stumbling)
    module._serve_locked(dispatcher, 0.01, 0.5)
    assert pretended.store.runs.get(run.run_id).state == "interrupted"


def test_the_queue_goes_by_the_order_of_asking_though_the_clock_was_set_back(
    pretended: Pretended, queue: Queue
) -> None:
    first, second = queue(), queue()
    with pretended.store.database.work(write=True) as work:
        work.execute("UPDATE runs SET created_at = 5 WHERE run_id = ?", (second.run_id,))
    pretended.dispatcher().step()
    assert pretended.started == [first.run_id]
    assert [run.run_id for run in pretended.store.runs.all()] == [second.run_id, first.run_id]


def test_a_worker_that_could_not_write_its_last_word_says_so_by_its_code(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.line = f"raise SystemExit({DISK_FULL})"
    run = pretended.step_until(pretended.dispatcher(), run, "interrupted")
    assert run.reason == (
        "The disk was full. Free some space before you go on. Resume starts it again."
    )
