"""The prediction worker as seen from outside: a process, and who asked it what."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.prediction.messages import Answer, AnyRequest, answer_in, line_of
from core.workspace import PROJECT_ROOT, Workspace

# (seconds between two looks, longest silence in seconds) → answers, None when there is none yet
ReadAnswers = Callable[[float, float], Iterator[Answer | None]]


class Lost(Exception):
    """The worker cannot be talked to any more; the message goes on from “The process …”."""


class WorkerProcess:
    """One worker process with a thread that hands its answers to those who asked."""

    def __init__(self, workspace: Workspace, log: Path) -> None:
        environment = {
            **os.environ,
            "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2"),
            # The GPU belongs to training runs: TensorFlow and JAX would take all its memory.
            "CUDA_VISIBLE_DEVICES": "-1",
            "JAX_PLATFORMS": "cpu",
        }
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "core.prediction.worker", "--data", str(workspace.root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=PROJECT_ROOT,
                env=environment,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C in a terminal is for us; closed stdin ends it
            )
        self._sending = threading.Lock()
        self._ending = threading.Lock()
        self._heard = time.monotonic()
        self._over = False
        self._garbled = False  # it said something that is no answer
        self._askers: dict[int, queue.SimpleQueue[Answer | None]] = {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    @contextmanager
    def asked(self, request: AnyRequest) -> Iterator[ReadAnswers]:
        """Send a request; within the block its answers can be had. Raises Lost, there too."""
        mine: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        with self._sending:
            self._askers[request.id] = mine
            if self._over:
                mine.put(None)
            self._send(request)
        try:
            yield lambda look, silence: self._answers(mine, look, silence)
        finally:
            with self._sending:
                del self._askers[request.id]

    def end(self) -> None:
        """Close its stdin, which ends it; kill it when it does not follow. Twice is fine."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._ending:
            try:
                self._process.stdin.close()
            except OSError:
                self._process.kill()  # it has died with a request half written
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._reader.join()
            self._process.stdout.close()

    def _send(self, request: AnyRequest) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line_of(request))
            self._process.stdin.flush()
        except (OSError, ValueError):  # it is gone, or somebody is ending it
            del self._askers[request.id]
            raise Lost(self._how_it_ended()) from None

    def _answers(
        self, mine: queue.SimpleQueue[Answer | None], look: float, silence: float
    ) -> Iterator[Answer | None]:
        asked = time.monotonic()
        while True:
            try:
                answer = mine.get(timeout=min(look, silence))
            except queue.Empty:
                # It speaks to everybody whom it serves: it is silent when nobody hears it.
                if time.monotonic() - max(asked, self._heard) >= silence:
                    raise Lost(f"said nothing for {silence:.0f} seconds and was stopped") from None
                yield None
                continue
            if answer is None:
                raise Lost(self._how_it_ended())
            yield answer

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard = time.monotonic()
            if line.endswith("\n"):  # the last line of a killed process may be torn
                try:
                    answer = answer_in(line)
                except ValueError:  # nobody knows whom it was for
                    self._garbled = True
                    break
                asker = self._askers.get(answer.id)  # None: that request was given up
                if asker is not None:
                    asker.put(answer)
        with self._sending:
            self._over = True
            for asker in self._askers.values():
                asker.put(None)

    def _how_it_ended(self) -> str:
        if self._garbled:
            return "answered something that cannot be understood and was stopped"
        deadline = time.monotonic() + 5
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.02)
        code = self._process.poll()
        if code is None:
            return "closed its answers"
        if code == -9:
            return "was killed, perhaps because memory ran out"
        return f"ended unexpectedly (code {code})"
