"""Starts what waits in the queue and watches it: ``python -m core.runs.dispatcher``.

One dispatcher a data folder (a file lock), started on demand (``core.runs.upkeep``). It holds
nothing that is not in the store, so that the next one can go on where a killed one was. It ends
when nothing is queued or active, and the software is not kept loaded for what may come next
(``core.runs.warm``). Where the work runs is another's business (``core.runs.places``).
"""

from __future__ import annotations

import argparse
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from filelock import FileLock, Timeout

from core.cache import trim
from core.errors import StoreError, ThoraxLensError
from core.runs.devices import Device, list_devices
from core.runs.liveness import worker_of
from core.runs.local_processes import LocalProcesses
from core.runs.places import WorkPlace, log_line
from core.runs.processes import end_worker
from core.runs.starting import WorkerCommand, worker_command
from core.runs.upkeep import unfinished
from core.runs.warm import Warmth
from core.store import JobRow, RunState, Store, keep_records, open_store
from core.workspace import open_workspace

POLL_SECONDS = 0.2
IDLE_SECONDS = 1.0
LOCK_SECONDS = 2.0  # a launcher that looks whether the lock is free holds it for a moment
TROUBLE_SECONDS = 600.0  # how long a store that cannot be used is tried again


@dataclass
class Dispatcher:
    """The loop's one step and what it remembers. ``here``: processes of this machine, for all that
    no other place takes. ``elsewhere``: the other places, the first that takes a row gets it."""

    store: Store
    here: LocalProcesses
    elsewhere: Sequence[WorkPlace] = ()
    _active: set[str] = field(default_factory=set)

    @property
    def _places(self) -> list[WorkPlace]:
        return [*self.elsewhere, self.here]

    def step(self) -> bool:
        """Look at every row once; returns whether there is anything left to watch."""
        jobs = unfinished(self.store)
        for job in jobs:
            if job.is_active:
                next(place for place in self._places if place.holds(job)).watch(job)
        for place in self._places:
            place.collect()
        self._tidy({job.job_id for job in jobs if job.is_active})
        for job in jobs:  # the longest-waiting first
            if job.state == RunState.QUEUED:
                self._end_former(job)
                self._start_if_free(job)
        for place in self._places:
            place.help_out([one for one in jobs if self._place_of(one) is place])
        return bool(jobs) or any(place.is_busy for place in self._places)

    def _place_of(self, job: JobRow) -> WorkPlace:
        """Where a row works, or will."""
        waits = job.state == RunState.QUEUED
        return next(one for one in self._places if (one.takes(job) if waits else one.holds(job)))

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

    def _start_if_free(self, job: JobRow) -> None:
        place = next(place for place in self._places if place.takes(job))
        slot = place.free_slot(job, unfinished(self.store))
        if slot is not None:
            place.start(job, slot)

    def _tidy(self, active: set[str]) -> None:
        """Keep the cache within its limit, each time that a run has ended."""
        over, self._active = self._active - active, active
        if not over:
            return
        for place in self._places:
            place.forget(over)
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


def serve(
    store: Store,
    command: WorkerCommand,
    devices: Sequence[Device] | None = None,
    elsewhere: Sequence[WorkPlace] = (),
    *,
    poll: float = POLL_SECONDS,
    idle: float = IDLE_SECONDS,
    until: Callable[[], bool] = lambda: False,
    warm: bool = True,
) -> bool:
    """Dispatch until there is nothing to do, or ``until`` says so. Returns False when another one
    is at work. ``warm``: whether the software may be kept loaded for what comes next."""
    lock = FileLock(store.workspace.dispatcher_lock)
    served = False
    while True:
        try:
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            return served
        try:
            served = True
            # With a cluster, what could use it runs there.
            warmth = Warmth(store.workspace) if warm and not elsewhere else None
            here = LocalProcesses(store, command, devices or list_devices(), warmth=warmth)
            try:
                _serve_locked(Dispatcher(store, here, elsewhere), poll, idle, until)
            finally:
                here.close()
        finally:
            lock.release()
        # What was queued while this one was about to end found the lock taken: look again.
        if until() or not unfinished(store):
            return True


def _serve_locked(
    dispatcher: Dispatcher, poll: float, idle: float, until: Callable[[], bool] = lambda: False
) -> None:
    last_busy = last_well = time.monotonic()
    while time.monotonic() - last_busy < idle and not until():
        try:
            busy = dispatcher.step()
            last_well = time.monotonic()
        except StoreError as error:  # a full disk, say: runs go on, and there may be room soon
            if time.monotonic() - last_well > TROUBLE_SECONDS:
                raise
            log_line(str(error))
            if not dispatcher.store.workspace.root.exists():
                return
            busy = True
            time.sleep(idle)
        if busy:
            last_busy = time.monotonic()
        time.sleep(poll)


def main(
    arguments: Sequence[str] | None = None,
    elsewhere: Callable[[Store], Sequence[WorkPlace]] = lambda store: (),
) -> int:
    """``elsewhere``: makes the places beside this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder")
    options = parser.parse_args(arguments)
    store = open_store(open_workspace(options.data))
    log_line(f"dispatcher {os.getpid()} started")
    try:
        served = serve(store, worker_command(store), elsewhere=elsewhere(store))
    except Exception:  # noqa: BLE001 - nobody else would see it; the next refresh starts another one
        log_line(traceback.format_exc())
        return 1
    log_line(f"dispatcher {os.getpid()} ended" + ("" if served else ": another one is at work"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
