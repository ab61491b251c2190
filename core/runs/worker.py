"""The process of one row of the queue: ``python -m core.runs.worker --data DIR JOB_ID``.

Started by the dispatcher with its output going to the work's log. However it ends, it says so in
the store itself, unless it is killed; then the dispatcher does. What is to be done, the module of
its kind knows: it is loaded when the row is this process's own.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psutil

from core.errors import Cancelled, StoreError, ThoraxLensError
from core.runs.devices import CPU
from core.runs.files import job_folder
from core.runs.kinds import KINDS, Kind
from core.runs.liveness import DISK_FULL, STOPPED
from core.runs.reporter import Reporter, Superseded
from core.store import ACTIVE, JobEnd, JobRow, RunChange, RunState, Store, open_store
from core.workspace import Workspace, open_workspace

PATIENCE_SECONDS = 10  # for a store that takes no last word

# Almost when this process began: the system's own start times can be a second off.
BEGAN = time.time()

log = logging.getLogger("thoraxlens")


@dataclass(frozen=True)
class Task:
    """What ``work`` is given. ``job_id``: the name of its row, of a training its run's id.
    ``folder``: where its files lie. ``arguments``: what was asked for. ``slot``: ``cpu`` or
    ``gpu:N``, for what has a device of its own. ``began``: when this worker did, seconds since
    1970."""

    store: Store
    job_id: str
    folder: Path
    arguments: Mapping[str, str]
    slot: str = CPU
    began: float = BEGAN

    @property
    def workspace(self) -> Workspace:
        return self.store.workspace


def main(arguments: Sequence[str] | None = None, began: float = BEGAN) -> int:
    """One piece of work from its first word to its last; returns the exit code. ``began``: when
    this worker did, seconds since 1970."""
    parser = argparse.ArgumentParser(prog="core.runs.worker", description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder")
    parser.add_argument("--slot", default=CPU, help="cpu or gpu:N, as the dispatcher decided")
    parser.add_argument("job_id", help="the name of its row in the queue")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.WARNING,
        format="%(asctime)s  %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    log.setLevel(logging.INFO)
    store = open_store(open_workspace(options.data))
    job = claim(store, options.job_id)
    if job is None:
        log.info("this is not waiting for a process; nothing done")
        return 0
    kind = KINDS[job.kind]
    stand_back(kind.niceness)
    return carry_out(store, job, kind, options.slot, began)


def stand_back(niceness: int) -> None:
    """Let other processes go first, as far as ``os.nice`` says; nothing where there is no such
    thing, as on Windows."""
    if not niceness or not hasattr(os, "nice"):
        return
    os.nice(niceness)
    # Many a Linux shares the processor out among sessions first, and a process that has one to
    # itself stands back behind nobody: then its session must (man 7 sched, autogroup).
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(niceness), encoding="ascii")


def claim(store: Store, job_id: str) -> JobRow | None:
    """Write this process's id and start time into the row, if it waits for a process; None when
    it does not."""
    job = store.queue.find(job_id)
    if job is None or job.state != RunState.PREPARING or job.pid not in (None, os.getpid()):
        return None
    if not store.queue.transition(
        job_id,
        # A training tells itself how far it is.
        RunState.PREPARING if job.is_training else RunState.WORKING,
        only_from=[RunState.PREPARING],
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
    ):
        return None
    return store.queue.find(job_id)


def carry_out(store: Store, job: JobRow, kind: Kind, slot: str = CPU, began: float = BEGAN) -> int:
    """Do the work of a row that is this process's own; returns the exit code."""
    task = Task(store, job.job_id, job_folder(store.workspace, job), job.arguments, slot, began)
    with Reporter(store, job.job_id) as reporter:
        end = _end_of(task, kind, reporter)
    if end is None:
        return 0
    state, change = end
    if state is not RunState.DONE:
        log.info("%s: %s", state, change["reason"])
    return _last_word(store, job.job_id, state, change)


def _end_of(task: Task, kind: Kind, reporter: Reporter) -> tuple[RunState, RunChange] | None:
    """Do the work; returns the state and what belongs to it, None when that is settled already."""
    try:
        importlib.import_module(kind.module).work(task, reporter)
    except Superseded as error:
        log.info("%s", error)
        return None
    except Cancelled:
        return RunState.CANCELLED, {"reason": STOPPED}
    except ThoraxLensError as error:
        change: RunChange = {"reason": str(error)}
        if not kind.keeps_what_it_had:  # a training's own result stays what it was
            change["result"] = JobEnd(exit_code=error.exit_code)
        return RunState.FAILED, change
    except Exception as error:  # noqa: BLE001 - the border of this process: nobody above can say it
        log.error("%s", traceback.format_exc())
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        return RunState.FAILED, {
            "reason": f"It broke off ({what}). Its log in {task.folder} has more."
        }
    return RunState.DONE, {"reason": ""}


def _last_word(store: Store, job_id: str, state: RunState, change: RunChange) -> int:
    """Write down how it ended; returns the exit code. On a full disk the code has to say it: the
    dispatcher writes it down once there is room."""
    until = time.monotonic() + PATIENCE_SECONDS
    change["finished_at"] = time.time()
    while True:
        try:
            store.queue.transition(job_id, state, only_from=ACTIVE, **change)
        except StoreError as error:
            log.error("%s", error)
            if time.monotonic() > until:
                return DISK_FULL
            time.sleep(1)
        else:
            return 0


def leave(code: int) -> NoReturn:
    """At once: a backend that is torn down may crash or hang after all is written."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
