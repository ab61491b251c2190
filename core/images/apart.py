"""Pictures are decoded in processes of their own, under limits of time and memory.

A few processes a server or job, started when first needed and again when one had to be
stopped. All pictures that are decoded at a time share one budget of memory: an ordinary one
takes its part, one that needs more waits for the whole of it and is decoded alone.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

import numpy as np
import psutil

from core.errors import FilmError
from core.images.decoder import HEADER
from core.images.film import DecodedFilm
from core.images.header_facts import HeaderFacts
from core.images.limits import MEMORY, SECONDS
from core.workspace import PROJECT_ROOT

AT_ONCE = max(1, min(4, os.cpu_count() or 1))
PART = MEMORY // AT_ONCE  # bytes for an ordinary picture
SWELL = 8  # an ordinary film takes no more than this many times the bytes of its file
WATCHED = 0.25  # seconds between two looks at a decoder that is at work
PATIENCE = 3.0  # times SECONDS by the clock, when the machine is busy with other things


class _Gone(Exception):
    """The decoder ended before it answered."""


class _Stopped(Exception):
    """The decoder was stopped; the message goes on from the film's name."""


class Decoders:
    """The decoder processes of this process. Safe to share between threads."""

    def __init__(self, at_once: int = AT_ONCE, seconds: float = SECONDS) -> None:
        self._at_once, self._seconds = at_once, seconds
        self._idle: list[_Decoder] = []
        self._all: set[_Decoder] = set()
        self._free = MEMORY
        self._waiting: deque[object] = deque()
        self._change = threading.Condition()

    def decode(self, data: bytes, name: str) -> DecodedFilm:
        """Raises FilmError for what cannot be read within the limits, or at all."""
        answer, pixels = self._asked(data, {"name": name, "job": "decode"})
        shape, film = answer["shape"], answer["film"]
        film["notes"] = tuple(film["notes"])
        return DecodedFilm(**{**film, "pixels": np.frombuffer(pixels, np.uint8).reshape(shape)})

    def bare(self, data: bytes, name: str, salt: bytes) -> bytes:
        """``core.images.bare``. Raises FilmError where it cannot be done within the limits."""
        return bytes(self._asked(data, {"name": name, "job": "bare", "salt": salt.hex()})[1])

    def facts(self, data: bytes, name: str, salt: bytes) -> HeaderFacts:
        """``core.images.header``; none where it cannot be done within the limits."""
        told = {"name": name, "job": "facts", "salt": salt.hex()}
        try:
            return HeaderFacts(**self._asked(data, told)[0]["facts"])
        except FilmError:
            return HeaderFacts()

    def _asked(self, data: bytes, told: dict[str, Any]) -> tuple[dict[str, Any], bytearray]:
        name = told["name"]
        needed = PART if len(data) * SWELL <= PART else MEMORY
        try:
            answer, pixels = self._ask(data, told, needed)
            if answer is None and needed < MEMORY:
                answer, pixels = self._ask(data, told, MEMORY)
        except _Stopped as stopped:
            raise FilmError(f"{name} {stopped} Export it smaller, or as a plain PNG.") from None
        except OSError as error:
            raise FilmError(
                f"{name} cannot be read: no process for it could be started "
                f"({error.strerror or error})."
            ) from error
        if answer is None:
            raise FilmError(
                f"{name} is damaged, or needs more than {MEMORY / 2**20:,.0f} MB of memory to be "
                "read. Copy or export it again, smaller or as a plain PNG."
            )
        if "error" in answer:
            raise FilmError(answer["error"])
        if "fault" in answer:
            raise FilmError(f"{name} is damaged, or of an unknown kind. Copy or export it again.")
        return answer, pixels

    def warm(self) -> None:
        """Start one decoder, so that the first film does not wait for it."""
        with suppress(OSError):
            self._give(self._take_decoder())

    def close(self) -> None:
        """End all decoders; a later ``decode`` starts others."""
        with self._change:
            all_of_them, self._all, self._idle = self._all, set(), []
        for one in all_of_them:
            one.end()

    def _ask(
        self, data: bytes, told: dict[str, Any], memory: int
    ) -> tuple[dict[str, Any] | None, bytearray]:
        """None in place of an answer when memory was too little, or the decoder broke."""
        self._take_memory(memory)
        decoder: _Decoder | None = None
        try:
            for _ in range(2):  # one that slept may end just when it is asked
                decoder = self._take_decoder()
                fresh = decoder.fresh
                try:
                    answer, pixels = decoder.ask(data, told, memory, self._seconds)
                except _Gone:
                    self._drop(decoder)
                    decoder = None
                    if fresh:
                        break
                    continue
                if memory == MEMORY:  # what it holds of a large film it may never give back
                    self._drop(decoder)
                    decoder = None
                return (None, pixels) if "memory" in answer else (answer, pixels)
            return None, bytearray()
        except BaseException:
            if decoder is not None:  # in the middle of something: of no use any more
                self._drop(decoder)
                decoder = None
            raise
        finally:
            if decoder is not None:
                self._give(decoder)
            self._give_memory(memory)

    def _take_memory(self, memory: int) -> None:
        """First come, first served, so that a large picture is not overtaken for ever."""
        ticket = object()
        with self._change:
            self._waiting.append(ticket)
            try:
                self._change.wait_for(lambda: self._waiting[0] is ticket and self._free >= memory)
                self._free -= memory
            finally:
                self._waiting.remove(ticket)
                self._change.notify_all()

    def _give_memory(self, memory: int) -> None:
        with self._change:
            self._free += memory
            self._change.notify_all()

    def _take_decoder(self) -> _Decoder:
        """There are never more than the budget has parts, for each asks for memory first."""
        with self._change:
            while self._idle:
                decoder = self._idle.pop()
                if decoder.alive:
                    return decoder
                self._all.discard(decoder)
                decoder.end()
        decoder = _Decoder()
        with self._change:
            self._all.add(decoder)
        return decoder

    def _give(self, decoder: _Decoder) -> None:
        with self._change:
            if decoder in self._all:  # else everything was closed meanwhile
                self._idle.append(decoder)
                return
        decoder.end()

    def _drop(self, decoder: _Decoder) -> None:
        with self._change:
            self._all.discard(decoder)
        decoder.kill()


class _Decoder:
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
        self._answers: queue.SimpleQueue[tuple[dict[str, Any], bytearray] | None]
        self._answers = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="decoder", daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(
        self, data: bytes, told: dict[str, Any], memory: int, seconds: float
    ) -> tuple[dict[str, Any], bytearray]:
        """Raises _Gone or _Stopped."""
        assert self.process.stdin is not None
        self.fresh = False
        words = json.dumps({**told, "memory": memory}).encode()
        try:
            self.process.stdin.write(HEADER.pack(len(words), len(data)) + words)
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            raise _Gone from None
        answer = self._answer(memory, seconds)
        if answer is None:
            raise _Gone
        return answer

    def _answer(self, memory: int, seconds: float) -> tuple[dict[str, Any], bytearray] | None:
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
                raise _Stopped(f"takes longer than {seconds:g} seconds to read and was given up.")
            if held > begun[2] + 2 * memory and sys.platform != "linux":
                raise _Stopped(f"needs more than {MEMORY // 2**20} MB of memory to be read.")

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


_decoders = Decoders()
atexit.register(_decoders.close)


def decoders() -> Decoders:
    """Those that this process shares."""
    return _decoders
