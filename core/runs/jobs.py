"""Work that outlives a page: one detached process a job, watched through its folder.

Trainings are rows of the store (``launcher``, ``dispatcher``). What is wanted once, takes a
minute or two and belongs to one run is a job: an audit, an external test. Its files lie with
what it works on, so they go with it. The process itself is in ``job_process``; that jobs take
turns, in ``turns``.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import psutil
from filelock import FileLock
from pydantic import Field

from core.documents import Document
from core.errors import InputError
from core.runs.devices import CPU, worker_environment
from core.runs.kinds import Kind
from core.runs.processes import end_worker, living, start_detached, with_our_modules
from core.runs.silence import HANG_SECONDS, Silences
from core.workspace import PROJECT_ROOT, Workspace

ENTRY = "core.runs.job_process"
# A process that was started but has not yet said so, on a busy machine.
START_GRACE_SECONDS = 30.0
STOP_PATIENCE_SECONDS = 5.0

Number = Annotated[float, Field(allow_inf_nan=False)]

# What this process remembers of the jobs that it looks at.
_silences = Silences()


class JobState(StrEnum):
    """``NONE``: never started. A job that waits for its turn is ``RUNNING``."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class JobStatus(Document):
    """How a job stands. ``stage``: what it does now, in words to show; ``done`` of ``total``
    units of it (0 when it has no count). ``reason``: why it failed, a sentence to show.
    ``began``, ``ended``, ``heartbeat_at``: seconds since 1970, 0 while unknown."""

    SPOKEN = "How this job stands"

    state: JobState = JobState.NONE
    stage: str = ""
    done: Annotated[int, Field(ge=0)] = 0
    total: Annotated[int, Field(ge=0)] = 0
    reason: str = ""
    began: Number = 0.0
    ended: Number = 0.0
    pid: Annotated[int, Field(ge=0, lt=2**31)] = 0
    pid_started: Number = 0.0
    heartbeat_at: Number = 0.0

    @property
    def is_running(self) -> bool:
        return self.state is JobState.RUNNING

    @property
    def broke_off(self) -> bool:
        """Whether it ended without a result."""
        return self.state in (JobState.FAILED, JobState.STOPPED)

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 when it has no count."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    @property
    def told(self) -> str:
        """The stage with its count."""
        return f"{self.stage} ({self.done:,} of {self.total:,})" if self.total else self.stage


class Job:
    """The job whose files are in ``folder``: ``job.json`` (how it stands) and ``log.txt``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "job.json"

    @property
    def log(self) -> Path:
        """Everything the process printed."""
        return self.folder / "log.txt"

    def status(self) -> JobStatus:
        """How it stands now. A process that is gone without a word has failed, and so has one
        that gives no sign of life, which is ended."""
        found = self._read()
        if not found.is_running:
            return found
        process = self._process(found)
        if process is not None:
            return self._end_if_hung(found, process)
        # Either way: after the clock was set back, it began in the future.
        if not found.pid and abs(time.time() - found.began) < START_GRACE_SECONDS:
            return found
        found = self._read()  # it may have ended in good order since the first look
        if not found.is_running:
            return found
        return _failed(
            found,
            "Its process is gone: the machine was restarted, ran out of memory, or something "
            "ended it. Start it again.",
        )

    def start(self, kind: Kind, workspace: Workspace, **arguments: str) -> bool:
        """Do the work of ``kind`` in a process that outlives this one, with ``arguments``.

        False when it is running already. Raises InputError when it cannot be started.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        base = worker_environment(CPU) | {"JAX_PLATFORMS": "cpu"} if kind.on_cpu else os.environ
        # The folder is on the command line so that the job can tell its process from others.
        where = ["--data", str(workspace.root), "--folder", str(self.folder)]
        words = [f"{name}={value}" for name, value in arguments.items()]
        with FileLock(self.folder / "job.lock"):
            if self.status().is_running:
                return False
            self.write(JobStatus(state=JobState.RUNNING, stage="Starting", began=time.time()))
            try:
                start_detached(
                    [sys.executable, "-m", ENTRY, kind.name, *where, *words],
                    cwd=PROJECT_ROOT,
                    environment=with_our_modules(base),
                    log=self.log,
                )
            except OSError as error:
                reason = f"The process could not be started ({error})."
                self.write(JobStatus(state=JobState.FAILED, reason=reason))
                raise InputError(f"{reason} Is the machine out of memory?") from error
        return True

    def stop(self) -> None:
        """End it, if it is running. What it had finished and written stays."""
        with FileLock(self.folder / "job.lock"):
            found = self._read()
            until = time.monotonic() + STOP_PATIENCE_SECONDS
            # One that is just coming up cannot be ended before it has said which it is.
            while self.status().is_running and not found.pid and time.monotonic() < until:
                time.sleep(0.05)
                found = self._read()
            process = self._process(found)
            if not found.is_running or process is None:
                return
            self._kill(found, process)
            stopped = {"state": JobState.STOPPED, "reason": "Stopped at your request."}
            self.write(found.model_copy(update=stopped))

    def write(self, status: JobStatus) -> None:
        """Note how it stands. Raises OSError."""
        status.save(self._file)

    def _end_if_hung(self, found: JobStatus, process: psutil.Process) -> JobStatus:
        # One that an earlier version started has no heartbeat.
        if not found.heartbeat_at or not _silences.over(
            str(self.folder), found.heartbeat_at, process, HANG_SECONDS, self._could_write
        ):
            return found
        _silences.forget(str(self.folder))
        self._kill(found, process)
        found = _failed(
            found,
            f"It hung: it gave no sign of life for {HANG_SECONDS:.0f} seconds, so it was ended. "
            f"Its log in {self.folder} may say what it was doing. Start it again.",
        )
        self.write(found)
        return found

    def _kill(self, status: JobStatus, process: psutil.Process) -> None:
        end_worker(process, signal.SIGKILL)
        until = time.monotonic() + STOP_PATIENCE_SECONDS
        # Whoever asked may remove the folder next, and it must not write there any more.
        while self._process(status) is not None and time.monotonic() < until:
            time.sleep(0.02)

    def _could_write(self, at_work: bool) -> bool:
        """A full disk keeps a healthy job silent."""
        try:
            with tempfile.TemporaryFile(dir=self.folder) as file:
                file.write(b"heartbeat")
        except OSError:
            return False
        return True

    def _process(self, status: JobStatus) -> psutil.Process | None:
        if not status.pid:
            return None
        return living(status.pid, status.pid_started, named=str(self.folder))

    def _read(self) -> JobStatus:
        return JobStatus.load_if_readable(self._file) or JobStatus()


def _failed(status: JobStatus, reason: str) -> JobStatus:
    return status.model_copy(update={"state": JobState.FAILED, "reason": reason})


def stop_all(folder: Path) -> None:
    """End every job whose folder lies in ``folder``, before that is removed."""
    for file in list(folder.rglob("job.json")):
        Job(file.parent).stop()
