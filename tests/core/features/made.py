"""Films and a network that anybody can work out. Run as a program, it computes the vectors slowly,
in company: ``python -m tests.core.features.made FOLDER NAME COMPANY``. It begins its first batch
when so many processes have begun theirs, and prints as JSON which films it looked at."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.features import vectors
from core.features.source import FeatureSource, Variant
from core.features.vectors import features

COUNT = 60
FILMS = np.random.default_rng(0).integers(0, 256, (COUNT, 32, 32), dtype=np.uint8)
FILM_IDS = [hashlib.sha256(film.tobytes()).hexdigest() for film in FILMS]
ROWS = np.arange(COUNT)
SOURCE = FeatureSource(FILMS, FILM_IDS, "vgg16", "abc", "rescale", 3)
SLOWLY = 0.03  # seconds a batch


def quiet(done: int, already: int) -> None:
    """A progress that nobody looks at."""


def average(films: np.ndarray) -> np.ndarray:
    """Instead of a network: float32 (n, S, S, 3) → (n, 3)."""
    values: np.ndarray = films.mean(axis=(1, 2))
    return values


class Counted:
    """``FILMS``; ``looked``: the places of those that were asked for."""

    shape = FILMS.shape

    def __init__(self) -> None:
        self.looked: list[int] = []

    def __getitem__(self, place: int) -> np.ndarray:
        self.looked.append(place)
        film: np.ndarray = FILMS[place]
        return film


def main(folder: Path, name: str, company: int) -> None:
    vectors.PIECE = 1  # each shard by itself
    films = Counted()
    told: list[tuple[int, int]] = []

    def extract(batch: np.ndarray) -> np.ndarray:
        (folder / f"{name}.begun").touch()
        until = time.monotonic() + 240
        while len(list(folder.glob("*.begun"))) < company and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(SLOWLY)
        return average(batch)

    source = replace(SOURCE, films=films)
    found = features(folder / "kept", source, ROWS, Variant(), extract, lambda *n: told.append(n))[
        :
    ]
    print(json.dumps({"looked": films.looked, "told": told, "sum": float(found.sum())}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
