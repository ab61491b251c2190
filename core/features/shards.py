"""Where vectors lie: the films of one network in one variant, in as many files as there are shards.

A film's hash says which shard it belongs to, in every data set and for ever. A shard is a file of
records, one a film, and a lock beside it: whoever holds the lock adds records at the end, and
nobody else computes these films meanwhile. So several processes share the work on one data set,
and a process that is killed leaves every record that it had written. A whole record never changes;
what is torn or not a number is computed again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from filelock import FileLock, Timeout

from core.cache import mark_used

SHARDS = 16
SUFFIX = ".vectors"
_AT_ONCE = 1024  # records in memory while a file is gone through


def record_of(channels: int) -> np.dtype[np.void]:
    """One film's entry in a file."""
    return np.dtype([("film", "S64"), ("vector", "<f4", (channels,))])


def shards_of(film_ids: np.ndarray) -> np.ndarray:
    """bytes (n,) → int64 (n,), from 0 to ``SHARDS`` − 1."""
    # Of the hash, not its first digit: what is called otherwise than by a hash is dealt out, too.
    numbers = (zlib.crc32(one) % SHARDS for one in film_ids)
    return np.fromiter(numbers, dtype=np.int64, count=len(film_ids))


class Shard:
    """One file. ``key``: what all shards of a network and variant are called by."""

    def __init__(self, folder: Path, key: str, number: int, record: np.dtype[np.void]) -> None:
        self.path = folder / f"{key}-{number:x}{SUFFIX}"
        self.record = record
        self._lock = FileLock(self.path.with_suffix(".lock"))

    def hold(self, timeout: float = 0) -> bool:
        """Whether the lock is ours now; ``timeout`` in seconds."""
        try:
            self._lock.acquire(timeout=timeout)
        except Timeout:
            return False
        return True

    def let_go(self) -> None:
        """Whatever happened: the lock is free again, for others and for us."""
        self._lock.release(force=True)

    @property
    def count(self) -> int:
        """Whole records, a look without the lock."""
        try:
            return self.path.stat().st_size // self.record.itemsize
        except FileNotFoundError:
            return 0

    def film_ids(self) -> np.ndarray:
        """The films of all whole records, bytes (n,), in their order. No lock is needed."""
        count = self.count
        found = np.empty(count, dtype="S64")
        if not count:
            return found
        mine = found.view(np.uint8).data
        # Not mapped: of a mapped file the system counts every page that was looked at as memory of
        # this process. The vectors in between are not read.
        try:
            with self.path.open("rb", buffering=0) as stream:
                for place in range(count):
                    stream.seek(place * self.record.itemsize)
                    stream.readinto(mine[64 * place : 64 * place + 64])
        except FileNotFoundError:  # a clean-up came first
            return found[:0]
        return found

    def sound_film_ids(self, wanted: set[bytes]) -> np.ndarray:
        """``film_ids`` under the lock: a torn end is cut off, and the file goes if a record has no
        film, or the vector of one of the ``wanted`` is not a number."""
        if not self.path.is_file():
            return np.empty(0, dtype="S64")
        whole = self.count * self.record.itemsize
        if self.path.stat().st_size != whole:
            with self.path.open("r+b") as stream:
                stream.truncate(whole)
        film_ids = self.film_ids()
        places = np.array(
            [place for place, one in enumerate(film_ids.tolist()) if one in wanted], dtype=np.int64
        )
        with self.path.open("rb", buffering=0) as stream:
            stored = StoredVectors([stream], self.record, np.zeros_like(places), places)
            sound = (film_ids != b"").all() and all(
                np.isfinite(stored[slice(start, start + _AT_ONCE)]).all()
                for start in range(0, len(places), _AT_ONCE)
            )
        if sound:
            mark_used(self.path)
            return film_ids
        self.path.unlink()
        return film_ids[:0]


class StoredVectors:
    """Vectors read from their files row by row, as they are asked for. The files stay open, so a
    clean-up that removes them takes nothing away.

    ``streams``: open files without a buffer, for rows lie anywhere; Python closes them with the
    last reference. ``number`` and ``place``, int64 (n,): of each row, which file and which record.
    """

    def __init__(
        self,
        streams: Sequence[BinaryIO | FileIO],
        record: np.dtype[np.void],
        number: np.ndarray,
        place: np.ndarray,
    ) -> None:
        self._streams = streams
        self._number = number
        self._offset = place * record.itemsize + record.fields["vector"][1]  # type: ignore[index]
        self._channels = record["vector"].shape[0]

    def __len__(self) -> int:
        return len(self._offset)

    def __getitem__(self, rows: np.ndarray | slice) -> np.ndarray:
        """float32 (rows, channels). For one thread at a time."""
        number, offset = self._number[rows].tolist(), self._offset[rows].tolist()
        found = np.empty((len(offset), self._channels), dtype="<f4")
        size = 4 * self._channels
        into = found.reshape(-1).view(np.uint8).data
        for row, (stream, at) in enumerate(zip(number, offset, strict=True)):
            self._streams[stream].seek(at)
            self._streams[stream].readinto(into[row * size : (row + 1) * size])
        return found


def take_over(
    folder: Path, key: str, shards: Mapping[int, Shard], waiting: Callable[[], object]
) -> None:
    """Deal out the records of a file of earlier versions, which kept all films in one.

    ``shards``: all of them. ``waiting`` is called while another process does the same, and may
    raise to stop. Can be broken off at any moment: it is begun again, and what was dealt out
    already is not dealt out twice.
    """
    old = folder / f"{key}{SUFFIX}"
    lock = FileLock(old.with_suffix(".lock"))
    while old.is_file() and not lock.is_locked:
        try:
            lock.acquire(timeout=0.5)
        except Timeout:
            waiting()
    held: list[Shard] = []
    try:
        for shard in shards.values():
            if not old.is_file() or not shard.hold():
                return  # somebody computes with the shards already: then next time
            held.append(shard)
        _deal_out(old, shards)
    finally:
        for shard in held:
            shard.let_go()
        lock.release(force=True)


def _deal_out(old: Path, shards: Mapping[int, Shard]) -> None:
    record = next(iter(shards.values())).record
    known = {one for shard in shards.values() for one in shard.sound_film_ids(set()).tolist()}
    count = old.stat().st_size // record.itemsize
    for start in range(0, count, _AT_ONCE):
        part = np.fromfile(
            old, record, min(_AT_ONCE, count - start), offset=start * record.itemsize
        )
        new = np.array([one != b"" and one not in known for one in part["film"].tolist()])
        part = part[new & np.isfinite(part["vector"]).all(axis=1)]
        number = shards_of(part["film"])
        for one in np.unique(number):
            with shards[int(one)].path.open("ab") as stream:
                stream.write(part[number == one].data)
    old.unlink()
