"""What lies in a cluster's object store for its nodes. No Ray here: ``put`` takes bytes into it and
gives a reference to them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from core.cluster.parcels import Good

CHUNK = 32 * 1024 * 1024  # bytes that travel at a time
INLINE = 256 * 1024  # bytes; what is larger goes through the object store
KEYS_KEPT = 4 * 1024**3  # bytes that the object store is asked to hold for work to come


@dataclass
class Shelf:
    """What lies in the object store for the nodes, by key. ``folder``: for files that are made
    only to be sent."""

    put: Callable[[np.ndarray], Any]
    folder: Path
    _goods: dict[str, Good] = field(default_factory=dict)
    _made: dict[str, str] = field(default_factory=dict)  # what ``made`` was asked for → its key
    # Several rows may be packed at once; what both need is made and put there once.
    _at_it: RLock = field(default_factory=RLock)

    def good(self, key: str, file: Path, at: str = "", *, is_vectors: bool = False) -> Good:
        """The file as a good; it is read once, whoever asks for it."""
        with self._at_it:
            if key not in self._goods:
                chunks = tuple(self.put(one) for one in _pieces(file))
                self._goods[key] = Good(key, file.name, file.stat().st_size, chunks=chunks)
                self._trim(key)
            else:
                self._goods[key] = self._goods.pop(key)  # used last
            return replace(self._goods[key], at=at, is_vectors=is_vectors)

    def content(self, file: Path) -> Any:
        """A small file's bytes, or a reference to those of a larger one."""
        content = file.read_bytes()
        return content if len(content) <= INLINE else self.put(np.frombuffer(content, np.uint8))

    def made(self, asked: str, name: str, make: Callable[[Path], None]) -> Good:
        """A good whose file ``make`` writes, unless it has been made before. ``asked``: tells it
        from others of this data folder; nodes work for others as well, and keep what they have had
        of this one long ago, so its key is made of its content."""
        place = self.folder / asked
        with self._at_it:
            known = self._made.get(asked, "")
            if known in self._goods:
                return self.good(known, place / name)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            try:
                make(place / name)
                key = f"{asked.partition('-')[0]}-{content_hash(place / name)}"
                self._made[asked] = key
                return self.good(key, place / name)
            finally:
                shutil.rmtree(place, ignore_errors=True)

    def _trim(self, newest: str) -> None:
        # References that nobody has any more let go of their bytes; work under way has its own.
        held = sum(one.size for one in self._goods.values())
        for key in list(self._goods):
            if held <= KEYS_KEPT or key == newest:
                return
            held -= self._goods.pop(key).size


def content_hash(file: Path) -> str:
    """The beginning of its SHA-256, in hex. Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:32]


def _pieces(file: Path) -> Iterable[np.ndarray]:
    with file.open("rb") as stream:
        while piece := stream.read(CHUNK):
            yield np.frombuffer(piece, np.uint8)
