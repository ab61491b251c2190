"""How a worker is started: its command line, what it sees, and what its device is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from core.runs.devices import CPU, Device, describe, worker_environment
from core.runs.kinds import Kind, Seat
from core.store import JobRow, Store

ENTRY = "core.runs.worker"

# The row, and the slot that it got: a device, or CPU for what waits for none.
WorkerCommand = Callable[[JobRow, str], list[str]]


def worker_command(store: Store) -> WorkerCommand:
    """The command line that starts a real worker."""

    def command(job: JobRow, slot: str) -> list[str]:
        data = str(store.workspace.root)
        # The name of its row is on it, so that the process is known again.
        return [sys.executable, "-m", ENTRY, "--data", data, "--slot", slot, job.job_id]

    return command


def environment_of(kind: Kind, slot: str) -> Mapping[str, str]:
    """A worker sees its own device, or no GPU, or what this process sees."""
    if kind.seat is Seat.DEVICE:
        return worker_environment(slot)
    return worker_environment(CPU) | {"JAX_PLATFORMS": CPU} if kind.on_cpu else os.environ


def device_words(job: JobRow, slot: str, devices: Sequence[Device]) -> str:
    """``Run.device`` of a training that got this slot."""
    if slot == CPU and job.wanted_device.startswith("gpu:"):
        return f"CPU (there is no {job.wanted_device.replace('gpu:', 'GPU ')} here)"
    return describe(slot, devices)
