"""The process of a row of the queue: how it takes the row, and how it says how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import StoreError
from core.runs import worker
from core.runs.liveness import DISK_FULL
from core.store import Run, RunState, Store
from core.workspace import PROJECT_ROOT

Queue = Callable[..., Run]


def test_a_worker_claims_only_what_waits_for_it(store: Store, queue: Queue) -> None:
    run = queue()
    assert worker.claim(store, run.run_id) is None, "no dispatcher has started it"
    store.runs.transition(run.run_id, RunState.PREPARING, pid=os.getpid() + 1)
    assert worker.claim(store, run.run_id) is None, "it is another process's"
    store.runs.transition(run.run_id, RunState.PREPARING, pid=None)
    claimed = worker.claim(store, run.run_id)
    assert claimed is not None
    assert (claimed.pid, claimed.state) == (os.getpid(), "preparing")
    assert claimed.pid_started == pytest.approx(time.time(), abs=3600)
    assert worker.claim(store, "20200101-000000-abcd") is None


@pytest.mark.skipif(not hasattr(os, "nice"), reason="niceness is Unix’s")
def test_a_worker_stands_back_and_its_session_with_it() -> None:
    words = "from core.runs.worker import stand_back; import os; stand_back(7); print(os.nice(0))"
    group = Path("/proc/self/autogroup")
    if group.exists():
        words += f"; print(open({str(group)!r}).read())"
    said = subprocess.run(
        [sys.executable, "-c", words],
        cwd=PROJECT_ROOT,
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert int(said[0]) == min(os.nice(0) + 7, 19)
    assert said[-1] == "7" if group.exists() else len(said) == 1


def test_a_last_word_that_the_store_does_not_take_is_tried_again(
    store: Store, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue()
    store.runs.transition(run.run_id, RunState.TRAINING)
    monkeypatch.setattr("core.runs.worker.time.sleep", lambda seconds: None)
    taken, refusals = store.queue.transition, [StoreError("full")] * 3

    def transition(*arguments: Any, **fields: Any) -> bool:
        if refusals:
            raise refusals.pop()
        return taken(*arguments, **fields)

    def last_word() -> int:
        return worker._last_word(
            store, run.run_id, RunState.FAILED, {"reason": "The disk is full."}
        )

    monkeypatch.setattr(type(store.queue), "transition", lambda self, *a, **k: transition(*a, **k))
    assert last_word() == 0
    assert store.runs.get(run.run_id).reason == "The disk is full."
    refusals[:] = [StoreError("full")] * 99
    monkeypatch.setattr(worker, "PATIENCE_SECONDS", -1)
    assert last_word() == DISK_FULL
