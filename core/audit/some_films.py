"""Some of many films, without a copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.images.film_array import give_back

AT_ONCE = 1024  # films in memory


@dataclass(frozen=True, eq=False)
class SomeFilms:
    """Some ``rows`` of an array of films or masks, (n, S, S), that are read when they are asked
    for: 20,000 films of an audit would be 200 MB."""

    every: np.ndarray | SomeFilms
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: int | slice | np.ndarray) -> np.ndarray:
        """(S, S), or (places, S, S), in memory."""
        return np.asarray(self.every[self.rows[places]])


FilmStack = np.ndarray | SomeFilms


def film_parts(films: FilmStack) -> Iterator[np.ndarray]:
    """All of them in their order, at most ``AT_ONCE`` in memory."""
    for start in range(0, len(films), AT_ONCE):
        yield np.asarray(films[start : start + AT_ONCE])
        give_back(films.every if isinstance(films, SomeFilms) else films)
