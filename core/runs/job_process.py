"""The process of a job: ``python -m core.runs.job_process KIND --data DIR --folder DIR …``.

It waits for its turn before it loads what the work takes: ten that wait are ten small processes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import ThoraxLensError
from core.runs.jobs import Job, JobState, JobStatus
from core.runs.kinds import KINDS
from core.runs.processes import start_time
from core.runs.turns import Turns
from core.workspace import Workspace, open_workspace

WRITE_SECONDS = 0.2  # the most often that progress is written
BEAT_SECONDS = 2.0

Tell = Callable[[str], object]  # takes a sentence to show


@dataclass(frozen=True)
class Task:
    """What a job's ``work`` is given: the data folder, the job's own folder, and what was asked
    for when it was started."""

    workspace: Workspace
    folder: Path
    arguments: Mapping[str, str]


class JobReporter:
    """What the process of a job tells of itself. Safe from any thread."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._status = JobStatus(
            state=JobState.RUNNING,
            stage="Starting",
            began=time.time(),
            pid=os.getpid(),
            pid_started=start_time(os.getpid()) or 0.0,
        )
        self._written = 0.0
        self._say(force=True)

    def stage(self, stage: str, total: int = 0) -> None:
        """Begin a stage of ``total`` units, 0 when it has no count. ``stage`` is shown."""
        self._say(force=True, stage=stage, done=0, total=total)

    def update(self, done: int) -> None:
        """So many units of the stage are done. Costs little: call it as often as you like."""
        self._say(done=done)

    def end(self, state: JobState, reason: str = "") -> None:
        """The last word."""
        self._say(force=True, state=state, reason=reason, ended=time.time())

    def beat(self) -> None:
        """Say that the process lives; on a full disk it cannot."""
        with suppress(OSError):
            self._say(force=True)

    def _say(self, *, force: bool = False, **changed: object) -> None:
        with self._lock:
            self._status = self._status.model_copy(update=changed)
            if force or time.monotonic() - self._written >= WRITE_SECONDS:
                self._job.write(self._status.model_copy(update={"heartbeat_at": time.time()}))
                self._written = time.monotonic()


@contextmanager
def reporting(
    folder: Path, turn: Callable[[Tell], AbstractContextManager[None]] | None = None
) -> Iterator[JobReporter]:
    """Around the whole work of a job's process; tells that it lives and how it ended. With
    ``turn`` (``Turns.turn`` of its kind), the work begins when it is this job's turn; until then
    the job tells how many are before it.

    An error with a sentence for the user becomes the job's reason. Any other is printed
    into the log as well, and the process ends with 1 instead of a second traceback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reporter = JobReporter(Job(folder))
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(reporter, ended), name="beat", daemon=True)
    beating.start()

    def last_word(state: JobState, reason: str = "") -> None:
        ended.set()
        beating.join()  # or it would say once more that the job is running
        reporter.end(state, reason)

    try:
        with turn(reporter.stage) if turn else nullcontext():
            yield reporter
    except ThoraxLensError as error:
        last_word(JobState.FAILED, str(error))
        raise SystemExit(1) from error
    except Exception as error:
        traceback.print_exc()
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        last_word(JobState.FAILED, f"It broke off ({what}). Its log in {folder} has more.")
        raise SystemExit(1) from error
    finally:
        ended.set()
    last_word(JobState.DONE)


def _beat(reporter: JobReporter, ended: threading.Event) -> None:
    while not ended.wait(BEAT_SECONDS):
        reporter.beat()


def main(arguments: Sequence[str] | None = None) -> None:
    """One job from its first word to its last."""
    parser = argparse.ArgumentParser(prog="core.runs.job_process")
    parser.add_argument("kind", choices=list(KINDS), help="what is to be done")
    parser.add_argument("--data", required=True, help="the workspace's folder")
    parser.add_argument("--folder", required=True, type=Path, help="where to tell how far it is")
    parser.add_argument("more", nargs="*", metavar="NAME=VALUE", help="what the work takes")
    options = parser.parse_intermixed_args(arguments)
    kind = KINDS[options.kind]
    if kind.niceness and hasattr(os, "nice"):
        os.nice(kind.niceness)
    workspace = open_workspace(options.data)
    turns = Turns(workspace.turns)
    turn = (lambda tell: turns.turn(kind, tell, options.folder)) if kind.limit else None
    with reporting(options.folder, turn) as tell:
        more = dict(one.split("=", 1) for one in options.more)
        importlib.import_module(kind.module).work(Task(workspace, options.folder, more), tell)


if __name__ == "__main__":
    main()
