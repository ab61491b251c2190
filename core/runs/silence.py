"""Whether a process that lives has hung: it gives no heartbeat, though it could."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psutil

from core.errors import BusyError, StoreError
from core.store import JobRow, Run, Store

HANG_SECONDS = 120.0  # without a heartbeat, of which a worker gives one every 2 seconds
# The most that one look counts towards it: a computer that slept did not see a worker hang.
LOOK_SECONDS = 1.0
WORKED_SHARE = 0.03  # of its silence, in processor time: a worker that computes takes more


@dataclass
class _Silence:
    """How long a worker has been seen without a new heartbeat, by this process's own clock:
    the computer's may be set, and it goes on while the computer sleeps."""

    beat: float | None
    looked: float
    seconds: float = 0.0
    worked: float = 0.0  # seconds of processor time that it had taken at the last heartbeat


@dataclass
class Silences:
    """What one process remembers of the workers that it watches, by name."""

    _by_name: dict[str, _Silence] = field(default_factory=dict)

    def hung(self, store: Store, job: JobRow | Run, worker: psutil.Process, limit: float) -> bool:
        """Whether the living worker has been silent for ``limit`` seconds, though it could have
        written to the store. To be asked again and again."""
        name, beat = job.job_id, job.heartbeat_at
        now = time.monotonic()
        silence = self._by_name.setdefault(name, _Silence(beat, now))
        if silence.beat != beat or not silence.seconds:
            silence.beat, silence.seconds = beat, 0.0
            silence.worked = _worked(worker)
        silence.seconds += min(now - silence.looked, LOOK_SECONDS)
        silence.looked = now
        if silence.seconds > limit / 2:
            at_work = _worked(worker) - silence.worked > WORKED_SHARE * silence.seconds
            if not could_write(store, job, at_work=at_work):
                silence.seconds = 0.0  # a full disk keeps a healthy worker silent too
        return silence.seconds >= limit

    def forget(self, name: str) -> None:
        """What it did is over."""
        self._by_name.pop(name, None)


def could_write(store: Store, job: JobRow | Run, *, at_work: bool) -> bool:
    """Whether the job's worker could have written a heartbeat. ``at_work``: it has computed
    since its last one."""
    try:
        store.queue.touch(job.job_id)
    except BusyError:  # it may be the hung one itself that holds the lock
        return not at_work
    except StoreError:
        return False
    return True


def _worked(worker: psutil.Process) -> float:
    try:
        times = worker.cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)
