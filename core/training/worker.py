"""What the process of a training does [K]: it chooses a device, then loads a backend and trains."""

from __future__ import annotations

import errno
import logging
import os
import subprocess
import sys
import traceback

from core.errors import ThoraxLensError, TrainingError
from core.runs.devices import CPU, worker_environment
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.store import Run, RunState, Store
from core.workspace import PROJECT_ROOT

GPU_CHECK_SECONDS = 180  # a GPU newer than the backend compiles its kernels on first use

# What ``work`` loads late, and what that loads late in its turn.
LOADS = (
    "core.training.backend",
    "core.training.trainer",
    "pyarrow.pandas_compat",
    "rich.progress",
    "sklearn.metrics",
)

log = logging.getLogger("thoraxlens.training")


def work(task: Task, reporter: Reporter) -> None:
    """Train the run ``task.job_id``, or go on from its checkpoint, up to the state ``done``.

    Raises Cancelled when a stop was asked for, ThoraxLensError with a sentence for its owner.
    """
    store, slot = task.store, task.slot
    run = store.runs.get(task.job_id)
    reporter.stage("starting")
    try:
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

        train(store, run, reporter, task.began)
    except ThoraxLensError:
        raise
    except Exception as error:
        log.error("%s", traceback.format_exc())
        raise TrainingError(_plain(error)) from error


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
