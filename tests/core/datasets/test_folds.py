"""Folds: each film tested once, no patient on two sides, and a plain word when impossible."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.datasets.folds import check_folds, fold_split
from core.errors import InputError
from core.specs import ClassSpec, DatasetSpec

SPEC = DatasetSpec(
    name="x",
    classes=(
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="viral", findings=("Viral pneumonia",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    ),
)


def members(*patients: list[int]) -> pd.DataFrame:
    """For each class, the number of films of each of its patients."""
    rows = [
        (index, f"{index}-{patient}")
        for index, films in enumerate(patients)
        for patient, count in enumerate(films)
        for _ in range(count)
    ]
    made = pd.DataFrame(rows, columns=["class_index", "patient"])
    return made.assign(source="here", path=[f"/{row}.png" for row in range(len(made))])


FILMS = members([8, 5, *[1] * 27], [2] * 20, [1] * 40)


@pytest.mark.parametrize("count", [2, 3, 5, 10])
def test_every_film_is_tested_once_and_no_patient_is_on_two_sides(count: int) -> None:
    folds = [fold_split(FILMS, SPEC, index, count) for index in range(count)]
    assert (np.sum([fold == "test" for fold in folds], axis=0) == 1).all()
    for fold in folds:
        sides = FILMS.assign(split=fold).groupby("patient")["split"].nunique()
        assert sides.max() == 1
        counts = pd.crosstab(FILMS["class_index"], fold)
        assert counts.shape == (3, 3), "every split has every class"
        assert counts["test"].sum() == pytest.approx(120 / count, rel=0.35)
        share = counts["validation"] / (counts["validation"] + counts["train"])
        assert share.between(0.12, 0.40).all()


def test_the_same_seed_gives_the_same_folds() -> None:
    again = fold_split(FILMS, SPEC, 1, 5)
    assert (fold_split(FILMS, SPEC, 1, 5) == again).all()
    assert (fold_split(FILMS, SPEC.changed(seed=1), 1, 5) != again).any()


@pytest.mark.parametrize(
    ("films", "count", "says"),
    [
        (members([5, 5, 5], [1] * 9, [1] * 9), 5, "“covid” come from 3 patients; 5 folds need"),
        (members([9], [1] * 9, [1] * 9), 2, "“covid” come from 1 patient; 2 folds need at least 4"),
        (members([1] * 9, [1] * 9, []), 3, "“healthy” come from 0 patients"),
    ],
)
def test_too_few_patients_are_said(films: pd.DataFrame, count: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        fold_split(films, SPEC, 0, count)
    with pytest.raises(InputError, match=says):
        check_folds(films, SPEC, count)


def test_patients_in_several_classes_may_make_it_impossible() -> None:
    # The same four patients are in all three classes, one of them with nearly all films.
    films = pd.concat([members([1] * 4).assign(class_index=index) for index in range(3)])
    check_folds(films, SPEC, 4)
    uneven = members([1] * 3, [1] * 30, [1] * 30)
    uneven.loc[uneven["class_index"] == 0, "patient"] = ["1-0", "1-0", "1-0"]
    with pytest.raises(InputError, match="Choose fewer folds"):
        check_folds(uneven, SPEC, 3)


def test_films_of_unknown_patients_are_not_one_patient() -> None:
    films = members([1] * 12, [1] * 12, [1] * 12)
    films["patient"] = ""
    tested = [fold_split(films, SPEC, index, 4) == "test" for index in range(4)]
    assert (np.sum(tested, axis=0) == 1).all()
    assert [one.sum() for one in tested] == [9] * 4
