"""Where work runs, as the dispatcher sees it: in processes of this machine
(``core.runs.local_processes``), or on the nodes of a cluster (``core.cluster``)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from core.runs.kinds import KINDS, Kind
from core.store import JobRow, RunState, Store


class WorkPlace(Protocol):
    """One of them. A place writes down itself how its work stands: a dispatcher may be killed, and
    the next one must find everything in the store and in the folders of the work."""

    def takes(self, job: JobRow) -> bool:
        """Whether a row that waits is to run here."""

    def holds(self, job: JobRow) -> bool:
        """Whether a row that is active runs here, or ran here when it was last heard of."""

    def watch(self, job: JobRow) -> None:
        """Look how an active row stands, and write down what has changed."""

    def free_slot(self, job: JobRow, jobs: Sequence[JobRow]) -> str | None:
        """The slot that a waiting row gets now, None when it must wait. ``jobs``: all that is not
        over, in the order of the queue."""

    def start(self, job: JobRow, slot: str) -> None:
        """Let a waiting row begin. What cannot begin ends with a reason."""

    def collect(self) -> None:
        """See to what is over for the store and not yet gone."""

    def help_out(self, jobs: Sequence[JobRow]) -> None:
        """Let what nobody wants here help the work of this place, and end help that is of no use
        any more. ``jobs``: all of this place that is not over, in the order of the queue."""

    def forget(self, job_ids: Iterable[str]) -> None:
        """These rows are no longer active."""

    @property
    def is_busy(self) -> bool:
        """Whether something is here that has to be watched, though the store may know none."""


def taken_from_queue(store: Store, job: JobRow, device: str, node: str) -> bool:
    """Move a waiting row to ``preparing``, on that device in words of the machine of that name;
    False when it was stopped or deleted a moment ago."""
    return store.queue.transition(
        job.job_id,
        RunState.PREPARING,
        only_from=[RunState.QUEUED],
        started_at=time.time(),
        device=device,
        node=node,
        pid=None,
        pid_started=None,
    )


def could_not_start(store: Store, job: JobRow, why: object) -> None:
    """End a row that was taken from the queue and cannot begin."""
    store.queue.transition(
        job.job_id,
        RunState.FAILED,
        only_from=[RunState.PREPARING],
        reason=f"The {kind_of(job).called} could not be started ({why}).",
        finished_at=time.time(),
    )


def kind_of(job: JobRow) -> Kind:
    """The kind of a row that this version knows."""
    return KINDS[job.kind]


def log_line(text: str) -> None:
    """One line for the dispatcher's log."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}", flush=True)
