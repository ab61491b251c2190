"""A long row of things that lies on the disk, with a few hundred of them in memory at a time."""

from __future__ import annotations

import pickle
import tempfile
from array import array
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from core.errors import InputError

_AT_ONCE = 256

T = TypeVar("T")


class OnDisk(Collection[T]):
    """Things of one kind in the order in which they came, each time that somebody goes through
    them; for one thread. They lie in a file without a name, which is gone with this process."""

    def __init__(self, folder: Path, things: Iterable[T] = ()) -> None:
        """``folder``: where there is room. Raises InputError when there is none."""
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._stream = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it goes with us
        except OSError as error:
            raise self._no_room(error) from error
        self._begins = array("q")
        self._newest: list[T] = []
        for one in things:
            self.append(one)

    def __len__(self) -> int:
        return len(self._begins) * _AT_ONCE + len(self._newest)

    def __iter__(self) -> Iterator[T]:
        for begin in self._begins:
            self._stream.seek(begin)
            yield from pickle.load(self._stream)
        yield from self._newest

    def __contains__(self, one: object) -> bool:
        return any(one == other for other in self)

    def append(self, one: T) -> None:
        """Not while somebody goes through them. Raises InputError when there is no room."""
        self._newest.append(one)
        if len(self._newest) < _AT_ONCE:
            return
        try:
            self._begins.append(self._stream.seek(0, 2))
            pickle.dump(self._newest, self._stream, pickle.HIGHEST_PROTOCOL)
        except OSError as error:
            raise self._no_room(error) from error
        self._newest = []

    def _no_room(self, error: OSError) -> InputError:
        return InputError(
            f"{self._folder} cannot be written ({error.strerror or error}). "
            "Make room there, or choose another data folder with --data."
        )
