"""Associations against worked-out values and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats.contingency import association as scipy_association

from core.statistics.association import association, cramers_v, separation_p, smallest_p


def test_cramers_v_is_scipys_but_for_the_correction() -> None:
    table = np.array([[400.0, 100.0], [150.0, 350.0]])
    plain = scipy_association(table.astype(int), method="cramer")
    assert cramers_v(table) == pytest.approx(plain, abs=0.002)
    assert cramers_v(np.array([[10.0, 10.0], [10.0, 10.0]])) == 0
    assert cramers_v(np.array([[30.0, 0.0], [0.0, 30.0]])) == pytest.approx(1, abs=0.01)
    assert cramers_v(np.array([[30.0], [30.0]])) == 0


def test_classes_that_share_no_value_are_associated_and_alike_ones_are_not() -> None:
    labels = np.repeat([0, 1], 30)
    patients = np.arange(60).astype(str)
    v, interval, p = association(np.where(labels == 0, "north", "south"), labels, patients)
    assert v > 0.98
    assert interval[0] > 0.9
    assert p < 0.001
    mixed = np.tile(["north", "south"], 30)
    v, interval, p = association(mixed, labels, patients)
    assert (v, p) == (0, 1)
    assert interval[0] == 0


def test_many_films_of_few_patients_prove_nothing() -> None:
    """Forty films of two patients a class are two patients, not forty."""
    labels = np.repeat([0, 0, 1, 1], 20)
    patients = np.repeat(["a", "b", "c", "d"], 20)
    values = np.repeat(["north", "north", "south", "south"], 20)
    assert association(values, labels, patients)[2] > 0.1


def test_p_of_a_separation_counts_patients_and_is_even_without_one() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 12)
    patients = np.arange(24).astype(str)
    right = np.where(labels == 0, 0.9, 0.1)
    p = separation_p(np.stack([right, 1 - right], axis=1), labels, patients)
    assert p < 0.001
    found = []
    for _ in range(60):
        some = rng.random(24)
        found.append(separation_p(np.stack([some, 1 - some], axis=1), labels, patients))
    assert 0.3 < float(np.mean(found)) < 0.7
    same = np.full((24, 2), 0.5)
    assert separation_p(same, labels, patients) == 1


def test_the_least_p_of_a_small_test_set_is_one_of_its_arrangements() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert smallest_p(labels, np.arange(8).astype(str)) == pytest.approx(1 / 70)
