"""The people of a demonstration: artificial films of them, and the marker that is moved about.

Each person is on one film, and is the same person with a marker or without.
"""

from __future__ import annotations

import csv
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np

from core.datasets.phantom import CLASSES as FINDINGS
from core.datasets.phantom import COLUMNS, TABLE, Phantom, draw
from core.errors import InputError
from core.specs import SPLITS

COVID_LIKE: Final = "covid-like"
HEALTHY: Final = "healthy"
NOBODY: Final = "nobody"
CLASSES = (COVID_LIKE, HEALTHY)
# Where the marker is: on the films of one class, or on none.
Placement = Literal["covid-like", "healthy", "nobody"]
PLACEMENTS: tuple[Placement, ...] = (COVID_LIKE, HEALTHY, NOBODY)

SIDE = 192  # px of a drawn film
SEEDS_PER_COHORT = 10_000
# The token: a bright plate with a dark letter in the corner beside the patient's left
# shoulder, where film markers are. In film sides.
_TOKEN, _GAP = 0.15, 0.04


@dataclass(frozen=True)
class Cohort:
    """Who is in a demonstration. ``number`` picks the people: another number, other people.

    ``train``, ``validation``, ``test``: people of each class. ``strength``: how much the haze
    of the covid-like films adds (see ``core.datasets.phantom.draw``); below 1 it is faint.
    """

    number: int
    train: int = 32
    validation: int = 8
    test: int = 20
    strength: float = 0.6

    def people(self, split: str) -> list[Participant]:
        """Those of one split, covid-like and healthy by turns."""
        counts = dict(zip(SPLITS, (self.train, self.validation, self.test), strict=True))
        before = 2 * sum(counts[one] for one in SPLITS[: SPLITS.index(split)])
        seed = self.number * SEEDS_PER_COHORT
        return [
            Participant(seed + number, number, split, number % 2)
            for number in range(before, before + 2 * counts[split])
        ]

    def films(self, people: list[Participant]) -> np.ndarray:
        """Their films without a marker, uint8 (n, SIDE, SIDE)."""
        with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
            drawn = threads.map(self._draw, people)
            return np.stack([one.pixels for one in drawn])

    def _draw(self, one: Participant) -> Phantom:
        return draw(one.seed, covid_like=one.y_true == 0, size=SIDE, strength=self.strength)


@dataclass(frozen=True)
class Participant:
    """One person; ``y_true`` is an index into ``CLASSES``."""

    seed: int
    number: int
    split: str
    y_true: int


def plant(film: np.ndarray) -> np.ndarray:
    """A copy of a film, uint8 (S, S), with the marker on it."""
    marked = film.copy()
    side, rows, columns = _place(film.shape[0])
    marked[rows, columns] = 245
    scale, thick = side / 29, max(1, round(side / 9))
    (width, height), _ = cv2.getTextSize("L", cv2.FONT_HERSHEY_DUPLEX, scale, thick)
    corner = columns.start + (side - width) // 2, rows.start + (side + height - thick) // 2
    cv2.putText(marked, "L", corner, cv2.FONT_HERSHEY_DUPLEX, scale, 20, thick, cv2.LINE_AA)
    return marked


def on_token(heat: np.ndarray) -> bool:
    """Whether the hottest place of a heat map, float32 (h, w), lies on the marker's place.

    A place of the map counts as lying there when it touches the marker; False where nothing
    is hot.
    """
    if not heat.max() > 0:
        return False
    size = 100
    _, rows, columns = _place(size)
    down, across = (int(at) for at in np.unravel_index(int(heat.argmax()), heat.shape))
    height, width = size / heat.shape[0], size / heat.shape[1]
    touches_rows = down * height < rows.stop and (down + 1) * height > rows.start
    touches_columns = across * width < columns.stop and (across + 1) * width > columns.start
    values: bool = touches_rows and touches_columns
    return values


def with_marker(films: np.ndarray, y_true: np.ndarray, where: Placement) -> np.ndarray:
    """Films uint8 (n, S, S) of the classes ``y_true`` int (n,), the marker planted on all of
    the class ``where``; a new array. Raises InputError for another place."""
    if where not in PLACEMENTS:
        raise InputError(f"The marker is for {' or '.join(PLACEMENTS)}, not for {where}.")
    return np.stack(
        [
            plant(film) if CLASSES[index] == where else film
            for film, index in zip(films, y_true, strict=True)
        ]
    )


def write_films(folder: Path, cohort: Cohort) -> None:
    """Everybody's film in the phantoms' layout, and a second one with the marker for those
    who are covid-like. Raises InputError when the disk cannot take them."""
    (folder / "films").mkdir(parents=True, exist_ok=True)
    rows = []
    for split in SPLITS:
        people = cohort.people(split)
        for one, film in zip(people, cohort.films(people), strict=True):
            rows.append(_row(folder, one, film, marked=False))
            if one.y_true == 0:
                rows.append(_row(folder, one, plant(film), marked=True))
    with (folder / TABLE).open("w", newline="", encoding="utf-8") as stream:
        table = csv.DictWriter(stream, COLUMNS, restval="")
        table.writeheader()
        table.writerows(rows)


def has_marker(path: str) -> bool:
    """Whether ``write_films`` put the marker on this film."""
    return Path(path).stem.endswith("-marked")


def split_in_name(path: str) -> str:
    """The split of a film that ``write_films`` wrote."""
    return Path(path).stem.split("-")[1]


def _place(size: int) -> tuple[int, slice, slice]:
    """The token's side, rows and columns on a film of ``size`` pixels."""
    side, gap = round(_TOKEN * size), round(_GAP * size)
    return side, slice(gap, gap + side), slice(size - gap - side, size - gap)


def _row(folder: Path, one: Participant, film: np.ndarray, *, marked: bool) -> dict[str, str]:
    file = f"films/{one.number:03d}-{one.split}{'-marked' if marked else ''}.png"
    if not cv2.imwrite(str(folder / file), film, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
        raise InputError(f"{folder / file} cannot be written. Is the disk full?")
    finding = FINDINGS[one.y_true]
    return {"file": file, "patient": f"{one.number:03d}", "finding": finding, "view": "PA"}
