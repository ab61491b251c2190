"""Workers that only pretend, for tests of the queue."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from core.runs.devices import Device
from core.runs.dispatcher import Dispatcher
from core.runs.local_processes import LocalProcesses
from core.store import JobRow, Run, Store

CPU_ONLY = (Device("cpu", "Processor"),)
SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"


def eventually(what: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until ``what()`` is true; fails when it is not in time."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.02)


def begun(pid: int | None) -> psutil.Process:
    """The process, once it shows its command line and its environment.

    Linux shows neither for a moment after the program was started.
    """
    assert pid is not None
    process = psutil.Process(pid)
    eventually(lambda: process.cmdline() and process.environ())
    return process


@dataclass
class Pretended:
    """Dispatchers whose workers run a line of Python each instead of a training."""

    store: Store
    line: str = SLEEP
    devices: tuple[Device, ...] = CPU_ONLY
    started: list[str] = field(default_factory=list)
    made: list[Dispatcher] = field(default_factory=list)

    def dispatcher(self) -> Dispatcher:
        def command(job: JobRow, slot: str) -> list[str]:
            self.started.append(job.job_id)
            return [sys.executable, "-S", "-c", self.line, job.job_id]

        here = LocalProcesses(self.store, command, self.devices)
        self.made.append(Dispatcher(self.store, here))
        return self.made[-1]

    def step_until(self, dispatcher: Dispatcher, run: Run, *states: str) -> Run:
        """Let the dispatcher work until the run is in one of the states."""

        def there() -> bool:
            dispatcher.step()
            return self.store.runs.get(run.run_id).state in states

        eventually(there)
        return self.store.runs.get(run.run_id)

    def clean_up(self) -> None:
        for dispatcher in self.made:
            for child in dispatcher.here.children.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.process.pid, signal.SIGKILL)
                assert isinstance(child.process, subprocess.Popen)
                child.process.wait(timeout=60)
