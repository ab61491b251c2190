"""Occlusion: a grey square is moved over the film, and the class's probability is watched.

Source: Zeiler and Fergus, Visualizing and Understanding Convolutional Networks, ECCV 2014,
arXiv:1311.2901, section 4.2. There the map shows the probability with the square at each place;
here what the square takes from it, so that warm means the same as in the other methods.
"""

from __future__ import annotations

import numpy as np

from core.explain.heat import warmed
from core.text import points

CELLS = 14  # of a heat map, a side
SQUARE = 2  # cells, a side: a seventh of the film, about as wide as a marker or an opacity
PLACES = (CELLS - SQUARE + 1) ** 2  # of the square: it moves by one cell
LEAST = 0.001  # of a probability: less is no fall that anybody could tell from none


def covered_films(film: np.ndarray) -> np.ndarray:
    """A film uint8 (S, S) with the square at each place, row by row; uint8 (``PLACES``, S, S).

    The square has the film's mean grey. Raises ValueError for a film of fewer pixels a side than
    there are cells.
    """
    if min(film.shape) < CELLS:
        raise ValueError(f"a film of {film.shape} has fewer pixels than there are cells")
    rows, columns = (_edges(side) for side in film.shape)
    films = np.repeat(film[np.newaxis], PLACES, axis=0)
    grey = np.uint8(np.rint(film.mean()))
    for number, (row, column) in enumerate(_places()):
        films[
            number,
            rows[row] : rows[row + SQUARE],
            columns[column] : columns[column + SQUARE],
        ] = grey
    return films


def mean_falls(whole: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """How far probabilities fall by where the square lies.

    ``whole`` float (k,): of the film as it is. ``covered`` float (``PLACES``, k): with the square
    at each place. Float64 (k, ``CELLS``, ``CELLS``): for each class and cell the mean fall over
    the squares that cover the cell, negative where the probability rises.
    """
    falls = whole.astype(np.float64) - covered.astype(np.float64)
    total = np.zeros((falls.shape[1], CELLS, CELLS))
    times = np.zeros((CELLS, CELLS))
    for fall, (row, column) in zip(falls, _places(), strict=True):
        here = np.s_[row : row + SQUARE, column : column + SQUARE]
        total[(slice(None), *here)] += fall[:, np.newaxis, np.newaxis]
        times[here] += 1
    found: np.ndarray = total / times
    return found


def heat_of_falls(falls: np.ndarray) -> np.ndarray:
    """One class's falls float (h, w) as a heat map float32 in [0, 1], the deepest fall being 1; all
    zeros where none is as deep as ``LEAST``, or where numbers are not finite."""
    return np.zeros(falls.shape, np.float32) if why_no_fall(falls) else warmed(falls)


def why_no_fall(falls: np.ndarray) -> str:
    """Why ``heat_of_falls`` of these shows no warm place, for the middle of a sentence; empty where
    it shows one."""
    if not np.isfinite(falls).all():
        return "the network's numbers are not finite for this film; its training may have diverged"
    if falls.max() >= LEAST:
        return ""
    return (
        f"no grey square lowers this class's probability by {points(LEAST, signed=False)} "
        "percentage points, wherever it lies"
    )


def _places() -> list[tuple[int, int]]:
    steps = range(CELLS - SQUARE + 1)
    return [(row, column) for row in steps for column in steps]


def _edges(side: int) -> list[int]:
    """Where the cells begin and, last, where the film ends; in whole pixels."""
    return [round(side * cell / CELLS) for cell in range(CELLS + 1)]
