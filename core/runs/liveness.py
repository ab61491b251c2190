"""Whether the process of a run or other work lives, and what a dead one leaves behind."""

from __future__ import annotations

import signal
import time

import psutil

from core.runs.files import RunFiles
from core.runs.kinds import KINDS
from core.runs.processes import living
from core.store import ACTIVE, JobRow, Run, RunChange, RunState, Store

# A process that was started but has not yet said so, on a busy machine.
START_GRACE_SECONDS = 20.0

STOPPED = "Stopped at your request."
# A worker whose last words did not get into the store ends with this code.
DISK_FULL = 28
_HUNG = (
    "The {process} hung: it gave no sign of life for {seconds:.0f} seconds, so it was ended. Its "
    "log may say what it was doing."
)


def worker_of(job: JobRow | Run) -> psutil.Process | None:
    """The own living process of a run or other work, or None."""
    if job.pid is None:
        return None
    return living(job.pid, job.pid_started or 0.0, named=job.job_id)


def is_starting(job: JobRow | Run, now: float | None = None) -> bool:
    """Active without a process yet, and for so short that one may still appear."""
    now = time.time() if now is None else now
    # Either way: after the clock was set back, it started in the future.
    return job.pid is None and abs(now - (job.started_at or 0.0)) < START_GRACE_SECONDS


def mark_dead(
    store: Store, job: JobRow | Run, code: int | None = None, *, hung: float = 0.0
) -> None:
    """Write down that a process ended without saying how its work ended.

    ``code`` as ``subprocess`` gives it: negative for a signal, None when unknown. ``hung``:
    after how many seconds without a sign of life it was ended, 0 when it was not.
    """
    now, kind = time.time(), KINDS[job.kind]
    over: RunChange = {"finished_at": now, "pid": None, "pid_started": None}
    if job.cancel_at is not None:
        to, over["reason"] = RunState.CANCELLED, STOPPED
    else:
        process = kind.called
        ended = (
            _HUNG.format(process=process, seconds=hung)
            if hung
            else _how_it_ended(process, code, started=job.pid is not None)
        )
        then = _what_resume_does(store, job) if kind.keeps_what_it_had else "Start it again."
        to, over["reason"] = RunState.INTERRUPTED, f"{ended} {then}"
    store.queue.transition(job.job_id, to, only_from=ACTIVE, **over)


def _how_it_ended(process: str, code: int | None, *, started: bool) -> str:
    if code is not None and code < 0:
        if -code == signal.SIGKILL:
            return f"The {process} was killed (signal 9). Often the machine ran out of memory."
        return f"The {process} was ended from outside ({_signal_name(-code)})."
    if code == DISK_FULL:
        return "The disk was full. Free some space before you go on."
    if code:
        return f"The {process} broke off by itself (exit code {code}); its log may say why."
    if not started:
        return f"The {process} did not start."
    return f"The {process} is gone: the machine was restarted, or something ended it."


def _what_resume_does(store: Store, job: JobRow | Run) -> str:
    epoch = RunFiles(store.workspace.run_folder(job.job_id)).resumes_after()
    if epoch:
        return f"Resume goes on from epoch {epoch + 1}."
    return "Resume starts it again."


def _signal_name(number: int) -> str:
    try:
        return f"signal {number}, {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
