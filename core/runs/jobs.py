"""Work that outlives a page: one detached process a job, watched through its folder.

Training has a queue of its own (``launcher``, ``dispatcher``). What is wanted once, takes a
minute or two and belongs to one run or one data set is a job: an audit, an external test. Each
loads a network of its own, so they take turns (``core/runs/turns.py``).
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import psutil
from filelock import FileLock

from core.errors import InputError, ThoraxLensError
from core.files import written_whole
from core.runs.processes import end_worker, living, start_detached, start_time, with_our_modules
from core.runs.turns import Turns
from core.workspace import PROJECT_ROOT

JobState = Literal["none", "running", "done", "failed", "stopped"]

# A process that was started but has not yet said so, on a busy machine.
START_GRACE_SECONDS = 30.0
STOP_PATIENCE_SECONDS = 5.0
WRITE_SECONDS = 0.2  # the most often that progress is written


@dataclass(frozen=True)
class JobStatus:
    """How a job stands. ``stage``: what it does now, in words to show; ``done`` of ``total``
    units of it (0 when it has no count). ``reason``: why it failed, a sentence to show.
    ``began``, ``ended``: seconds since 1970, 0 while unknown."""

    state: JobState = "none"
    stage: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""
    began: float = 0.0
    ended: float = 0.0
    pid: int = 0
    pid_started: float = 0.0

    @property
    def _makes_sense(self) -> bool:
        """A damaged file must not be taken for a job."""
        numbers = (self.done, self.total, self.began, self.ended, self.pid_started)
        return (
            self.state in get_args(JobState)
            and all(isinstance(one, str) for one in (self.stage, self.reason))
            and all(isinstance(one, int | float) and -1e15 < one < 1e15 for one in numbers)
            and type(self.pid) is int
            and 0 <= self.pid < 2**31
        )


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
        """How it stands now. A process that is gone without a word has failed."""
        found = self._read()
        if found.state != "running" or self._process(found) is not None:
            return found
        # Either way: after the clock was set back, it began in the future.
        if not found.pid and abs(time.time() - found.began) < START_GRACE_SECONDS:
            return found
        found = self._read()  # it may have ended in good order since the first look
        if found.state != "running":
            return found
        return replace(
            found,
            state="failed",
            reason="Its process is gone: the machine was restarted, ran out of memory, or "
            "something ended it. Start it again.",
        )

    def start(self, module: str, arguments: Sequence[str]) -> bool:
        """Run ``python -m module arguments…`` in a process that outlives this one.

        False when it is running already. The module must do its work within ``reporting``
        on the same folder. Raises InputError when the process cannot be started.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "job.lock"):
            if self.status().state == "running":
                return False
            self._write(JobStatus("running", "Starting", began=time.time()))
            try:
                start_detached(
                    [sys.executable, "-m", module, *arguments],
                    cwd=PROJECT_ROOT,
                    environment=with_our_modules(os.environ),
                    log=self.log,
                )
            except OSError as error:
                reason = f"The process could not be started ({error})."
                self._write(JobStatus("failed", reason=reason))
                raise InputError(f"{reason} Is the machine out of memory?") from error
        return True

    def stop(self) -> None:
        """End it, if it is running. What it had finished and written stays."""
        with FileLock(self.folder / "job.lock"):
            found = self._read()
            until = time.monotonic() + STOP_PATIENCE_SECONDS
            # One that is just coming up cannot be ended before it has said which it is.
            while self.status().state == "running" and not found.pid and time.monotonic() < until:
                time.sleep(0.05)
                found = self._read()
            process = self._process(found)
            if found.state != "running" or process is None:
                return
            end_worker(process, signal.SIGKILL)
            until = time.monotonic() + STOP_PATIENCE_SECONDS
            # Whoever asked may remove the folder next, and it must not write there any more.
            while self._process(found) is not None and time.monotonic() < until:
                time.sleep(0.02)
            self._write(replace(found, state="stopped", reason="Stopped at your request."))

    def _process(self, status: JobStatus) -> psutil.Process | None:
        if not status.pid:
            return None
        return living(status.pid, status.pid_started, named=str(self.folder))

    def _read(self) -> JobStatus:
        try:
            found = JobStatus(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return JobStatus()
        return found if found._makes_sense else JobStatus()

    def _write(self, status: JobStatus) -> None:
        with written_whole(self._file) as temporary:
            temporary.write_text(json.dumps(asdict(status)), encoding="utf-8")


def stop_all(folder: Path) -> None:
    """End every job whose folder lies in ``folder``, before that is removed."""
    for file in list(folder.rglob("job.json")):
        Job(file.parent).stop()


class JobReporter:
    """What the process of a job tells of itself. Not for several threads at once."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._status = JobStatus(
            "running",
            "Starting",
            began=time.time(),
            pid=os.getpid(),
            pid_started=start_time(os.getpid()) or 0.0,
        )
        self._written = 0.0
        self._say(force=True)

    def stage(self, stage: str, total: int = 0) -> None:
        """Begin a stage of ``total`` units, 0 when it has no count. ``stage`` is shown."""
        self._status = replace(self._status, stage=stage, done=0, total=total)
        self._say(force=True)

    def update(self, done: int) -> None:
        """So many units of the stage are done. Costs little: call it as often as you like."""
        self._status = replace(self._status, done=done)
        self._say()

    def end(self, state: JobState, reason: str = "") -> None:
        """The last word."""
        self._status = replace(self._status, state=state, reason=reason, ended=time.time())
        self._say(force=True)

    def _say(self, force: bool = False) -> None:
        if force or time.monotonic() - self._written >= WRITE_SECONDS:
            self._job._write(self._status)
            self._written = time.monotonic()


@contextmanager
def reporting(folder: Path, turns: Turns | None = None) -> Iterator[JobReporter]:
    """Around the whole work of a job's process; tells how it ended. With ``turns``, the work
    begins when it is this job's turn; until then the job tells how many are before it.

    An error with a sentence for the user becomes the job's reason. Any other is printed
    into the log as well, and the process ends with 1 instead of a second traceback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reporter = JobReporter(Job(folder))
    try:
        with turns.turn(reporter.stage) if turns else nullcontext():
            yield reporter
    except ThoraxLensError as error:
        reporter.end("failed", str(error))
        raise SystemExit(1) from error
    except Exception as error:
        traceback.print_exc()
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        reporter.end("failed", f"It broke off ({what}). Its log in {folder} has more.")
        raise SystemExit(1) from error
    reporter.end("done")
