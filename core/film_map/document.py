"""The map as it is kept, and which films are on it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import Field

from core.documents import Document
from core.text import count
from core.workspace import Workspace

FILE = "map.json"
MOST = 5_000  # films on a map: more take minutes to place, and lie over one another
LEAST = 10  # films that make a map
KEPT_NEIGHBOURS = 20  # a film; some are of its own patient


class FilmMap(Document):
    """Where films lie. ``films``: their ids; ``x`` and ``y``: their places, without a unit, only
    nearness means anything; ``neighbours``: for each the rows of those nearest to it by the
    vectors themselves, the nearest first. ``of``: how many films there were to choose from.
    ``unreadable``: how many could not be read. ``network``: whose vectors; ``made_at``: seconds
    since 1970."""

    SPOKEN = "The map of the films"
    REMEDY = "Draw it again."

    films: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    neighbours: tuple[tuple[int, ...], ...]
    of: int = Field(ge=0)
    unreadable: int = Field(0, ge=0)
    network: str = ""
    made_at: float = 0.0

    @property
    def nearest(self) -> np.ndarray:
        """int (n, k), as ``neighbours``."""
        return np.array(self.neighbours, dtype=int).reshape(len(self.films), -1)


def map_folder(workspace: Workspace) -> Path:
    """Where the map and the files of its job lie."""
    return workspace.root / "map"


def shown_sentence(found: FilmMap) -> str:
    """How many films a map shows, and of how many."""
    films = len(found.films)
    if found.of <= films + found.unreadable:
        said = f"The map shows {count(films, 'film')}."
    else:
        said = f"The map shows {films:,} of {count(found.of, 'film')}, drawn by lot."
    if found.unreadable:
        said += f" {count(found.unreadable, 'film').capitalize()} could not be read."
    return said


def films_to_map(frame: pd.DataFrame, artificial: Collection[str]) -> pd.DataFrame:
    """The films of a catalogue's frame that a map is to show, by id: real ones, as soon as there
    are enough of them; else the artificial ones. ``artificial``: names of their sources."""
    drawn = frame["source"].isin(list(artificial))
    real = frame[~drawn]
    chosen = frame[drawn] if len(real) < LEAST and drawn.any() else real
    return chosen.sort_values("film_id", ignore_index=True)


def drawn_by_lot(film_ids: Collection[str], most: int = MOST) -> list[str]:
    """So many of them, the same ones whenever there are the same: an id is a hash, so the first
    ones by id are as good as drawn by lot."""
    return sorted(film_ids)[:most]
