"""How a run does on parts of its test films: by source, view, sex and age.

A number over all films can hide a group on which the run fails. Each group's sensitivity and
specificity stand with their intervals; the lowest is compared with the films outside the group, and
called worse only where that is more than chance explains with all groups looked at (Bonferroni).
Films of one patient are alike, so for that judgement patients are the trials.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from core.datasets.bias_checks import AGE_GROUPS, age_groups
from core.documents import Json
from core.evaluation.bootstrap import patients_of
from core.evaluation.predictions import Predictions, predicted_classes
from core.runs.learnt_films import patients_by_film
from core.statistics import Interval
from core.statistics.mover import newcombe
from core.statistics.normal import CONFIDENCE, Z_95, z_of
from core.statistics.proportions import Proportion, wilson
from core.store import Film, Run, Store
from core.store.film_rows import UNKNOWN

Measure = Literal["sensitivity", "specificity"]
MEASURES: tuple[Measure, ...] = ("sensitivity", "specificity")
SLICED_BY = ("source", "view", "sex", "age")
FEW = 5  # patients of a group, below which nothing can be said of it


@dataclass(frozen=True)
class SliceShare:
    """The share of films that are ``right``, and of how many patients they are (films of unknown
    ones count one by one)."""

    right: Proportion
    patients: int


@dataclass(frozen=True)
class Slice:
    """The films of one group. ``aspect``: one of ``SLICED_BY``; ``value``: as recorded, ages in
    groups, “unknown” where nothing is. ``sensitivity`` is of its positive films, ``specificity``
    of its others; None where there are none."""

    aspect: str
    value: str
    films: int
    patients: int
    sensitivity: SliceShare | None
    specificity: SliceShare | None

    def of(self, measure: Measure) -> SliceShare | None:
        return self.sensitivity if measure == "sensitivity" else self.specificity


@dataclass(frozen=True)
class LowestSlice:
    """The group with the lowest ``measure`` beside the films of which its aspect is known to be
    another. ``difference``: the others' share less its own (−1 to 1), ``interval``: its 95 %
    interval over patients. ``clear``: whether it is worse even with ``compared`` groups looked
    at."""

    measure: Measure
    group: Slice
    share: SliceShare
    others: SliceShare
    difference: float
    interval: Interval
    compared: int
    clear: bool


@dataclass(frozen=True)
class Slices:
    """``classes``: the positive one first. ``missing``: how many of the ``films`` the catalogue
    does not know; they are in no group. ``overall``: each measure that there are films for, over
    all of them. ``rows``: the groups, aspect by aspect. ``lowest``: one of
    each measure in which a group does worse than the others; ``comparable``: by which aspect each
    can be compared at all."""

    classes: tuple[str, ...]
    films: int
    missing: int
    overall: Mapping[Measure, float]
    rows: tuple[Slice, ...]
    lowest: tuple[LowestSlice, ...]
    comparable: frozenset[tuple[str, Measure]]

    def document(self) -> Json:
        """As JSON."""
        return {
            "classes": list(self.classes),
            "films": self.films,
            "films_not_in_the_catalogue": self.missing,
            **{one: self.overall.get(one) for one in MEASURES},
            "slices": [_slice_document(one) for one in self.rows],
            "lowest": [_lowest_document(one) for one in self.lowest],
        }


def slices(
    predictions: Predictions, films: Mapping[str, Film], patients: Mapping[str, str]
) -> Slices:
    """``predictions``: of one split, called as the run decides. ``films``: film id → what the
    catalogue knows of it. ``patients``: film id → patient (``patients_by_film``)."""
    table = _Films(predictions, films, patients)
    rows = tuple(one for aspect in SLICED_BY for one in table.groups(aspect))
    compared = [one for measure in MEASURES for one in table.compared(measure, rows)]
    # Of two groups, each is the other's films outside: that is one comparison, not two.
    looks = len({(one.measure, one.group.aspect, one.both) for one in compared})
    lowest = [
        _lowest([one for one in compared if one.measure == measure], looks) for measure in MEASURES
    ]
    return Slices(
        predictions.classes,
        len(predictions),
        int((~table.known).sum()),
        {one: float(table.right[of].mean()) for one, of in table.of_kind.items() if of.any()},
        rows,
        tuple(one for one in lowest if one),
        frozenset((one.group.aspect, one.measure) for one in compared),
    )


def slices_of(store: Store, run: Run, predictions: Predictions) -> Slices:
    """``slices`` of a run's ``predictions`` with what ``store`` knows of their films."""
    ids = predictions.film_ids.tolist()
    films = {one.film_id: one for one in store.catalogue.films(ids)}
    return slices(predictions, films, patients_by_film(store, [run], ids))


class _Compared(NamedTuple):
    measure: Measure
    group: Slice
    share: SliceShare
    others: SliceShare
    both: frozenset[bytes]  # which films stand on either side


class _Films:
    """What is known of each film, as columns (n,)."""

    def __init__(
        self, predictions: Predictions, films: Mapping[str, Film], patients: Mapping[str, str]
    ) -> None:
        found = [films.get(one) for one in predictions.film_ids.tolist()]
        self.known = np.array([one is not None for one in found], dtype=bool)
        self.patients = patients_of(predictions, patients)
        positive = predictions.y_true == 0
        self.of_kind: dict[Measure, np.ndarray] = {
            "sensitivity": positive,
            "specificity": ~positive,
        }
        self.right = (predicted_classes(predictions) == 0) == positive
        ages = age_groups(pd.Series([one.age if one else None for one in found], dtype=float))
        self.values = {
            "source": _texts([one.source if one else "" for one in found]),
            "view": _texts([one.view if one else "" for one in found]),
            "sex": _texts([one.sex if one else "" for one in found]),
            "age": _texts(ages.tolist()),
        }

    def groups(self, aspect: str) -> Iterator[Slice]:
        """The largest first, ages in their order; what is unknown last."""
        names, counts = np.unique(self.values[aspect][self.known], return_counts=True)
        order = dict(zip(names.tolist(), (-counts).tolist(), strict=True))
        if aspect == "age":
            order = {one: place for place, one in enumerate(AGE_GROUPS) if one in order}
        for value in sorted(order, key=lambda one: (one == UNKNOWN, order[one], one)):
            inside = self._inside(aspect, value)
            yield Slice(
                aspect,
                value,
                int(inside.sum()),
                len(np.unique(self.patients[inside])),
                self._share(inside & self.of_kind["sensitivity"]),
                self._share(inside & self.of_kind["specificity"]),
            )

    def compared(self, measure: Measure, rows: Sequence[Slice]) -> Iterator[_Compared]:
        """The groups that are large enough, where the films outside are enough too."""
        for one in rows:
            if one.value == UNKNOWN:
                continue
            inside = self._inside(one.aspect, one.value) & self.of_kind[measure]
            recorded = self.known & (self.values[one.aspect] != UNKNOWN) & self.of_kind[measure]
            outside = recorded & ~inside
            share, others = self._share(inside), self._share(outside)
            if share and others and min(share.patients, others.patients) >= FEW:
                both = frozenset((inside.tobytes(), outside.tobytes()))
                yield _Compared(measure, one, share, others, both)

    def _inside(self, aspect: str, value: str) -> np.ndarray:
        inside: np.ndarray = self.known & (self.values[aspect] == value)
        return inside

    def _share(self, chosen: np.ndarray) -> SliceShare | None:
        films = int(chosen.sum())
        if not films:
            return None
        right = Proportion.of(int(self.right[chosen].sum()), films)
        return SliceShare(right, len(np.unique(self.patients[chosen])))


def _texts(values: Sequence[str]) -> np.ndarray:
    return np.array([one or UNKNOWN for one in values], dtype=str)


def _lowest(compared: Sequence[_Compared], looks: int) -> LowestSlice | None:
    """The lowest of those that are clearly worse than the others; without any, the lowest of those
    that are worse at all; None where none is."""
    found = []
    for measure, group, share, others, _ in compared:
        strict = _difference(others, share, z_of(1 - (1 - CONFIDENCE) / looks))
        usual = _difference(others, share, Z_95)
        gap = others.right.value - share.right.value
        found.append(LowestSlice(measure, group, share, others, gap, usual, looks, strict[0] > 0))
    worse = [one for one in found if one.difference > 0]
    first = [one for one in worse if one.clear] or worse
    return min(first, key=lambda one: (one.share.right.value, -one.difference), default=None)


def _difference(first: SliceShare, second: SliceShare, z: float) -> Interval:
    """Of ``first`` less ``second``, with their patients as trials."""
    ends = [wilson(one.right.value * one.patients, one.patients, z) for one in (first, second)]
    assert ends[0] is not None
    assert ends[1] is not None
    return newcombe(first.right.value, ends[0], second.right.value, ends[1])


def _slice_document(one: Slice) -> Json:
    told: Json = {
        "aspect": one.aspect,
        "value": one.value,
        "films": one.films,
        "patients": one.patients,
    }
    for measure in MEASURES:
        share = one.of(measure)
        told |= {
            measure: share.right.value if share else None,
            f"{measure}_interval": list(share.right.interval) if share else None,
            f"{measure}_films": share.right.trials if share else 0,
            f"{measure}_films_right": share.right.successes if share else 0,
            f"{measure}_patients": share.patients if share else 0,
        }
    return told


def _lowest_document(one: LowestSlice) -> Json:
    return {
        "measure": one.measure,
        "aspect": one.group.aspect,
        "value": one.group.value,
        "share": one.share.right.value,
        "others": one.others.right.value,
        "difference": one.difference,
        "difference_interval": list(one.interval),
        "compared": one.compared,
        "clear": one.clear,
    }
