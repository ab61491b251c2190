"""Many names in an order, in less than half of the memory that a list of them takes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Names on disk are bytes, and some are no text at all: what stands for such a byte is kept.
_ENCODING, _ODD = "utf-8", "surrogatepass"


class ByHash:
    """Numbers that were noted under texts, in sixteen bytes each; whoever asks makes sure that it
    is the text's own and not that of another one with the same hash."""

    def __init__(self, noted: Iterable[tuple[str, int]]) -> None:
        import numpy  # only here: whoever lists the layouts loads this module

        hashes, numbers = array("q"), array("q")
        for text, number in noted:
            hashes.append(hash(text))
            numbers.append(number)
        # Stable: under one hash they stay in the order in which they were noted.
        order = numpy.argsort(numpy.frombuffer(hashes, dtype=numpy.int64), kind="stable")
        self._hashes = _sorted(hashes, order)
        self._numbers = _sorted(numbers, order)

    def under(self, text: str) -> Iterator[int]:
        """Those of this text, in the order in which they were noted, and hardly ever others."""
        wanted = hash(text)
        place = bisect_left(self._hashes, wanted)
        while place < len(self._hashes) and self._hashes[place] == wanted:
            yield self._numbers[place]
            place += 1


def _sorted(values: array[int], order: NDArray[np.intp]) -> array[int]:
    import numpy

    found = array("q")
    found.frombytes(numpy.frombuffer(values, dtype=numpy.int64)[order].tobytes())
    return found


class NameRow(Sequence[str]):
    """Names that are made into Python's own texts when somebody asks for them. Whether one is
    among them is known at once."""

    def __init__(self, names: Iterable[str]) -> None:
        text = bytearray()
        self._ends = array("q", [0])
        for name in names:
            text += name.encode(_ENCODING, _ODD)
            self._ends.append(len(text))
        self._text = bytes(text)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        places = range(len(self))[place]
        if isinstance(places, range):
            return [self[one] for one in places]
        return self._text[self._ends[places] : self._ends[places + 1]].decode(_ENCODING, _ODD)

    def __iter__(self) -> Iterator[str]:
        begin = 0
        for end in self._ends[1:]:
            yield self._text[begin:end].decode(_ENCODING, _ODD)
            begin = end

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.place_of(name) is not None

    def place_of(self, name: str) -> int | None:
        """The first place, from 0, where this name stands; None where it is not among them."""
        return next((place for place in self._by_hash.under(name) if self[place] == name), None)

    @cached_property
    def _by_hash(self) -> ByHash:
        return ByHash((name, place) for place, name in enumerate(self))
