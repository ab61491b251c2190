"""The films and answers that ThoraxLens brings along, so that a first start has something to show.

``data/starter/showcase.json`` names artificial films by the number that they are drawn from, and
holds what the example's better network said of them when ``python -m tools.showcase`` asked it.
The films themselves are drawn here, as at any first start.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from core.audit.lungs import lung_greys
from core.datasets.phantom import draw
from core.documents import Document, Part
from core.images.grey_film import GreyFilm
from core.showcase.kept import Answered, keep_showcase, showcase_folder
from core.starter import STARTER_FOLDER
from core.store import Store

FILE = STARTER_FOLDER / "showcase.json"
SIDE = 768  # px
# Beyond the numbers that the first start's films are drawn from: no network has learnt from these.
FIRST_SEED = 900_000


class BroughtFilm(Part):
    """``seed``, ``covid_like``: as ``core.datasets.phantom.draw`` takes them. ``outline``: of the
    film that the network was asked about, so that one drawn otherwise is noticed. ``heats``:
    class → rows of a heat map, 0 to 1."""

    seed: int
    covid_like: bool
    outline: tuple[tuple[int, ...], ...]
    truth: str
    answer: str
    probabilities: dict[str, float]
    heat_class: str
    heats: dict[str, tuple[tuple[float, ...], ...]]


class Brought(Document):
    """``network``: which answered."""

    SPOKEN = "The answers that came with ThoraxLens"
    REMEDY = "Install ThoraxLens again."

    network: str
    films: tuple[BroughtFilm, ...]


def bring(store: Store, file: Path = FILE) -> None:
    """Keep them as what Home shows; nothing where something is kept, or where they are not there.
    Raises OSError."""
    brought = Brought.load_if_readable(file)
    if brought is None or showcase_folder(store.workspace).exists():
        return
    films = [_answered(one) for one in brought.films]
    keep_showcase(store, films, network=brought.network, artificial=True)


def drawn(seed: int, *, covid_like: bool) -> np.ndarray:
    """The film, uint8 (SIDE, SIDE)."""
    return draw(seed, covid_like=covid_like, size=SIDE).pixels


def outline(film: np.ndarray) -> tuple[tuple[int, ...], ...]:
    """A film, uint8 (h, w), in 8 × 8 grey values."""
    small = cv2.resize(film, (8, 8), interpolation=cv2.INTER_AREA)
    return tuple(tuple(row) for row in small.tolist())


def _answered(one: BroughtFilm) -> Answered:
    film = _grey_film(drawn(one.seed, covid_like=one.covid_like))
    return Answered(
        film=film,
        lungs=lung_greys(film),
        truth=one.truth,
        answer=one.answer,
        probabilities=one.probabilities,
        heat_class=one.heat_class,
        heats={name: np.array(rows, np.float32) for name, rows in one.heats.items()},
        blank={},
    )


def _grey_film(pixels: np.ndarray) -> GreyFilm:
    """As ``core.images.decode.grey_values`` reads such a film from an 8-bit file."""
    height, width = pixels.shape
    return GreyFilm(
        codes=pixels.astype(np.uint16) + 1,
        least=0.0,
        highest=255.0,
        step=1.0,
        black=0.0,
        white=255.0,
        bits=8,
        height=height,
        width=width,
    )
