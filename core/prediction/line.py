"""Who is being served by the prediction worker, and who waits for whom: what a page says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

STARTING = "Loading the network"


@dataclass
class PlaceInLine:
    """One request in the line. ``done`` of ``total``: results so far, one a film and run."""

    films: int
    total: int
    done: int = 0
    doing: str = STARTING
    served: bool = False  # it has had a turn

    @property
    def films_done(self) -> int:
        return self.films * self.done // self.total


class Line:
    """The requests that one worker has now. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: dict[int, PlaceInLine] = {}
        self._turn: PlaceInLine | None = None  # whose turn it was when the worker spoke last

    @contextmanager
    def standing(self, number: int, films: int, runs: int) -> Iterator[PlaceInLine]:
        """Stand in the line for as long as the block lasts."""
        place = PlaceInLine(films, films * runs)
        with self._lock:
            self._places[number] = place
        try:
            yield place
        finally:
            with self._lock:
                del self._places[number]
                if self._turn is place:
                    self._turn = None

    def went_on(self, place: PlaceInLine, done: int, total: int, doing: str) -> None:
        """It is this request's turn, and so far it has come."""
        with self._lock:
            place.done, place.total, place.doing, place.served = done, total, doing, True
            self._turn = place

    def words(self, place: PlaceInLine) -> str:
        """What goes on for this request: what is done with its films, or whom it waits for."""
        with self._lock:
            others = [one for one in self._places.values() if one is not place]
            if self._turn is place or not (others and self._turn in others):
                return place.doing
            films = sum(one.films for one in others)
            done = sum(one.films_done for one in others)
        if place.served:
            return f"{place.doing}, in turns with {_whose(len(others), films)}"
        following = "yours is next" if len(others) == 1 else "each gets a turn"
        return f"Waiting for {_whose(len(others), films)}: {done} done; {following}"


def _whose(people: int, films: int) -> str:
    counted = f"{films} film{'' if films == 1 else 's'}"
    return f"somebody else's {counted}" if people == 1 else f"{counted} of {people} others"
