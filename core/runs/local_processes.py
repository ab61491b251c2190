"""Work in processes of this machine: one a row, as many at a time as devices and slots allow.

It holds nothing that is not in the store: workers that live are taken up again by the next
dispatcher, by their process's id and start time.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.runs.devices import CPU, Device, slot_for, slots_held
from core.runs.files import LOG, job_folder
from core.runs.helpers import see_to_helpers
from core.runs.kinds import KINDS, Kind, Seat
from core.runs.line import before
from core.runs.liveness import is_starting, mark_dead, worker_of
from core.runs.places import could_not_start, kind_of, log_line, taken_from_queue
from core.runs.processes import end_worker, start_detached, start_time, with_our_modules
from core.runs.silence import HANG_SECONDS, Silences
from core.runs.starting import WorkerCommand, device_words, environment_of
from core.runs.warm import CopiedWorker, Warmth
from core.store import JobRow, RunState, Store, keep_record
from core.version import node_name
from core.workspace import PROJECT_ROOT

TERMINATE_AFTER = 5.0  # seconds after the request to stop
KILL_AFTER = 8.0
LINGER_SECONDS = 20.0  # a worker that has written its result and still does not end


@dataclass
class _Child:
    """A worker that this dispatcher started itself, so it gets its exit code."""

    process: subprocess.Popen[bytes] | CopiedWorker
    kind: Kind
    slot: str
    over_since: float | None = None


@dataclass
class LocalProcesses:
    """The place for all kinds. ``command`` is replaced in tests.

    ``hang_seconds``: after so long without a heartbeat a worker counts as hung. ``warmth``: keeps
    the software loaded between workers; None: each loads its own.
    """

    store: Store
    command: WorkerCommand
    devices: Sequence[Device]
    hang_seconds: float = HANG_SECONDS
    warmth: Warmth | None = None
    children: dict[str, _Child] = field(default_factory=dict)
    _silences: Silences = field(default_factory=Silences)
    _asked: dict[str, float] = field(default_factory=dict)
    _terminated: set[str] = field(default_factory=set)

    @property
    def is_busy(self) -> bool:
        return bool(self.children) or (self.warmth is not None and self.warmth.is_there)

    def close(self) -> None:
        """The dispatcher ends; workers go on."""
        if self.warmth is not None:
            self.warmth.release("the dispatcher ends")

    def takes(self, job: JobRow) -> bool:
        return True

    def holds(self, job: JobRow) -> bool:
        return True

    def watch(self, job: JobRow) -> None:
        if self._has_lost_its_maker(job):
            return
        child = self.children.get(job.job_id)
        code = child.process.poll() if child else None
        worker = worker_of(job)
        if code is not None or (worker is None and child is None and not is_starting(job)):
            # It may have ended well between reading the store and looking at the process.
            self.children.pop(job.job_id, None)
            self._terminated.discard(job.job_id)
            mark_dead(self.store, job, code)
        elif worker is not None and self._silences.hung(self.store, job, worker, self.hang_seconds):
            log_line(f"{job.job_id} said nothing for {self.hang_seconds:.0f} s and is ended")
            end_worker(worker, signal.SIGKILL)
            mark_dead(self.store, job, hung=self.hang_seconds)
        elif worker is not None and job.cancel_at is not None:
            # By our own clock: the computer's may have been set back since it was asked.
            waited = time.monotonic() - self._asked.setdefault(job.job_id, time.monotonic())
            if waited >= KILL_AFTER:
                end_worker(worker, signal.SIGKILL)
            elif waited >= TERMINATE_AFTER and job.job_id not in self._terminated:
                self._terminated.add(job.job_id)
                end_worker(worker, signal.SIGTERM)

    def _has_lost_its_maker(self, job: JobRow) -> bool:
        """Whether a row waits again, because what should have made its worker is gone. A worker
        that was made in time is watched like that of an earlier dispatcher."""
        child = self.children.get(job.job_id)
        if child is None or not isinstance(child.process, CopiedWorker):
            return False
        if not child.process.is_orphan:
            return False
        del self.children[job.job_id]
        return job.pid is None and self.store.queue.transition(
            job.job_id, RunState.QUEUED, only_from=[RunState.PREPARING]
        )

    def collect(self) -> None:
        """Reap workers whose rows are over, and end those that will not go."""
        if self.warmth is not None:
            self.warmth.look()
        for job_id, child in list(self.children.items()):
            if self._is_active(job_id):
                continue
            if child.process.poll() is not None:
                del self.children[job_id]
                self._terminated.discard(job_id)
                continue
            child.over_since = child.over_since or time.monotonic()
            if child.process.pid and time.monotonic() - child.over_since > LINGER_SECONDS:
                end_worker(psutil.Process(child.process.pid), signal.SIGKILL)

    def help_out(self, jobs: Sequence[JobRow]) -> None:
        see_to_helpers(self.store, self.devices, self.taken(jobs), jobs)

    def forget(self, job_ids: Iterable[str]) -> None:
        for job_id in job_ids:
            self._silences.forget(job_id)
            self._asked.pop(job_id, None)

    def free_slot(self, job: JobRow, jobs: Sequence[JobRow]) -> str | None:
        if job.job_id in self.children:
            return None  # resumed so quickly that its last worker is still on its way out
        seat = kind_of(job).seat
        if seat is Seat.DEVICE:
            return slot_for(job.wanted_device, self.devices, self.taken(jobs))
        return CPU if seat is Seat.NONE or not self._before(job, jobs) else None

    def _before(self, job: JobRow, jobs: Sequence[JobRow]) -> int:
        """How much has to end before a job may begin, workers on their way out included."""
        there = {one.job_id for one in jobs if one.is_active}
        leaving = [
            JobRow(job_id, child.kind.name, RunState.WORKING)
            for job_id, child in self.children.items()
            if job_id not in there
        ]
        return before([*leaving, *jobs], job)

    def taken(self, jobs: Sequence[JobRow]) -> set[str]:
        """The device slots that are not free. ``jobs``: all that is not over."""
        children = self.children.values()
        taken = {child.slot for child in children if child.kind.seat is Seat.DEVICE}
        for job in jobs:
            if job.is_active and KINDS[job.kind].seat is Seat.DEVICE:
                taken |= slots_held(job.device)
        return taken

    def start(self, job: JobRow, slot: str) -> None:
        kind = kind_of(job)
        device = device_words(job, slot, self.devices) if kind.seat is Seat.DEVICE else ""
        if not taken_from_queue(self.store, job, device, node_name()):
            return
        try:
            folder = job_folder(self.store.workspace, job)
            folder.mkdir(parents=True, exist_ok=True)
            if job.is_training:
                keep_record(self.store, self.store.runs.get(job.job_id))
            process = self._worker(job, kind, slot, folder / LOG)
        except OSError as error:
            could_not_start(self.store, job, error)
            return
        self.children[job.job_id] = _Child(process, kind, slot)
        where = f" on {device}" if device else ""
        if process.pid is None:
            log_line(f"{job.job_id} begins{where}")
            return
        # The worker writes the same two itself, in case this process dies right here.
        self.store.queue.transition(
            job.job_id,
            RunState.PREPARING,
            only_from=[RunState.PREPARING],
            pid=process.pid,
            pid_started=start_time(process.pid),
        )
        log_line(f"{job.job_id} started{where} as process {process.pid}")

    def _worker(
        self, job: JobRow, kind: Kind, slot: str, log: Path
    ) -> subprocess.Popen[bytes] | CopiedWorker:
        """A copy of the process that has the software loaded, or a fresh one. Raises OSError."""
        environment = with_our_modules(environment_of(kind, slot))
        if self.warmth is not None:
            copied = self.warmth.worker(job.job_id, slot, environment, log)
            if copied is not None:
                return copied
        return start_detached(
            self.command(job, slot), cwd=PROJECT_ROOT, environment=environment, log=log
        )

    def _is_active(self, job_id: str) -> bool:
        job = self.store.queue.find(job_id)
        return job is not None and job.is_active
