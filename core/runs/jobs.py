"""Work on a run, or beside runs, from outside: how it is queued, how it stands, how it is ended.

A training is a run and has a launcher of its own (``launcher``), for it is checked before it is
queued and goes on where it was. What is wanted once and can be done again is a job: an audit, an
external test. Its files lie with what it works on, so they go with it; its row is in the queue.
"""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from pathlib import Path

from core.people.asking import doing
from core.runs.files import LOG
from core.runs.kinds import KINDS, Kind, Seat
from core.runs.line import before, waiting_words
from core.runs.liveness import is_starting, mark_dead, worker_of
from core.runs.processes import end_worker
from core.runs.upkeep import make_way, refresh
from core.runs.whereabouts import is_elsewhere
from core.store import BROKEN_OFF, JobRow, RunState, Store

STOP_PATIENCE_SECONDS = 5.0
STARTING = "Starting"


@dataclass(frozen=True)
class JobStatus:
    """How a job stands. ``state``: None when it was never started. ``stage``: what it does now,
    in words to show; ``done`` of ``total`` units of it (0 when it has no count). ``reason``: why
    it has no result, a sentence to show. ``asked``: when it was queued, seconds since 1970, 0
    while it was not. ``exit_code``: of the error that it ended with, 0 for none."""

    state: RunState | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""
    asked: float = 0.0
    exit_code: int = 0

    @property
    def is_running(self) -> bool:
        """Whether it works, or waits for its turn."""
        return self.state is not None and self.state is not RunState.DONE and not self.broke_off

    @property
    def broke_off(self) -> bool:
        """Whether it ended without a result."""
        return self.state in BROKEN_OFF

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 when it has no count."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    @property
    def told(self) -> str:
        """The stage with its count."""
        return f"{self.stage} ({self.done:,} of {self.total:,})" if self.total else self.stage


@dataclass(frozen=True)
class Job:
    """The job of a kind whose files are in ``folder``, a folder in the data folder."""

    store: Store
    kind: Kind
    folder: Path

    @property
    def job_id(self) -> str:
        """The name of its row in the queue."""
        return self.folder.relative_to(self.store.workspace.root).as_posix()

    @property
    def log(self) -> Path:
        """Everything the process printed."""
        return self.folder / LOG

    def status(self) -> JobStatus:
        """How it stands now."""
        row = self.store.queue.find(self.job_id)
        if row is not None and (row.state == RunState.QUEUED or row.is_active):
            refresh(self.store)
            row = self.store.queue.find(self.job_id)
        return JobStatus() if row is None else self._status(row)

    def start(self, **arguments: str) -> bool:
        """Queue it with ``arguments``, and see that it gets started; returns at once.

        False when it waits or works already. Raises InputError when nothing can be started.
        """
        self.status()  # one whose process was killed is found to be gone here, and starts anew
        with doing(self.kind.deed):
            make_way(self.store)
            added = self.store.queue.add(self.job_id, self.kind.name, arguments)
            refresh(self.store, at_once=True)
        return added

    def stop(self) -> None:
        """End it, if it waits or works. What it had finished and written stays."""
        row = self.store.queue.find(self.job_id)
        if row is not None and (row.state == RunState.QUEUED or row.is_active):
            with doing(self.kind.deed):
                self.store.queue.request_cancel(self.job_id)
                _end(self.store, self.job_id)

    def _status(self, row: JobRow) -> JobStatus:
        told = row.progress
        stage = told.stage
        if row.state == RunState.QUEUED:
            count = before(self.store.queue.unfinished(), row) if self._waits else 0
            stage = waiting_words(count) if count else STARTING
        return JobStatus(
            state=row.state,
            stage=stage or STARTING,
            done=told.done,
            total=told.total,
            reason=row.reason,
            asked=row.created_at,
            exit_code=row.exit_code,
        )

    @property
    def _waits(self) -> bool:
        return self.kind.seat is Seat.SLOT


def stop_all(store: Store, run_id: str) -> None:
    """End and forget all work on a run, before its folder is removed."""
    for row in store.queue.of_run(run_id):
        if row.kind in KINDS:
            Job(store, KINDS[row.kind], store.workspace.root / row.job_id).stop()
        store.queue.remove(row.job_id)


def _end(store: Store, job_id: str) -> None:
    """End the process of a job that was asked to stop. Whoever asked may remove its folder next,
    and it must not write there any more."""
    until = time.monotonic() + STOP_PATIENCE_SECONDS
    while time.monotonic() < until:
        row = store.queue.find(job_id)
        if row is None or not row.is_active:
            return
        worker = worker_of(row)
        if is_elsewhere(store, row):  # the dispatcher ends it there, and takes nothing more from it
            mark_dead(store, row)
            return
        if worker is not None:
            end_worker(worker, signal.SIGKILL)
        # One that is just coming up cannot be ended before it has said which it is.
        elif not is_starting(row):
            mark_dead(store, row)
            return
        time.sleep(0.02)
