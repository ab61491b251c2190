"""A data set dealt out again for each of k folds, so that every film is tested once.

Whichever way the data set itself was split, folds are grouped by patient: no patient is
in two splits of one fold.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.datasets.splitting import Rows, units
from core.errors import InputError
from core.specs import SPLITS, DatasetSpec

if TYPE_CHECKING:
    import pandas as pd

OF_FOLDS = ("source", "path", "patient")  # columns of a data set that folds are dealt out by
SMALL = 4_000  # films; of more, dealing out every fold would keep a page waiting


def fold_split(
    members: pd.DataFrame, spec: DatasetSpec, index: int, count: int
) -> NDArray[np.str_]:
    """The split of each film in fold ``index`` (from 0) of ``count``: str (n,), in order.

    ``members``: as ``Datasets.members`` returns them (``class_index``, ``patient``,
    ``source`` and ``path``).
    The fold's test films are tested in no other fold. Of the rest, about the data set's
    validation fraction validates, by patient too. The same films and the same seed of the
    data set give the same folds. Raises InputError when a class has too few patients, or
    they cannot be divided so that every split has films of every class.
    """
    truth = members["class_index"].to_numpy(dtype=np.int64)
    patients = units(members)
    _check_patients(members, spec, count)
    everyone = np.arange(len(truth))
    test = _parts(everyone, truth, patients, count, spec.seed)[index]
    rest = np.setdiff1d(everyone, test)
    split = np.full(len(truth), SPLITS[0], dtype=f"<U{max(map(len, SPLITS))}")
    split[test] = SPLITS[2]
    split[_validation(rest, truth, patients, spec)] = SPLITS[1]
    _check_classes(split, truth, spec, index, count)
    return split


def check_folds(members: pd.DataFrame, spec: DatasetSpec, count: int) -> None:
    """Raises InputError where ``fold_split`` would for one of the folds; of a large data
    set, only the number of patients is looked at."""
    _check_patients(members, spec, count)
    if len(members) <= SMALL:
        for index in range(count):
            fold_split(members, spec, index, count)


def most_folds(members: pd.DataFrame, wanted: int) -> int:
    """How many folds the patients of every class are enough for, at most ``wanted``; 0 for none.
    That they can also be divided so, ``check_folds`` finds out."""
    fewest = int(_patients(members).min()) if len(members) else 0
    return next((count for count in range(wanted, 1, -1) if fewest >= _needed(count)), 0)


def _patients(members: pd.DataFrame) -> pd.Series[int]:
    """Class → how many patients its films come from."""
    return members.assign(patient=units(members)).groupby("class_index")["patient"].nunique()


def _needed(count: int) -> int:
    """Patients of each class that so many folds need."""
    # A fold tests one patient of each class at least, and needs two more to train and
    # validate; where there are two folds, the larger one may hold one patient more.
    return max(count, 4 if count == 2 else 3)


def _check_patients(members: pd.DataFrame, spec: DatasetSpec, count: int) -> None:
    needed, patients = _needed(count), _patients(members)
    for index, name in enumerate(spec.class_names):
        there = int(patients.get(index, 0))
        if there < needed:
            raise InputError(
                f"The films of “{name}” come from {there} patient{'' if there == 1 else 's'}; "
                f"{count} folds need at least {needed}, because all films of a patient stay "
                "together. Choose fewer folds, or repeat with other seeds instead."
            )


def _validation(
    rest: Rows, truth: NDArray[np.int64], patients: NDArray[np.int64], spec: DatasetSpec
) -> Rows:
    """The rows of ``rest`` that validate: of equal parts, the one nearest to the fraction
    that has films of every class."""
    fewest = min(len(np.unique(patients[rest[truth[rest] == index]])) for index in np.unique(truth))
    parts = max(2, min(round(1 / spec.validation_fraction), fewest))
    wanted = spec.validation_fraction * len(rest)
    found = _parts(rest, truth, patients, parts, spec.seed)
    return min(found, key=lambda part: (-len(np.unique(truth[part])), abs(len(part) - wanted)))


def _parts(
    rows: Rows, truth: NDArray[np.int64], patients: NDArray[np.int64], count: int, seed: int
) -> list[Rows]:
    # Only here: whoever queues a run loads this module, and few runs are on folds.
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # It counts films where we count patients; too few of those is said by us.
        warnings.filterwarnings("ignore", message="The least populated class")
        found = splitter.split(rows[:, None], truth[rows], patients[rows])
        return [rows[part] for _, part in found]


def _check_classes(
    split: NDArray[np.str_],
    truth: NDArray[np.int64],
    spec: DatasetSpec,
    index: int,
    count: int,
) -> None:
    for name in SPLITS:
        there = set(truth[split == name].tolist())
        for place, label in enumerate(spec.class_names):
            if place not in there:
                raise InputError(
                    f"The patients of “{label}” cannot be divided into {count} folds: in fold "
                    f"{index + 1}, {name} would get none of its films. Choose fewer folds, or "
                    "repeat with other seeds instead."
                )
