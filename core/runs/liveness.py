"""Whether a run's process lives, and what a dead one leaves behind."""

from __future__ import annotations

import signal
import time

import psutil

from core.runs.files import RunFiles
from core.runs.processes import living
from core.store import ACTIVE, Run, RunChange, RunState, Store

# A process that was started but has not yet said so, on a busy machine.
START_GRACE_SECONDS = 20.0

STOPPED = "Stopped at your request."
# A worker whose last words did not get into the store ends with this code.
DISK_FULL = 28
_HUNG = (
    "The training process hung: it gave no sign of life for {seconds:.0f} seconds, so it was "
    "ended. The run's log may say what it was doing."
)


def worker_of(run: Run) -> psutil.Process | None:
    """The run's own living process, or None."""
    if run.pid is None:
        return None
    return living(run.pid, run.pid_started or 0.0, named=run.run_id)


def is_starting(run: Run, now: float | None = None) -> bool:
    """Active without a process yet, and for so short that one may still appear."""
    now = time.time() if now is None else now
    # Either way: after the clock was set back, it started in the future.
    return run.pid is None and abs(now - (run.started_at or 0.0)) < START_GRACE_SECONDS


def mark_dead(store: Store, run: Run, code: int | None = None, *, hung: float = 0.0) -> None:
    """Write down that a run's process ended without saying how the run ended.

    ``code`` as ``subprocess`` gives it: negative for a signal, None when unknown. ``hung``:
    after how many seconds without a sign of life it was ended, 0 when it was not.
    """
    now = time.time()
    over: RunChange = {"finished_at": now, "pid": None, "pid_started": None}
    if run.cancel_at is not None:
        to, over["reason"] = RunState.CANCELLED, STOPPED
    else:
        ended = _HUNG.format(seconds=hung) if hung else _how_it_ended(run, code)
        files = RunFiles(store.workspace.run_folder(run.run_id))
        to, over["reason"] = RunState.INTERRUPTED, f"{ended} {_what_resume_does(files)}"
    store.runs.transition(run.run_id, to, only_from=ACTIVE, **over)


def _how_it_ended(run: Run, code: int | None) -> str:
    if code is not None and code < 0:
        if -code == signal.SIGKILL:
            return (
                "The training process was killed (signal 9). Often the machine ran out of memory."
            )
        return f"The training process was ended from outside ({_signal_name(-code)})."
    if code == DISK_FULL:
        return "The disk was full. Free some space before you go on."
    if code:
        return f"The training process broke off by itself (exit code {code}); its log may say why."
    if run.pid is None:
        return "The training process did not start."
    return (
        "The training process is gone: the machine was restarted, or something ended the process."
    )


def _what_resume_does(files: RunFiles) -> str:
    epoch = files.resumes_after()
    if epoch:
        return f"Resume goes on from epoch {epoch + 1}."
    return "Resume starts it again."


def _signal_name(number: int) -> str:
    try:
        return f"signal {number}, {signal.Signals(number).name}"
    except ValueError:
        return f"signal {number}"
