"""Whether films of one kind lie among themselves on the map, as numbers and as sentences.

Nearness is that of the vectors, not of the drawing, which has to tear some neighbours apart. Films
of one patient are no neighbours: they are alike because they show one person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.datasets.bias_checks import age_groups
from core.film_map.document import FilmMap
from core.statistics.neighbours import commonest_other, same_kind
from core.store.film_rows import UNKNOWN
from core.text import percent

NEAREST = 10  # neighbours that are looked at
ENOUGH = 20  # films of two kinds at least, for a share to mean something
APART, PARTLY = 0.5, 0.2  # of the way from chance to “all of its own kind”
ODD_OWN, ODD_OTHER = (
    0.1,
    0.7,
)  # shares of neighbours: at most of its own finding, at least of another

MapAspect = Literal["finding", "source", "view", "sex", "age"]
Apartness = Literal["apart", "partly", "mixed"]
_WORDS: dict[str, tuple[str, str]] = {
    "finding": ("findings", "have the same finding"),
    "source": ("sources", "come from the same source"),
    "view": ("views", "were taken in the same view"),
    "sex": ("sexes", "are of the same sex"),
    "age": ("age groups", "are of the same age group"),
}
_HOW: dict[Apartness, str] = {
    "apart": "lie apart",
    "partly": "lie partly apart",
    "mixed": "lie among each other",
}
WARNING = (
    "A network can tell where a film comes from before it has learnt anything of disease, and a "
    "good result may mean no more than that."
)


@dataclass(frozen=True)
class Separation:
    """How far films of one ``column`` lie among themselves. ``share`` of the nearest neighbours of
    a film that are of its own kind, ``chance`` what films dealt out at random would give, both in
    [0, 1], over ``films`` films. ``within_share``, ``within_chance`` and ``within_films``: the
    same among films of one finding only, of sources; None where none has enough from two."""

    column: MapAspect
    share: float
    chance: float
    films: int
    within_share: float | None = None
    within_chance: float | None = None
    within_films: int = 0

    @property
    def level(self) -> Apartness:
        """In three steps."""
        return _level(self.share, self.chance)

    def sentences(self) -> tuple[str, ...]:
        """What it comes to, the main thing first."""
        kinds, alike = _WORDS[self.column]
        said = [
            f"The {kinds} {_HOW[self.level]}: of the {NEAREST} films most like a film, "
            f"{percent(self.share)} {alike}; by chance it would be {percent(self.chance)}."
        ]
        if self.column != "source" or self.level == "mixed":
            return tuple(said)
        if self.within_share is None or self.within_chance is None:
            said.append(
                "No finding has enough films from two sources, so here finding and source cannot "
                "be told apart."
            )
        else:
            same = f"Among films of one finding it is {percent(self.within_share)}"
            said.append(f"{same} ({percent(self.within_chance)} by chance).")
        return (*said, WARNING) if self.level == "apart" else tuple(said)


def separation(found: FilmMap, frame: pd.DataFrame, column: MapAspect) -> Separation | None:
    """Of the films of a catalogue's frame that are on the map; None where fewer than two kinds
    have enough films to tell anything."""
    films = on_the_map(found, frame)
    labels = labels_of(films, column)
    sizes = np.bincount(labels[labels >= 0]) if (labels >= 0).any() else np.zeros(0, int)
    if (sizes >= ENOUGH).sum() < 2:
        return None
    units = _units(films)
    whole = same_kind(found.nearest, labels, units, NEAREST)
    within: tuple[float | None, float | None, int] = (None, None, 0)
    if column == "source":
        findings = labels_of(films, "finding")
        shared = np.where(_from_several(findings, labels), labels, -1)
        inside = same_kind(found.nearest, shared, units, NEAREST, findings)
        if inside.counted >= ENOUGH:
            within = (inside.mean_share, inside.mean_chance, inside.counted)
    return Separation(column, whole.mean_share, whole.mean_chance, whole.counted, *within)


def _from_several(findings: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """bool (n,): the films whose finding has ``ENOUGH`` films in two sources at least."""
    wide = np.zeros(len(findings), bool)
    for finding in np.unique(findings[findings >= 0]):
        rows = findings == finding
        own = sources[rows & (sources >= 0)]
        wide |= rows & ((np.bincount(own) >= ENOUGH).sum() >= 2 if len(own) else False)
    return wide


def odd_films(found: FilmMap, frame: pd.DataFrame) -> list[str]:
    """The ids of films that lie among films of one other finding, the oddest first: the first to
    look at for a wrong label."""
    films = on_the_map(found, frame)
    labels, units = labels_of(films, "finding"), _units(films)
    own = same_kind(found.nearest, labels, units, NEAREST)
    other = commonest_other(found.nearest, labels, units, NEAREST)
    odd = np.flatnonzero((labels >= 0) & (own.share <= ODD_OWN) & (other >= ODD_OTHER))
    return [found.films[row] for row in odd[np.argsort(own.share[odd] - other[odd], kind="stable")]]


def on_the_map(found: FilmMap, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a catalogue's frame in the order of the map; empty ones for films that are not
    in it."""
    return frame.set_index(frame["film_id"].astype(str)).reindex(list(found.films))


def labels_of(films: pd.DataFrame, column: MapAspect) -> np.ndarray:
    """int (n,): the kind of each row, below 0 where nobody knows."""
    values = age_groups(films["age"]) if column == "age" else films[column]
    texts = values.astype(object).where(values.notna(), UNKNOWN).astype(str)
    texts = texts.where(films["film_id"].notna().to_numpy(), UNKNOWN)
    codes, _ = pd.factorize(texts.where(texts != UNKNOWN), sort=True)
    return np.asarray(codes)


def _units(films: pd.DataFrame) -> np.ndarray:
    """int (n,): the patient of each row, or a number of its own."""
    patients = films["patient"].fillna("").astype(str)
    codes, _ = pd.factorize(patients.where(patients != ""))
    alone = len(codes) + np.arange(len(codes))
    units: np.ndarray = np.where(codes < 0, alone, codes)
    return units


def _level(share: float, chance: float) -> Apartness:
    reach = (share - chance) / (1 - chance) if chance < 1 else 0.0
    return "apart" if reach >= APART else "partly" if reach >= PARTLY else "mixed"
