"""A process that has the software loaded: ``python -m core.runs.warm_process --data DIR``.

It computes nothing and opens no store. For each row of the queue it makes a copy of itself, and the
copy is that row's worker (``core.runs.worker``), in a session of its own like any other. So a run
begins with TensorFlow loaded and is otherwise as alone as in a fresh process: what it changes,
leaks or breaks ends with it, and never reaches the next.

Its standard input is the line to the dispatcher (``warm_messages``). It goes when that is closed,
and by itself when it has heard nothing for too long. Workers go on when it goes.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path

import psutil

from core.runs import worker
from core.runs.kinds import KINDS
from core.runs.warm_messages import Lines, Order, Report, as_line
from core.runs.warm_time import BACKEND

GRACE_SECONDS = 30.0  # beyond the time that the dispatcher keeps
GPU_DRIVER = "libcuda.so"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="core.runs.warm_process", description=__doc__)
    parser.add_argument("--data", required=True, help="the data folder whose queue it works for")
    parser.add_argument("--seconds", type=float, required=True, help="how long it waits for work")
    options = parser.parse_args(arguments)
    line = socket.socket(fileno=os.dup(0))
    _standard_input_is_empty()
    warm = _Warm(line, options.data, options.seconds + GRACE_SECONDS)
    try:
        why = load()
        # What is here now is never looked at again: faster, and the copies share its memory.
        gc.collect()
        gc.freeze()
        if why:
            warm.tell(Report(what="unfit", why=why))
        else:
            warm.tell(Report(what="ready", memory=_memory(), gpu=_reached_for_gpus()))
            warm.serve()
    except ConnectionError:  # the dispatcher is gone
        pass
    return 0


def load() -> str:
    """Load what the work of each kind loads late; returns why copies of this cannot work, empty
    when they can."""
    for kind in KINDS.values():
        module = importlib.import_module(kind.module)
        for name in getattr(module, "LOADS", ()):
            importlib.import_module(name)
    chosen = sys.modules["keras"].backend.backend()
    return "" if chosen == BACKEND else f"the backend is {chosen}"


class _Warm:
    """The process between its first word and its last."""

    def __init__(self, line: socket.socket, data: str, patience: float) -> None:
        self._line, self._data, self._patience = line, data, patience
        self._lines = Lines()
        self._workers: dict[int, str] = {}
        self._bell, self._rung = socket.socketpair()

    def tell(self, report: Report) -> None:
        self._line.sendall(as_line(report))

    def serve(self) -> None:
        """Until the dispatcher closes the line, or says nothing for too long."""
        self._bell.setblocking(False)
        self._rung.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # or nothing would wake us
        signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._line, selectors.EVENT_READ)
            selector.register(self._rung, selectors.EVENT_READ)
            heard = time.monotonic()
            while self._workers or time.monotonic() - heard < self._patience:
                ready = [
                    key.fileobj for key, _ in selector.select(max(min(self._patience, 60.0), 0.1))
                ]
                if self._rung in ready:
                    self._rung.recv(4096)
                self._collect()
                if self._line in ready:
                    heard = time.monotonic()
                    piece = self._line.recv(65536)
                    if not piece:
                        return
                    for one in self._lines.take(piece):
                        self._start(Order.model_validate_json(one))

    def _start(self, order: Order) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            # Python warns of threads in a process that is copied. Those here are idle ones of
            # libraries that know of fork: nothing has been computed yet.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            self._become_worker(order)
        self._workers[pid] = order.job_id
        self.tell(Report(what="began", job_id=order.job_id, pid=pid))

    def _become_worker(self, order: Order) -> None:
        """In the copy; never returns."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            for one in (self._line, self._bell, self._rung):
                one.close()
            _print_to(Path(order.log))
            os.environ.clear()
            os.environ.update(order.environment)
            # Python's own random numbers begin anew in a copy, NumPy's do not.
            sys.modules["numpy"].random.seed()
            words = ["--data", self._data, "--slot", order.slot, order.job_id]
            code = worker.main(words, began=order.began)
        except BaseException:  # noqa: BLE001 - a copy must never go on as the process it was made from
            traceback.print_exc()
        finally:
            worker.leave(code)

    def _collect(self) -> None:
        while self._workers:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                return
            self.tell(
                Report(
                    what="ended",
                    job_id=self._workers.pop(pid),
                    pid=pid,
                    code=os.waitstatus_to_exitcode(status),
                    peak=1024 * usage.ru_maxrss,  # which Linux tells in KiB
                    memory=_memory(),
                )
            )


def _standard_input_is_empty() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _print_to(log: Path) -> None:
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)


def _memory() -> int:
    return int(psutil.Process().memory_info().rss)


def _reached_for_gpus() -> bool:
    """Whether the driver of NVIDIA's GPUs is in this process: it does not survive a fork."""
    try:
        return GPU_DRIVER in Path("/proc/self/maps").read_text()
    except OSError:
        return True  # not known: then copies keep to the processor


if __name__ == "__main__":
    worker.leave(main())
