"""Starts a worker for each row of the queue and watches it: ``python -m core.runs.dispatcher``.

One dispatcher a data folder (a file lock), started on demand (``core.runs.upkeep``). It holds
nothing that is not in the store, so that the next one can go on where a killed one was:
workers that live are taken up again. It ends when nothing is queued or active.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil
from filelock import FileLock, Timeout

from core.cache import trim
from core.errors import StoreError, ThoraxLensError
from core.runs.devices import CPU, Device, list_devices, slot_for, slots_held
from core.runs.files import LOG, job_folder
from core.runs.kinds import KINDS, Kind, Seat
from core.runs.line import before
from core.runs.liveness import is_starting, mark_dead, worker_of
from core.runs.processes import end_worker, start_detached, start_time, with_our_modules
from core.runs.silence import HANG_SECONDS, Silences
from core.runs.starting import WorkerCommand, device_words, environment_of, worker_command
from core.runs.upkeep import unfinished
from core.store import JobRow, RunState, Store, keep_record, keep_records, open_store
from core.version import node_name
from core.workspace import PROJECT_ROOT, open_workspace

POLL_SECONDS = 0.2
IDLE_SECONDS = 1.0
LOCK_SECONDS = 2.0  # a launcher that looks whether the lock is free holds it for a moment
TERMINATE_AFTER = 5.0  # seconds after the request to stop
KILL_AFTER = 8.0
LINGER_SECONDS = 20.0  # a worker that has written its result and still does not end
TROUBLE_SECONDS = 600.0  # how long a store that cannot be used is tried again


@dataclass
class _Child:
    """A worker that this dispatcher started itself, so it gets its exit code."""

    process: subprocess.Popen[bytes]
    kind: Kind
    slot: str
    over_since: float | None = None


@dataclass
class Dispatcher:
    """The loop's one step and what it remembers. ``command`` is replaced in tests.

    ``hang_seconds``: after so long without a heartbeat a worker counts as hung.
    """

    store: Store
    command: WorkerCommand
    devices: Sequence[Device]
    hang_seconds: float = HANG_SECONDS
    _silences: Silences = field(default_factory=Silences)
    _asked: dict[str, float] = field(default_factory=dict)
    _children: dict[str, _Child] = field(default_factory=dict)
    _terminated: set[str] = field(default_factory=set)
    _active: set[str] = field(default_factory=set)

    def step(self) -> bool:
        """Look at every row once; returns whether there is anything left to watch."""
        jobs = unfinished(self.store)
        for job in jobs:
            if job.is_active:
                self._watch(job)
        self._collect()
        self._tidy({job.job_id for job in jobs if job.is_active})
        for job in jobs:  # the longest-waiting first
            if job.state == RunState.QUEUED:
                self._end_former(job)
                self._start_if_free(job)
        return bool(jobs) or bool(self._children)

    def _end_former(self, job: JobRow) -> None:
        """What was put into the queue with a process of an earlier version, which waits for a turn
        of its own or works (``core.store.old_jobs``), is done by one of this version."""
        if job.pid is None:
            return
        if (former := worker_of(job)) is not None:
            end_worker(former, signal.SIGKILL)
        self.store.queue.transition(
            job.job_id, RunState.QUEUED, only_from=[RunState.QUEUED], pid=None, pid_started=None
        )

    def _watch(self, job: JobRow) -> None:
        child = self._children.get(job.job_id)
        code = child.process.poll() if child else None
        worker = worker_of(job)
        if code is not None or (worker is None and child is None and not is_starting(job)):
            # It may have ended well between reading the store and looking at the process.
            self._children.pop(job.job_id, None)
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

    def _collect(self) -> None:
        """Reap workers whose runs are over, and end those that will not go."""
        for run_id, child in list(self._children.items()):
            if self._is_active(run_id):
                continue
            if child.process.poll() is not None:
                del self._children[run_id]
                self._terminated.discard(run_id)
                continue
            child.over_since = child.over_since or time.monotonic()
            if time.monotonic() - child.over_since > LINGER_SECONDS:
                end_worker(psutil.Process(child.process.pid), signal.SIGKILL)

    def _tidy(self, active: set[str]) -> None:
        """Keep the cache within its limit, each time that a run has ended."""
        over, self._active = self._active - active, active
        for run_id in over:
            self._silences.forget(run_id)
            self._asked.pop(run_id, None)
        if not over:
            return
        self._record()
        try:
            freed = trim(self.store.workspace)
        except (ThoraxLensError, OSError) as error:  # a full cache must not hold the queue up
            log_line(f"the cache was left as it is: {error}")
            return
        if freed:
            log_line(f"{freed / 1e6:,.0f} MB of the cache removed, used longest ago")

    def _record(self) -> None:
        """Note in the runs' folders how they ended, in case the store gets lost."""
        try:
            keep_records(self.store)
        except (ThoraxLensError, OSError) as error:
            log_line(f"the runs' records were left as they are: {error}")

    def _is_active(self, job_id: str) -> bool:
        job = self.store.queue.find(job_id)
        return job is not None and job.is_active

    def _start_if_free(self, job: JobRow) -> None:
        if job.job_id in self._children:
            return  # resumed so quickly that its last worker is still on its way out
        kind = KINDS[job.kind]
        if kind.seat is Seat.DEVICE:
            slot = slot_for(job.wanted_device, self.devices, self._taken())
            if slot is not None:
                self._start(job, kind, slot)
        elif kind.seat is Seat.NONE or not self._before(job):
            self._start(job, kind, CPU)

    def _before(self, job: JobRow) -> int:
        """How much has to end before a job may begin, workers on their way out included."""
        jobs = unfinished(self.store)
        there = {one.job_id for one in jobs if one.is_active}
        leaving = [
            JobRow(job_id, child.kind.name, RunState.WORKING)
            for job_id, child in self._children.items()
            if job_id not in there
        ]
        return before([*leaving, *jobs], job)

    def _taken(self) -> set[str]:
        children = self._children.values()
        taken = {child.slot for child in children if child.kind.seat is Seat.DEVICE}
        for job in unfinished(self.store):
            if job.is_active and KINDS[job.kind].seat is Seat.DEVICE:
                taken |= slots_held(job.device)
        return taken

    def _start(self, job: JobRow, kind: Kind, slot: str) -> None:
        device = device_words(job, slot, self.devices) if kind.seat is Seat.DEVICE else ""
        if not self.store.queue.transition(
            job.job_id,
            RunState.PREPARING,
            only_from=[RunState.QUEUED],
            started_at=time.time(),
            device=device,
            node=node_name(),
            pid=None,
            pid_started=None,
        ):
            return  # stopped or deleted a moment ago
        try:
            folder = job_folder(self.store.workspace, job)
            folder.mkdir(parents=True, exist_ok=True)
            if job.is_training:
                keep_record(self.store, self.store.runs.get(job.job_id))
            process = start_detached(
                self.command(job, slot),
                cwd=PROJECT_ROOT,
                environment=with_our_modules(environment_of(kind, slot)),
                log=folder / LOG,
            )
        except OSError as error:
            self.store.queue.transition(
                job.job_id,
                RunState.FAILED,
                only_from=[RunState.PREPARING],
                reason=f"The {kind.called} could not be started ({error}).",
                finished_at=time.time(),
            )
            return
        self._children[job.job_id] = _Child(process, kind, slot)
        # The worker writes the same two itself, in case this process dies right here.
        self.store.queue.transition(
            job.job_id,
            RunState.PREPARING,
            only_from=[RunState.PREPARING],
            pid=process.pid,
            pid_started=start_time(process.pid),
        )
        where = f" on {device}" if device else ""
        log_line(f"{job.job_id} started{where} as process {process.pid}")


def serve(
    store: Store,
    command: WorkerCommand,
    devices: Sequence[Device] | None = None,
    *,
    poll: float = POLL_SECONDS,
    idle: float = IDLE_SECONDS,
) -> bool:
    """Dispatch until there is nothing to do. Returns False when another one is at work."""
    lock = FileLock(store.workspace.dispatcher_lock)
    served = False
    while True:
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            return served
        try:
            served = True
            _serve_locked(Dispatcher(store, command, devices or list_devices()), poll, idle)
        finally:
            lock.release()
        # What was queued while this one was about to end found the lock taken: look again.
        if not unfinished(store):
            return True


def _serve_locked(dispatcher: Dispatcher, poll: float, idle: float) -> None:
    last_busy = last_well = time.monotonic()
    while time.monotonic() - last_busy < idle:
        try:
            busy = dispatcher.step()
            last_well = time.monotonic()
        except StoreError as error:  # a full disk, say: runs go on, and there may be room soon
            if time.monotonic() - last_well > TROUBLE_SECONDS:
                raise
            log_line(str(error))
            busy = True
            time.sleep(idle)
        if busy:
            last_busy = time.monotonic()
        time.sleep(poll)


def log_line(text: str) -> None:
    """One line for the dispatcher's log."""
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {text}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder")
    options = parser.parse_args(arguments)
    store = open_store(open_workspace(options.data))
    log_line(f"dispatcher {os.getpid()} started")
    try:
        served = serve(store, worker_command(store))
    except Exception:  # noqa: BLE001 - nobody else would see it; the next refresh starts another one
        log_line(traceback.format_exc())
        return 1
    log_line(f"dispatcher {os.getpid()} ended" + ("" if served else ": another one is at work"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
