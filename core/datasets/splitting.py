"""Which films of each class, and which of them train, validate and test.

Rows are positions in a frame that its caller has sorted, so that the same films and the
same seed always give the same answer. Folds, for repeating a run, are in folds.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import SpecError
from core.specs import SPLITS, DatasetSpec

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.intp]

# One stream of random numbers for each use, so that changing one leaves the others.
_UNDERSAMPLE, _STUDY, _PATIENTS = 0, 1, 2

_AT_ONCE = 8192  # films looked at together


def units(members: pd.DataFrame) -> NDArray[np.int64]:
    """int64 (n,): what a split keeps together, one a row of ``members`` (columns ``patient``,
    ``source``, ``path``): a number of the patient, or of the film alone where its patient is
    unknown. In the order of their names."""
    import pandas as pd  # only here: whoever queues a run loads this module

    parts = [
        _names(members.iloc[start : start + _AT_ONCE])
        for start in range(0, max(len(members), 1), _AT_ONCE)
    ]
    return _numbered(pd.concat(parts))


def _names(members: pd.DataFrame) -> pd.Series:
    patients = members["patient"].fillna("").astype(str)
    # In this order they lie as they did when every film was given a patient by its path, so
    # the folds of data sets from then stay what they were.
    alone = members["source"].astype(str) + "/" + members["path"].astype(str)
    return patients.where(patients != "", alone)


def _numbered(names: pd.Series) -> NDArray[np.int64]:
    """int64 (n,): for each name its place among all different ones, −1 where it is missing."""
    # As pandas's ``factorize`` does it, which makes Python's own texts of them all: four times the
    # memory of the column.
    column = names.array
    order = np.asarray(column.argsort())
    numbers = np.full(len(column), -1, dtype=np.int64)
    number = -1
    there = len(column) - int(names.isna().sum())  # what is missing comes last
    for start in range(0, there, _AT_ONCE):
        rows = order[max(start - 1, 0) : min(start + _AT_ONCE, there)]
        part = column.take(rows)
        fresh = np.asarray(part[1:] != part[:-1], dtype=bool)
        if not start:
            fresh = np.concatenate([[True], fresh])
        numbers[rows[-len(fresh) :]] = number + np.cumsum(fresh)
        number += int(fresh.sum())
    return numbers


def of_unknown_patients(members: pd.DataFrame) -> int:
    """How many of the films (column ``patient``) nobody knows the patient of."""
    return int((members["patient"].fillna("") == "").sum())


def undersample(rows: Sequence[Rows], seed: int) -> list[Rows]:
    """Draw from each class as many rows as the smallest class has, keeping their order.

    Single films are drawn, not patients, whichever way the films are split later: that
    keeps more different patients in a class than dropping whole patients would.
    """
    least = min(len(one) for one in rows)
    kept = []
    for index, one in enumerate(rows):
        rng = np.random.default_rng([seed, _UNDERSAMPLE, index])
        kept.append(np.sort(rng.choice(one, least, replace=False)) if len(one) > least else one)
    return kept


def sizes(films: int, spec: DatasetSpec) -> tuple[int, int, int]:
    """Films to train, validate and test out of ``films``, rounded as in the study.

    Test is ceil(test_fraction · n), validation ceil(validation_fraction · the rest).
    """
    # A hair less, because 0.2 · 15 is 3.0000000000000004 in a computer.
    test = ceil(spec.test_fraction * films - 1e-9)
    validation = ceil(spec.validation_fraction * (films - test) - 1e-9)
    return films - test - validation, validation, test


def study_split(rows: Sequence[Rows], spec: DatasetSpec) -> list[list[Rows]]:
    """Shuffle the films of each class and cut, as the study did, whoever is on them.

    Returns, for each class, the rows of train, validation and test. Raises SpecError
    when a class is too small to leave a film for each.
    """
    parts = []
    for index, one in enumerate(rows):
        train, validation, test = sizes(len(one), spec)
        if min(train, validation, test) < 1:
            raise SpecError(
                f"With {len(one)} films of “{spec.classes[index].name}” and these fractions, "
                f"{train} would train, {validation} validate and {test} test. Each needs at "
                "least 1: take more films or other fractions."
            )
        order = np.random.default_rng([spec.seed, _STUDY, index]).permutation(one)
        parts.append(
            [order[:train], order[train : train + validation], order[train + validation :]]
        )
    return parts


def patient_split(
    rows: Sequence[Rows], patients: NDArray[np.int64], spec: DatasetSpec
) -> list[list[Rows]]:
    """Give each patient to one split only, near the study's fractions in every class.

    Greedy: patients with most films first (equals in an order drawn by the seed), each to
    the split where they take away most of what its classes still lack. The many patients
    with a single film come last and even out what the first ones left. Returns and raises
    as ``study_split``; ``patients`` holds one number a row of the frame, as ``units`` gives it.
    """
    classes = len(rows)
    of_class = np.concatenate([np.full(len(one), index) for index, one in enumerate(rows)])
    everyone = np.concatenate(list(rows))
    names, who = np.unique(patients[everyone], return_inverse=True)
    films = np.zeros((len(names), classes), int)
    np.add.at(films, (who, of_class), 1)
    _check_enough_patients(films, spec)

    shuffled = np.random.default_rng([spec.seed, _PATIENTS]).permutation(len(names))
    order = shuffled[np.argsort(-films[shuffled].sum(axis=1), kind="stable")]
    place = np.zeros(len(names), int)
    place[order] = _deal(films[order], [sizes(len(one), spec) for one in rows], spec)
    split_of = place[who]
    return [
        [everyone[(of_class == index) & (split_of == split)] for split in range(len(SPLITS))]
        for index in range(classes)
    ]


def _deal(
    films: NDArray[np.int_], wanted: Sequence[tuple[int, ...]], spec: DatasetSpec
) -> list[int]:
    """The split of each patient, in the order given. ``films``: patient × class.

    Plain lists, because arrays of three numbers are slower than none.
    """
    splits = range(len(SPLITS))
    held = [[0] * len(wanted) for _ in splits]
    left = (films > 0).sum(axis=0).tolist()  # patients of each class still to be placed
    dealt = []
    rows = (
        row
        for start in range(0, len(films), _AT_ONCE)
        for row in films[start : start + _AT_ONCE].tolist()
    )
    for row in rows:
        own = [(index, count) for index, count in enumerate(row) if count]
        best, most = 0, float("-inf")
        for split in splits:
            gain = 0.0
            for index, count in own:
                # How much missing²/wanted falls when this patient joins the split.
                target = max(wanted[index][split], 1)
                gain += 2 * count * (target - held[split][index] - count / 2) / target
                # A class with only as many patients left as empty splits must fill those.
                if not held[split][index]:
                    empty = sum(not held[other][index] for other in splits)
                    gain += 1e6 * (left[index] <= empty)
            if gain > most:
                best, most = split, gain
        dealt.append(best)
        for index, count in own:
            held[best][index] += count
            left[index] -= 1
    for split in splits:
        for index, one in enumerate(spec.classes):
            if not held[split][index]:
                raise SpecError(
                    f"The patients of “{one.name}” cannot be divided so that {SPLITS[split]} "
                    "gets any of them: some belong to several classes. Take more films, other "
                    "classes, or split by film as the study did."
                )
    return dealt


def _check_enough_patients(films: NDArray[np.int_], spec: DatasetSpec) -> None:
    for index, count in enumerate((films > 0).sum(axis=0)):
        if count < len(SPLITS):
            raise SpecError(
                f"The films of “{spec.classes[index].name}” come from "
                f"{'1 patient' if count == 1 else f'{count} patients'} only; a split by patient "
                "needs at least 3, one each to train, validate and test. Take more films, or "
                "split by film as the study did."
            )
