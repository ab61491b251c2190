"""Jobs without their processes: done within the test, or only said to stand somewhere."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.runs import upkeep, worker
from core.runs.jobs import Job
from core.runs.kinds import KINDS
from core.runs.processes import start_time
from core.store import RunProgress, RunState, Store


def no_dispatcher(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started, however often somebody looks."""
    monkeypatch.setattr(upkeep, "_reconcile", lambda store: None)


def carried_out(job: Job, **arguments: str) -> int:
    """Do the job's work here and now; returns what its process would have ended with."""
    queue = job.store.queue
    queue.add(job.job_id, job.kind.name, arguments)
    queue.transition(job.job_id, RunState.PREPARING, started_at=time.time())
    row = worker.claim(job.store, job.job_id)
    assert row is not None
    job.folder.mkdir(parents=True, exist_ok=True)
    return worker.carry_out(job.store, row, KINDS[row.kind])


def at_once(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs do their work within ``start``; returns the kinds of those that have."""
    started: list[str] = []
    no_dispatcher(monkeypatch)

    def start(job: Job, **arguments: str) -> bool:
        started.append(job.kind.name)
        carried_out(job, **arguments)
        return True

    monkeypatch.setattr(Job, "start", start)
    return started


def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str, dict[str, str]]]:
    """Nothing is started; what would have been: folder, kind and arguments."""
    asked: list[tuple[Path, str, dict[str, str]]] = []

    def remember(job: Job, **arguments: str) -> bool:
        asked.append((job.folder, job.kind.name, arguments))
        return True

    monkeypatch.setattr(Job, "start", remember)
    return asked


def stand(
    job: Job, state: str, stage: str = "", done: int = 0, total: int = 0, **change: Any
) -> None:
    """Let the job stand there, with this process as its own while it works."""
    queue: Any = job.store.queue
    queue.add(job.job_id, job.kind.name, {})
    if state == RunState.WORKING:
        own = {"pid": os.getpid(), "pid_started": start_time(os.getpid())}
        change = {"started_at": time.time(), **own, **change}
    queue.transition(job.job_id, RunState(state), **change)
    queue.beat(job.job_id, RunProgress(stage=stage, done=done, total=total))


def job_at(store: Store, kind: str, name: str) -> Job:
    """A job of that kind in the folder of that name in the data folder."""
    return Job(store, KINDS[kind], store.workspace.root / name)
