"""The process of one run [K]: ``python -m core.training.worker --data DIR --slot SLOT RUN_ID``.

Started by the dispatcher with its output going to the run's log. However it ends, it says
so in the store itself, unless it is killed; then the dispatcher does.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from typing import Any

import psutil

from core.errors import Cancelled, NotFoundError, StoreError, ThoraxLensError
from core.runs.devices import CPU, worker_environment
from core.runs.liveness import DISK_FULL, STOPPED
from core.runs.reporter import Reporter, Superseded
from core.store import ACTIVE, Run, RunState, Store, open_store
from core.workspace import PROJECT_ROOT, open_workspace

PATIENCE_SECONDS = 10  # for a store that takes no last word
NICENESS = 5  # pages stay quick while a training takes all it can get
GPU_CHECK_SECONDS = 180  # a GPU newer than the backend compiles its kernels on first use

# Almost when this process began: the system's own start times can be a second off.
BEGAN = time.time()

log = logging.getLogger("thoraxlens.training")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder")
    parser.add_argument("--slot", default=CPU, help="cpu or gpu:N, as the dispatcher decided")
    parser.add_argument("run_id")
    options = parser.parse_args(arguments)
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.WARNING,
        format="%(asctime)s  %(message)s",
        datefmt="%Y-%m-%d %H:%M:%S",
    )
    log.setLevel(logging.INFO)
    store = open_store(open_workspace(options.data))
    run = _claim(store, options.run_id)
    if run is None:
        log.info("this run is not waiting for a process; nothing done")
        return 0
    _be_nice()
    with Reporter(store, run.run_id) as reporter:
        end = _carry_out(store, run, options.slot, reporter)
    if end is not None:
        state, reason = end
        log.info("%s: %s", state, reason)
        return _last_word(store, run.run_id, state, reason)
    return 0


def _last_word(store: Store, run_id: str, state: RunState, reason: str) -> int:
    """Write down how the run ended; returns the exit code. On a full disk the code has to say
    it: the dispatcher writes it down once there is room."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            store.runs.transition(
                run_id, state, only_from=ACTIVE, reason=reason, finished_at=time.time()
            )
        except StoreError as error:
            log.error("%s", error)
            if time.monotonic() > until:
                return DISK_FULL
            time.sleep(1)
        else:
            return 0


def _claim(store: Store, run_id: str) -> Run | None:
    """Write this process's id and start time into the run, if it waits for one."""
    try:
        run = store.runs.get(run_id)
    except NotFoundError:
        return None
    if run.state != RunState.PREPARING or run.pid not in (None, os.getpid()):
        return None
    if not store.runs.transition(
        run_id,
        RunState.PREPARING,
        only_from=[RunState.PREPARING],
        pid=os.getpid(),
        pid_started=psutil.Process().create_time(),
    ):
        return None
    return store.runs.get(run_id)


def _carry_out(
    store: Store, run: Run, slot: str, reporter: Reporter
) -> tuple[RunState, str] | None:
    """Train; returns the state and reason to end with, None when that is settled already."""
    try:
        reporter.stage("starting")
        store.datasets.get(run.spec.dataset)  # before seconds are spent on loading software
        if slot != CPU:
            slot = _checked_slot(store, run, slot)
        log.info("run %s on %s", run.run_id, store.runs.get(run.run_id).device)
        os.environ.update(_visible(slot))
        from core.training.backend import (
            load_only_the_chosen,  # only now: the backend looks for GPUs
        )

        load_only_the_chosen()
        from core.training.trainer import train

        train(store, run, reporter, BEGAN)
    except Superseded as error:
        log.info("%s", error)
        return None
    except Cancelled:
        return RunState.CANCELLED, STOPPED
    except ThoraxLensError as error:
        return RunState.FAILED, str(error)
    except Exception as error:  # noqa: BLE001 - the border of this process: nobody above can say it
        log.error("%s", traceback.format_exc())
        return RunState.FAILED, _plain(error)
    return None


def _checked_slot(store: Store, run: Run, slot: str) -> str:
    """The slot itself when its GPU works, else the CPU; says so in the run and the log."""
    reason = _gpu_fault()
    if not reason:
        return slot
    name = slot.replace("gpu:", "GPU ")
    device = f"CPU ({name} did not answer: {reason})"
    log.warning("%s did not answer (%s); this run trains on the CPU, more slowly", name, reason)
    store.runs.transition(
        run.run_id, RunState.PREPARING, only_from=[RunState.PREPARING], device=device
    )
    return CPU


def _gpu_fault() -> str:
    """Why the GPU of this process cannot be used; empty when it can. Asked in a process of
    its own, which sees the same GPU and may die of it."""
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "core.training.gpu_check"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=GPU_CHECK_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {GPU_CHECK_SECONDS} seconds"
    if answer.returncode == 0:
        return ""
    said = answer.stdout.strip().splitlines()
    return said[-1] if said else f"the check ended with code {answer.returncode}"


def _visible(slot: str) -> dict[str, str]:
    return {
        key: value
        for key, value in worker_environment(slot).items()
        if key.startswith(("CUDA_", "TF_", "XLA_"))
    }


def _be_nice() -> None:
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _plain(error: BaseException) -> str:
    """A sentence for an error that nobody foresaw, and for the few that always come."""
    kind = type(error).__name__
    if isinstance(error, MemoryError) or kind in ("ResourceExhaustedError", "OutOfMemoryError"):
        return (
            "There was not enough memory. Choose a smaller batch size or image size, or "
            "close other programs, and start a new run."
        )
    # HDF5 and TensorFlow put the system's words into errors of their own, without its number.
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or os.strerror(errno.ENOSPC) in str(error):
        return "The disk is full. Free some space and resume this run."
    return (
        f"The training broke off with an error that ThoraxLens did not foresee ({kind}). "
        "The run's log has the details; Resume tries again from the last epoch."
    )


def _end(code: Any) -> None:
    """Leave at once: a backend that is torn down may crash or hang after all is written."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _end(main())
