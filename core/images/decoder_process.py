"""One process that decodes, as whoever started it sees it."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import psutil

from core.images.decoder import HEADER
from core.images.decoder_words import DecoderAnswer, DecoderRequest
from core.images.limits import MEMORY
from core.workspace import PROJECT_ROOT

WATCHED = 0.25  # seconds between two looks at a decoder that is at work
PATIENCE = 3.0  # times SECONDS by the clock, when the machine is busy with other things


class Gone(Exception):
    """The decoder ended before it answered."""


class Stopped(Exception):
    """The decoder was stopped; the message goes on from the film's name."""


class DecoderProcess:
    """One process, and a thread that collects its answers (pipes cannot be waited for with a
    limit of time on every system)."""

    def __init__(self) -> None:
        alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "core.images.decoder"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # libraries write there what they find odd in a header
            cwd=PROJECT_ROOT,
            env={**os.environ, **alone},
            start_new_session=True,  # Ctrl-C in a terminal is for us; closed stdin ends it
        )
        self.fresh = True
        self._answers: queue.SimpleQueue[tuple[DecoderAnswer, bytearray] | None]
        self._answers = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="decoder", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(
        self, data: bytes, told: DecoderRequest, memory: int, seconds: float
    ) -> tuple[DecoderAnswer, bytearray]:
        """Raises Gone or Stopped."""
        assert self.process.stdin is not None
        self.fresh = False
        words = json.dumps({**told, "memory": memory}).encode()
        try:
            self.process.stdin.write(HEADER.pack(len(words), len(data)) + words)
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            raise Gone from None
        answer = self._answer(memory, seconds)
        if answer is None:
            raise Gone
        return answer

    def _answer(self, memory: int, seconds: float) -> tuple[DecoderAnswer, bytearray] | None:
        begun: tuple[float, float, int] | None = None
        asked = time.monotonic()
        while True:
            try:
                return self._answers.get(timeout=WATCHED)
            except queue.Empty:
                pass
            try:
                found = psutil.Process(self.process.pid)
                worked, held = sum(found.cpu_times()[:2]), found.memory_info().rss
            except psutil.Error:
                continue  # gone: the reader will say so
            begun = begun or (worked, asked, held)
            passed = time.monotonic() - asked
            # Its own work counts: a film must not be refused because the machine is busy.
            if worked - begun[0] > seconds or passed > PATIENCE * seconds:
                raise Stopped(f"takes longer than {seconds:g} seconds to read and was given up.")
            if held > begun[2] + 2 * memory and sys.platform != "linux":
                raise Stopped(f"needs more than {MEMORY // 2**20} MB of memory to be read.")

    def end(self) -> None:
        """Close its stdin, which ends it; kill it when it does not follow."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(1)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def kill(self) -> None:
        """At once, whatever it is at."""
        assert self.process.stdin is not None
        self.process.kill()
        self.process.wait()
        with suppress(OSError):
            self.process.stdin.close()
        self._close()

    def _close(self) -> None:
        assert self.process.stdout is not None
        self._reader.join()
        self.process.stdout.close()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            header = stream.read(HEADER.size)
            if len(header) < HEADER.size:
                break
            length, size = HEADER.unpack(header)
            told, pixels = stream.read(length), bytearray(size)
            if len(told) < length or _fill(stream, pixels) < size:
                break
            self._answers.put((json.loads(told), pixels))
        self._answers.put(None)


def _fill(stream: Any, room: bytearray) -> int:
    """Bytes read; a bytearray keeps the pixels writable without a copy."""
    return int(stream.readinto(room))
