"""Whether a run's process lives, how it is ended, and what a dead one leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from core.store import ACTIVE, Run, Store
from core.training.artefacts import RunFiles
from core.workspace import PROJECT_ROOT

# A process that was started but has not yet said so, on a busy machine.
START_GRACE_SECONDS = 20.0
# Clock corrections move a start time that is derived from the boot time.
START_TIME_TOLERANCE = 2.0

STOPPED = "Stopped at your request."


def start_time(pid: int) -> float | None:
    """When the process started, in seconds since 1970; None when there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def worker_of(run: Run) -> psutil.Process | None:
    """The run's own living process, or None.

    A pid alone proves nothing, since systems use them again: the start time must agree,
    or the command line must name this run (a start time moves when the clock is set).
    A zombie is dead; in a container nobody may ever collect it.
    """
    if run.pid is None:
        return None
    try:
        process = psutil.Process(run.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        moved = abs(process.create_time() - (run.pid_started or 0.0))
        if moved <= START_TIME_TOLERANCE or run.run_id in process.cmdline():
            return process
    except psutil.Error:  # gone, or not ours to look at: then it is not our worker either
        return None
    return None


def is_starting(run: Run, now: float | None = None) -> bool:
    """Active without a process yet, and for so short that one may still appear."""
    now = time.time() if now is None else now
    return run.pid is None and now - (run.started_at or 0.0) < START_GRACE_SECONDS


def end_worker(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal to the worker and to whatever it started.

    The worker leads a session of its own, so its group holds its children and no one else.
    """
    try:
        if os.name == "posix" and os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
    except (ProcessLookupError, psutil.NoSuchProcess):
        pass  # it went by itself in the meantime, which is what was wanted


def mark_dead(store: Store, run: Run, code: int | None = None) -> None:
    """Write down that a run's process ended without saying how the run ended.

    ``code`` as ``subprocess`` gives it: negative for a signal, None when unknown.
    """
    now = time.time()
    fields = {"finished_at": now, "pid": None, "pid_started": None}
    if run.cancel_at is not None:
        store.runs.transition(run.run_id, "cancelled", only_from=ACTIVE, reason=STOPPED, **fields)
        return
    files = RunFiles(store.workspace.run_folder(run.run_id))
    reason = f"{_how_it_ended(run, code)} {_what_resume_does(files)}"
    store.runs.transition(run.run_id, "interrupted", only_from=ACTIVE, reason=reason, **fields)


def _how_it_ended(run: Run, code: int | None) -> str:
    if code is not None and code < 0:
        if -code == signal.SIGKILL:
            return (
                "The training process was killed (signal 9). Often the machine ran out of memory."
            )
        return f"The training process was ended from outside ({_signal_name(-code)})."
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


def with_our_modules(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the project ahead of whatever else Python looks for modules in."""
    paths = [str(PROJECT_ROOT), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def start_detached(
    command: list[str], *, cwd: Path, environment: dict[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a process that outlives its parent; everything it prints is added to ``log``.

    Its own session keeps Ctrl-C and the end of a terminal away from it. Raises OSError.
    """
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
