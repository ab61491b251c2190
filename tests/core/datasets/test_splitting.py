"""What a split by patient holds to, whatever films patients have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.datasets import splitting
from core.datasets.splitting import (
    _deal,
    patient_split,
    sizes,
    study_split,
    undersample,
    units,
)
from core.errors import SpecError
from core.specs import ClassSpec, DatasetSpec

SPEC = DatasetSpec.build(
    name="few",
    classes=(
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    ),
)


@pytest.mark.parametrize("counts", [(40, 1, 1), (1, 30, 30), (9, 9, 9), (50, 2, 1, 1), (7, 3, 1)])
@pytest.mark.parametrize("test_fraction", [0.05, 0.2, 0.6])
def test_each_part_gets_each_class_though_one_patient_has_most_films(
    counts: tuple[int, ...], test_fraction: float
) -> None:
    """Greedy alone would give a part nothing: what it lacks is less than what a patient has."""
    names = [f"a{number}" for number, films in enumerate(counts) for _ in range(films)]
    others = [f"b{number}" for number in range(40)]
    patients = np.array([*names, *others])
    rows = [np.arange(len(names)), np.arange(len(names), len(patients))]
    for seed in range(10):
        spec = SPEC.changed(seed=seed, test_fraction=test_fraction)
        parts = patient_split(rows, patients, spec)
        assert all(len(part) for one in parts for part in one), (counts, seed)
        for one, films in zip(parts, rows, strict=True):
            assert sorted(np.concatenate(one).tolist()) == films.tolist()
            held = [set(patients[part]) for part in one]
            assert not held[0] & held[1] | held[0] & held[2] | held[1] & held[2]


def test_films_are_divided_as_in_the_study() -> None:
    """A fifth to test, rounded up; of the rest a fifth to validate, rounded up."""
    spec = SPEC.changed(test_fraction=0.2, validation_fraction=0.2)
    assert sizes(200, spec) == (128, 32, 40)
    assert sizes(15, spec) == (9, 3, 3)  # 0.2 · 15 is a hair more than 3 in a computer
    assert sizes(16, spec) == (9, 3, 4)
    assert sizes(0, spec) == (0, 0, 0)


def test_the_smallest_class_says_how_many_films_are_drawn() -> None:
    rows = [np.arange(10), np.arange(10, 14), np.arange(14, 20)]
    drawn = undersample(rows, 3)
    assert [len(one) for one in drawn] == [4, 4, 4]
    for one, all_of_it in zip(drawn, rows, strict=True):
        assert sorted(set(one.tolist())) == one.tolist()
        assert set(one) <= set(all_of_it)
    assert [one.tolist() for one in undersample(rows, 3)] == [one.tolist() for one in drawn]
    assert undersample(rows, 4)[0].tolist() != drawn[0].tolist()


def test_films_one_by_one_are_shuffled_and_cut() -> None:
    spec = SPEC.changed(test_fraction=0.25, validation_fraction=0.25, split_by="study", seed=2)
    rows = [np.arange(16), np.arange(16, 24)]
    parts = study_split(rows, spec)
    assert [[len(part) for part in one] for one in parts] == [[9, 3, 4], [4, 2, 2]]
    for one, films in zip(parts, rows, strict=True):
        assert sorted(np.concatenate(one).tolist()) == films.tolist()
        assert np.concatenate(one).tolist() != films.tolist()
    with pytest.raises(SpecError, match="With 2 films of “healthy” and these fractions, 0 would"):
        study_split([np.arange(16), np.arange(2)], spec)


def test_patients_alike_go_to_training_first_then_to_validation() -> None:
    one_class = SPEC.changed(classes=SPEC.classes)
    films = np.array([[1, 1], [1, 1], [1, 1]])
    assert _deal(films, [(1, 1, 1), (1, 1, 1)], one_class) == [0, 1, 2]
    # What a part lacks most of its own wish comes first: 4 of 4 before 2 of 2.
    assert _deal(np.array([[2, 2]] * 4), [(4, 2, 2), (4, 2, 2)], one_class) == [0, 1, 2, 0]


def test_too_few_patients_are_counted() -> None:
    patients = np.array(["a", "a", "b", "c", "d", "e", "f"])
    rows = [np.array([0, 1, 2]), np.array([3, 4, 5, 6])]
    with pytest.raises(SpecError, match="The films of “covid” come from 2 patients only"):
        patient_split(rows, patients, SPEC)
    alone = np.array(["a", "a", "a", "c", "d", "e", "f"])
    with pytest.raises(SpecError, match="come from 1 patient only"):
        patient_split(rows, alone, SPEC)
    three = np.array(["a", "b", "c", "d", "e", "f", "f"])
    parts = patient_split(rows, three, SPEC)
    assert [len(part) for part in parts[0]] == [1, 1, 1]


@pytest.mark.parametrize("at_once", [1, 3, 8192])
@pytest.mark.parametrize("categories", [False, True])
def test_units_are_numbered_in_the_order_of_their_names(
    at_once: int, categories: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(splitting, "_AT_ONCE", at_once)
    rng = np.random.default_rng(0)
    texts = [
        ["", None, "b/1", "b/é", "B/😀", "b/ﬀ"],
        ["a", "b", "ä", None],
        ["/1", "/10", "/é", None],
    ]
    columns = {
        name: pd.Series(rng.choice(np.array(some, dtype=object), 60), dtype="str")
        for name, some in zip(("patient", "source", "path"), texts, strict=True)
    }
    members = pd.DataFrame(columns)
    alone = members["source"] + "/" + members["path"]
    patients = members["patient"].fillna("")
    wanted, _ = pd.factorize(patients.where(patients != "", alone), sort=True)
    if categories:
        members["source"] = members["source"].astype("category")
    assert units(members).tolist() == wanted.tolist()
    assert units(members[:0]).tolist() == []
