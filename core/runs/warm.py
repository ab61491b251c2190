"""The process that has the software loaded, as the dispatcher sees it: started, used, let go.

There is at most one a data folder, a child of its dispatcher. It is copied for each row that
begins, so a second run does without the seconds that loading TensorFlow takes; when nothing
follows for the set time, or memory gets short, it goes, and with it the dispatcher.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from core.runs.devices import CPU, worker_environment
from core.runs.places import log_line
from core.runs.processes import start_detached, with_our_modules
from core.runs.spare_memory import LEAST_BYTES, spare_memory
from core.runs.surroundings import surroundings
from core.runs.upkeep import DISPATCHER_LOG
from core.runs.warm_messages import STAY, Lines, Order, Report, as_line
from core.runs.warm_time import WarmNote, can_be_warm, warm_time
from core.text import count
from core.workspace import PROJECT_ROOT, Workspace

ENTRY = "core.runs.warm_process"
GROWN = 1.25  # times what it had when it was ready: then a new one takes its place
LOOK_SECONDS = 1.0  # between two looks at what costs a little: memory, setting, surroundings


class CopiedWorker:
    """A worker that is a copy of the warm process; ``poll`` as of ``subprocess.Popen``.

    ``pid``: None until it exists. ``is_orphan``: the process that made it is gone, and nobody can
    say any more how it ends.
    """

    def __init__(self) -> None:
        self.pid: int | None = None
        self.is_orphan = False
        self.code: int | None = None

    def poll(self) -> int | None:
        if self.is_orphan and (self.pid is None or not psutil.pid_exists(self.pid)):
            return 0
        return self.code


@dataclass
class _Process:
    """One warm process from its start to its end."""

    child: subprocess.Popen[bytes]
    line: socket.socket
    surroundings: str
    lines: Lines = field(default_factory=Lines)
    ready: Report | None = None
    workers: dict[str, CopiedWorker] = field(default_factory=dict)

    @property
    def is_gone(self) -> bool:
        return self.child.poll() is not None

    def send(self, message: bytes) -> bool:
        try:
            self.line.sendall(message)
        except OSError:
            return False
        return True

    def hear(self) -> list[Report]:
        """What it has said since the last time."""
        said: list[Report] = []
        while True:
            try:
                piece = self.line.recv(65536)
            except OSError:  # nothing more at the moment, or the line is broken
                return said
            if not piece:
                return said
            said += [Report.model_validate_json(one) for one in self.lines.take(piece)]


@dataclass
class Warmth:
    """The dispatcher's one warm process, or none. ``look`` is to be called in each of its steps."""

    workspace: Workspace
    _process: _Process | None = None
    _unfit: bool = False  # it could not be: workers are started one by one, as long as this lives
    _until: float = 0.0
    _looked: float = 0.0
    _wished: float = 0.0

    @property
    def is_there(self) -> bool:
        return self._process is not None

    @property
    def memory(self) -> int:
        """Bytes that the process had when it was ready; 0 while there is none."""
        return self._process.ready.memory if self._process and self._process.ready else 0

    def worker(
        self, job_id: str, slot: str, environment: dict[str, str], log: Path
    ) -> CopiedWorker | None:
        """Have a row's worker copied, as soon as the software is loaded; None when the row needs a
        process of its own kind, started as ever."""
        if not self._serves(environment):
            return None
        process = self._process
        assert process is not None
        order = Order(
            job_id=job_id, slot=slot, environment=environment, log=str(log), began=time.time()
        )
        if not process.send(as_line(order)):
            self._lose("it does not answer")
            return None
        process.workers[job_id] = worker = CopiedWorker()
        return worker

    def _serves(self, environment: dict[str, str]) -> bool:
        process = self._process
        if process is not None and process.surroundings != surroundings(os.environ):
            if process.workers:
                return False
            self.release("code or settings have changed")
        if self._process is None and not self._start():
            return False
        ready = self._process.ready if self._process else None
        # One that is still loading has not reached for GPUs on a machine without.
        sees_gpus = environment.get("CUDA_VISIBLE_DEVICES") != "-1"
        return not sees_gpus or (ready is not None and not ready.gpu)

    def look(self) -> None:
        """Hear what it has to say; start it where somebody will need it; let it go when it is no
        longer of use."""
        process = self._process
        if process is not None:
            for report in process.hear():
                self._take(process, report)
            if process.is_gone and self._process is process:
                self._lose(f"it ended with code {process.child.returncode}")
        if time.monotonic() - self._looked >= LOOK_SECONDS:
            self._looked = time.monotonic()
            self._hear_wishes()
            if why := self._why_it_goes():
                self.release(why)
        elif process is not None and not self.workspace.warm_note.exists():
            self._looked = 0.0  # the next look is at once

    def release(self, why: str) -> None:
        """Let it go at once. Workers that it has made go on."""
        process, self._process = self._process, None
        if process is None:
            return
        for worker in process.workers.values():
            worker.is_orphan = True
        process.line.close()
        process.child.kill()  # it may still be loading, and hears nothing then
        process.child.wait()
        self.workspace.warm_note.unlink(missing_ok=True)
        log_line(f"the software is not kept loaded any more: {why}")

    def _take(self, process: _Process, report: Report) -> None:
        if report.what == "ready":
            process.ready = report
            self._renew()
            # Without its note it shall go already. A full disk only keeps others from knowing.
            with suppress(OSError):
                if self.workspace.warm_note.exists():
                    self._note(process, loaded=True)
            log_line(f"software loaded by process {process.child.pid}: {_memory(report.memory)}")
        elif report.what == "unfit":
            self._lose(report.why)
        elif report.what == "began":
            process.workers[report.job_id].pid = report.pid
            log_line(f"{report.job_id} is process {report.pid}")
        else:
            worker = process.workers.pop(report.job_id)
            worker.code = report.code
            log_line(f"{report.job_id} took {_memory(report.peak)} of memory at most")
            self._renew()
            if process.ready and report.memory > GROWN * process.ready.memory:
                self._replace(report.memory)

    def _replace(self, memory: int) -> None:
        if self._process is None or self._process.workers:
            return  # the next one that ends finds it grown, too
        self.release(f"it has grown to {_memory(memory)}")
        self._start()

    def _hear_wishes(self) -> None:
        """Somebody looks at the page where runs are started."""
        try:
            touched = self.workspace.warm_wish.stat().st_mtime
        except OSError:
            return
        if touched == self._wished or abs(time.time() - touched) > self._seconds:
            return
        self._wished = touched
        if self._process is not None or self._start():
            self._renew()

    def _renew(self) -> None:
        self._until = time.monotonic() + self._seconds
        if self._process is not None:
            self._process.send(STAY)

    @property
    def _seconds(self) -> float:
        return 60 * warm_time(self.workspace).minutes

    def _why_it_goes(self) -> str:
        process = self._process
        if process is None or process.workers:
            return ""
        if not self.workspace.warm_note.exists():
            return "somebody asked for its place"
        if process.ready is not None and time.monotonic() >= self._until:
            return "nobody needed it"
        if not self._seconds:
            return "the setting says so"
        if spare_memory() < LEAST_BYTES:
            return "memory is short"
        if process.surroundings != surroundings(os.environ):
            return "code or settings have changed"
        return ""

    def _start(self) -> bool:
        """Whether there is one now."""
        if self._unfit or not can_be_warm() or not self._seconds:
            return False
        if spare_memory() < LEAST_BYTES:
            return False
        ours, its = socket.socketpair()
        data, seconds = str(self.workspace.root), str(self._seconds)
        try:
            with its:
                child = start_detached(
                    [sys.executable, "-m", ENTRY, "--data", data, "--seconds", seconds],
                    cwd=PROJECT_ROOT,
                    environment=worker_environment(CPU, with_our_modules(os.environ)),
                    log=self.workspace.root / DISPATCHER_LOG,
                    asked_by=its.fileno(),
                )
            ours.setblocking(False)
            self._process = _Process(child, ours, surroundings(os.environ))
            self._note(self._process, loaded=False)
        except OSError as error:
            self._unfit = True
            ours.close()
            log_line(f"the software cannot be kept loaded: {error}")
            return False
        return True

    def _note(self, process: _Process, *, loaded: bool) -> None:
        """Raises OSError."""
        note = WarmNote(pid=process.child.pid, surroundings=process.surroundings, loaded=loaded)
        note.save(self.workspace.warm_note)

    def _lose(self, why: str) -> None:
        """It cannot be, or is gone: from now on workers are started one by one."""
        self._unfit = True
        self.release(why)


def _memory(taken: int) -> str:
    return count(round(taken / 1e6), "MB", "MB")
