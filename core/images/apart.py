"""Pictures are decoded in processes of their own, under limits of time and memory.

A few processes a server or job, started when first needed and again when one had to be
stopped. All pictures that are decoded at a time share one budget of memory: an ordinary one
takes its part, one that needs more waits for the whole of it and is decoded alone.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from contextlib import suppress

import numpy as np

from core.errors import FilmError
from core.images.decoder_process import DecoderProcess, Gone, Stopped
from core.images.decoder_words import DecoderAnswer, DecoderRequest
from core.images.film import DecodedFilm
from core.images.grey_film import GreyFilm
from core.images.header_facts import HeaderFacts
from core.images.limits import MEMORY, SECONDS

AT_ONCE = max(1, min(4, os.cpu_count() or 1))
PART = MEMORY // AT_ONCE  # bytes for an ordinary picture
SWELL = 8  # an ordinary film takes no more than this many times the bytes of its file


class Decoders:
    """The decoder processes of this process. Safe to share between threads."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._idle: list[DecoderProcess] = []
        self._all: set[DecoderProcess] = set()
        self._free = MEMORY
        self._waiting: deque[object] = deque()
        self._change = threading.Condition()

    def decode(self, data: bytes, name: str) -> DecodedFilm:
        """Raises FilmError for what cannot be read within the limits, or at all."""
        answer, pixels = self._asked(data, {"name": name, "job": "decode"})
        shape, film = answer["shape"], answer["film"]
        film["notes"] = tuple(film["notes"])
        return DecodedFilm(**{**film, "pixels": np.frombuffer(pixels, np.uint8).reshape(shape)})

    def grey(self, data: bytes, name: str, most: int) -> GreyFilm:
        """``core.images.grey_codes``. Raises FilmError as ``decode`` does."""
        answer, codes = self._asked(data, {"name": name, "job": "grey", "most": most})
        told = answer["grey"]
        told["curve"] = tuple(told["curve"])
        told["spacing"] = tuple(told["spacing"]) if told["spacing"] else None
        found = np.frombuffer(codes, np.uint16).reshape(answer["shape"])
        return GreyFilm(**{**told, "codes": found})

    def bare(self, data: bytes, name: str, salt: bytes) -> bytes:
        """``core.images.bare``. Raises FilmError where it cannot be done within the limits."""
        return bytes(self._asked(data, {"name": name, "job": "bare", "salt": salt.hex()})[1])

    def facts(self, data: bytes, name: str, salt: bytes) -> HeaderFacts:
        """``core.images.header``; none where it cannot be done within the limits."""
        told: DecoderRequest = {"name": name, "job": "facts", "salt": salt.hex()}
        try:
            return HeaderFacts(**self._asked(data, told)[0]["facts"])
        except FilmError:
            return HeaderFacts()

    def _asked(self, data: bytes, told: DecoderRequest) -> tuple[DecoderAnswer, bytearray]:
        name = told["name"]
        needed = PART if len(data) * SWELL <= PART else MEMORY
        try:
            answer, pixels = self._ask(data, told, needed)
            if answer is None and needed < MEMORY:
                answer, pixels = self._ask(data, told, MEMORY)
        except Stopped as stopped:
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
        self, data: bytes, told: DecoderRequest, memory: int
    ) -> tuple[DecoderAnswer | None, bytearray]:
        """None in place of an answer when memory was too little, or the decoder broke."""
        self._take_memory(memory)
        decoder: DecoderProcess | None = None
        try:
            for _ in range(2):  # one that slept may end just when it is asked
                decoder = self._take_decoder()
                fresh = decoder.fresh
                try:
                    answer, pixels = decoder.ask(data, told, memory, self._seconds)
                except Gone:
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

    def _take_decoder(self) -> DecoderProcess:
        """There are never more than the budget has parts, for each asks for memory first."""
        with self._change:
            while self._idle:
                decoder = self._idle.pop()
                if decoder.alive:
                    return decoder
                self._all.discard(decoder)
                decoder.end()
        decoder = DecoderProcess()
        with self._change:
            self._all.add(decoder)
        return decoder

    def _give(self, decoder: DecoderProcess) -> None:
        with self._change:
            if decoder in self._all:  # else everything was closed meanwhile
                self._idle.append(decoder)
                return
        decoder.end()

    def _drop(self, decoder: DecoderProcess) -> None:
        with self._change:
            self._all.discard(decoder)
        decoder.kill()


_decoders = Decoders()
atexit.register(_decoders.close)


def decoders() -> Decoders:
    """Those that this process shares."""
    return _decoders
