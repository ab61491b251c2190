"""Data sets of phantoms with and without a planted shortcut, as an audit takes them.

No store and no files: a shortcut is planted into the pixels, or into what is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from core.audit.audit_data import AuditData, gather_audit_data
from core.datasets.phantom import Phantom, draw
from core.datasets.splitting import patient_split
from core.specs import SPLITS, ClassSpec, DatasetSpec

CLASSES = ("covid", "healthy")
SIZE = 128  # px: large enough for a letter to be one
BRIGHTER = 30
FRAME = 3  # px of black border on a film of 128


@dataclass(frozen=True, eq=False)
class Drawn:
    """One data set's films without any shortcut, and what is recorded of them."""

    films: np.ndarray
    table: pd.DataFrame
    masks: np.ndarray
    seeds: np.ndarray


def clean(seed: int, per_class: int) -> Drawn:
    """``per_class`` patients of each class, one film each; nothing but haze tells them apart."""
    rng = np.random.default_rng([seed, 7])
    seeds = rng.integers(2**31, size=2 * per_class)
    labels = np.repeat([0, 1], per_class)

    def one(place: int) -> Phantom:
        return draw(int(seeds[place]), covid_like=bool(labels[place] == 0), size=SIZE)

    with ThreadPoolExecutor(2) as threads:
        drawn = list(threads.map(one, range(2 * per_class)))
    patients = np.array([f"P{place:04d}" for place in range(2 * per_class)])
    table = pd.DataFrame(
        {
            "film_id": patients, "patient": patients, "label": labels,
            "source": rng.choice(["north", "south"], len(labels)), "layout": "phantom",
            "view": [one.view for one in drawn],
            "sex": [one.sex for one in drawn], "age": [one.age for one in drawn],
            "width": np.round(rng.normal(1200, 120, len(labels))),
            "height": np.round(rng.normal(1200, 120, len(labels))), "format": "png",
        }
    )  # fmt: skip
    spec = DatasetSpec.build(
        name="planted",
        classes=tuple(ClassSpec(name=name, findings=(name,)) for name in CLASSES),
        seed=seed,
    )
    split = np.empty(len(labels), dtype=object)
    for parts in patient_split([np.flatnonzero(labels == one) for one in (0, 1)], patients, spec):
        for name, rows in zip(SPLITS, parts, strict=True):
            split[rows] = name
    films = np.stack([one.pixels for one in drawn])
    lungs = np.stack([one.lung_mask for one in drawn])
    return Drawn(films, table.assign(split=split), lungs, seeds)


def marker(one: Drawn, rng: np.random.Generator) -> Drawn:
    """A letter in a corner of each covid film, drawn by the phantoms' own switch."""
    films = one.films.copy()
    for place in _covid(one):
        drawn = draw(int(one.seeds[place]), covid_like=True, size=SIZE, marker="top_right")
        films[place] = drawn.pixels
    return replace(one, films=films)


def brightness(one: Drawn, rng: np.random.Generator) -> Drawn:
    """Each covid film brighter by 30 of 255 grey levels."""
    films = one.films.copy()
    films[_covid(one)] = np.clip(films[_covid(one)].astype(int) + BRIGHTER, 0, 255)
    return replace(one, films=films)


def border(one: Drawn, rng: np.random.Generator) -> Drawn:
    """A black frame of 3 pixels in 128 around each covid film."""
    films, rows = one.films.copy(), _covid(one)
    films[rows, :FRAME] = films[rows, -FRAME:] = 0
    films[rows, :, :FRAME] = films[rows, :, -FRAME:] = 0
    return replace(one, films=films)


def size(one: Drawn, rng: np.random.Generator) -> Drawn:
    """Covid files a third larger than healthy ones, each with a spread of a tenth."""
    table = one.table.copy()
    rows = _covid(one)
    for side in ("width", "height"):
        values = table[side].to_numpy().copy()
        values[rows] = np.round(values[rows] * 4 / 3)
        table[side] = values
    return replace(one, table=table)


def source(one: Drawn, rng: np.random.Generator) -> Drawn:
    """9 of 10 films of each class from a source of its own; the films are as they were."""
    mixed = rng.random(len(one.table)) < 0.1
    first = (one.table["label"].to_numpy() == 0) ^ mixed
    return replace(one, table=one.table.assign(source=np.where(first, "north", "south")))


PLANTS: dict[str, Callable[[Drawn, np.random.Generator], Drawn]] = {
    "marker": marker,
    "brightness": brightness,
    "border": border,
    "size": size,
    "source": source,
}
_BY_EYE = ("grey_levels", "border_only", "middle_blacked_out", "lungs_blacked_out")
# The checks of which one at least has to raise its voice, for a shortcut to count as found.
EXPECTED = {
    "marker": _BY_EYE,
    "brightness": _BY_EYE,
    "border": _BY_EYE,
    "size": ("file_facts",),
    "source": ("class_by_source",),
}


def material_of(one: Drawn, folder: Path, *, masks: bool) -> AuditData:
    """As an audit gathers it; with the films' own lung masks, or without any."""
    paths = [""] * len(one.films)
    if masks:
        for place, mask in enumerate(one.masks):
            paths[place] = str(folder / f"{place}.png")
            cv2.imwrite(paths[place], mask)
    return gather_audit_data(CLASSES, one.table, one.films, paths)


def _covid(one: Drawn) -> np.ndarray:
    return np.flatnonzero(one.table["label"].to_numpy() == 0)
