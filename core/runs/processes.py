"""Processes of our own: how one is started, known again, and ended."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil

from core.workspace import PROJECT_ROOT

# Clock corrections move a start time that is derived from the boot time.
START_TIME_TOLERANCE = 2.0


def start_time(pid: int) -> float | None:
    """When the process started, in seconds since 1970; None when there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def living(pid: int, started: float, *, named: str) -> psutil.Process | None:
    """The process of that number that started then (seconds since 1970), or None.

    A pid alone proves nothing, since systems use them again: the start time must agree,
    or ``named`` must be an argument of its command line, or in the name of a file that it has
    open, as its log is (a start time moves when the clock is set, and a copy of another process
    has the command line of that). A zombie is dead; in a container nobody may ever collect it.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        moved = abs(process.create_time() - started)
        if moved <= START_TIME_TOLERANCE or named in process.cmdline():
            return process
        if any(named in one.path for one in process.open_files()):
            return process
    # Gone, not ours to look at, or a number from a damaged file: then it is not the one either.
    except (psutil.Error, OverflowError, ValueError, TypeError):
        return None
    return None


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


def with_our_modules(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the project ahead of whatever else Python looks for modules in."""
    paths = [str(PROJECT_ROOT), environment.get("PYTHONPATH", "")]
    return {**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def start_detached(
    command: list[str],
    *,
    cwd: Path,
    environment: dict[str, str],
    log: Path,
    asked_by: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a process that outlives its parent; everything it prints is added to ``log``.
    ``asked_by``: the open file that is its standard input; nothing by default.

    Its own session keeps Ctrl-C and the end of a terminal away from it. Raises OSError.
    """
    with log.open("ab") as stream:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=asked_by,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
