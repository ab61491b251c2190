"""What each process on a data folder holds while something runs, and how all of them are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from core.workspace import PROJECT_ROOT

LOOKS = 0.5  # seconds from look to look
KINDS = {  # part of a command line → what the process is called
    "core.images.decoder": "decoder",
    "core.runs.worker": "worker",
    "core.runs.warm_process": "worker",  # whose copies work
    "core.runs.dispatcher": "dispatcher",
    "core.prediction": "prediction",
    "streamlit": "server",
    "-m core ": "command",
}


@dataclass
class Held:
    """Bytes of its own (without files that are mapped, which the system takes back when it needs
    the room) that the largest process of a kind held: the most, and at the last look."""

    peak: int = 0
    end: int = 0


@dataclass
class Cost:
    """``seconds`` in all; ``killed``: after how many seconds everything was killed, 0 for never,
    and ``rest``: what the second attempt took. ``answer``: the last line of stdout, parsed."""

    seconds: float = 0.0
    killed: float = 0.0
    rest: float = 0.0
    held: dict[str, Held] = field(default_factory=dict)
    answer: Any = None

    def look(self, processes: Iterable[psutil.Process]) -> None:
        """Note what they hold now."""
        largest: dict[str, int] = {}
        for process in processes:
            with suppress(psutil.Error, OSError):
                kind, memory = kind_of(process), process.memory_info()
                own = memory.rss - getattr(memory, "shared", 0)
                largest[kind] = max(largest.get(kind, 0), own)
        for kind, own in largest.items():
            held = self.held.setdefault(kind, Held())
            held.peak, held.end = max(held.peak, own), own


def kind_of(process: psutil.Process) -> str:
    line = f"{' '.join(process.cmdline())} "
    return next((kind for part, kind in KINDS.items() if part in line), "other")


def processes_on(data: Path) -> Iterator[psutil.Process]:
    """Those that were given the data folder, and what they started; not this one."""
    seen: set[int] = {os.getpid()}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if str(data) not in process.cmdline() or process.pid in seen:
                continue
            for one in (process, *process.children(recursive=True)):
                if one.pid not in seen:
                    seen.add(one.pid)
                    yield one


def kill_all(data: Path) -> None:
    """As a power cut does it: none can clean up. Returns when all are gone."""
    until = time.monotonic() + 30
    while there := list(processes_on(data)):
        for one in there:
            with suppress(psutil.Error):
                one.send_signal(signal.SIGKILL)
        if time.monotonic() > until:
            raise RuntimeError(f"{there[0]} cannot be killed")
        psutil.wait_procs(there, timeout=5)


def run_command(data: Path, *arguments: str, kill_after: float = 0.0) -> Cost:
    """``python -m core --json --data DATA arguments``, until nothing works on the data folder any
    more; or killed with all that it started after so many seconds. Raises RuntimeError with its
    output when it fails."""
    cost, began = Cost(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:  # a pipe would be full before all is told
        process = subprocess.Popen(
            [sys.executable, "-m", "core", "--json", "--data", str(data), *arguments],
            cwd=PROJECT_ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None:
            cost.look(processes_on(data))
            if kill_after and time.perf_counter() - began >= kill_after:
                kill_all(data)
                process.wait()
                cost.killed = time.perf_counter() - began
                break
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOKS)
        cost.seconds = time.perf_counter() - began
        output.seek(0)
        told = output.read().strip()
    if cost.killed:
        return cost
    if process.returncode != 0:
        asked = " ".join(arguments)
        raise RuntimeError(f"{asked} ended with {process.returncode}: {told[-500:]}")
    kill_all(data)  # a dispatcher looks around for a second before it goes
    cost.answer = json.loads(told.splitlines()[-1])
    return cost


def together(first: Cost, second: Cost) -> Cost:
    """A command that was killed, and the one that went on: ``first`` is what was killed."""
    held = dict(second.held)
    for kind, one in first.held.items():
        there = held.setdefault(kind, Held())
        there.peak = max(there.peak, one.peak)
    return Cost(first.seconds + second.seconds, first.killed, second.seconds, held, second.answer)
