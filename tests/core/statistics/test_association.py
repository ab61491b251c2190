"""Associations against worked-out values and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom, mannwhitneyu
from scipy.stats.contingency import association as scipy_association

from core.statistics.association import (
    association,
    cramers_v,
    separation_p,
    smallest_p,
    units_of,
)


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


def test_the_association_of_single_films_is_v_of_their_table_and_its_exact_p() -> None:
    """A film a patient: the p that deals classes out anew is Fisher's, of all tables as far."""
    labels = np.repeat([0, 1], [14, 11])
    values = np.array(["north"] * 9 + ["south"] * 5 + ["north"] * 3 + ["south"] * 8)
    v, (low, high), p = association(values, labels, np.arange(25).astype(str))
    table = np.array([[9.0, 5.0], [3.0, 8.0]])
    assert v == pytest.approx(float(cramers_v(table)), abs=1e-8)
    assert 0 <= low < v < high <= 1

    def chi(hits: int) -> float:
        some = np.array([[hits, 14 - hits], [12 - hits, hits - 1]], dtype=float)
        expected = np.outer(some.sum(axis=1), some.sum(axis=0)) / 25
        return float(((some - expected) ** 2 / expected).sum())

    exact = sum(hypergeom.pmf(n, 25, 12, 14) for n in range(1, 13) if chi(n) >= chi(9) - 1e-9)
    assert p == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 4999) ** 0.5)


def test_films_of_one_patient_with_two_values_count_in_both() -> None:
    labels = np.repeat([0, 0, 1, 1], [3, 1, 2, 2])
    values = np.array(["a", "a", "b", "a", "b", "b", "b", "a"])
    patients = np.array(["1", "1", "1", "2", "3", "3", "4", "4"])
    v, _, _ = association(values, labels, patients)
    assert v == pytest.approx(float(cramers_v(np.array([[3.0, 1.0], [1.0, 3.0]]))), abs=1e-8)


def test_p_of_a_separation_is_mann_whitneys_for_two_classes() -> None:
    rng = np.random.default_rng(5)
    labels = np.repeat([0, 1], [9, 7])
    score = rng.permutation(16) / 16 + np.where(labels == 0, 0.25, 0.0)
    p = separation_p(np.stack([score, 1 - score], axis=1), labels, np.arange(16).astype(str))
    exact = mannwhitneyu(score[labels == 0], score[labels == 1], alternative="greater").pvalue
    assert p == pytest.approx(exact, abs=0.02)
    assert 0.01 < exact < 0.5


def test_a_patients_films_are_averaged_before_they_are_ranked() -> None:
    labels = np.repeat([0, 1], 6)
    score = np.where(labels == 0, 0.9, 0.1)
    once = separation_p(np.stack([score, 1 - score], axis=1), labels, np.arange(12).astype(str))
    # Ten films of one patient, scored low each, are not one film scored high.
    films = np.where(labels == 0, 1, 10)
    many, owner = np.repeat(score, films), np.repeat(np.arange(12), films).astype(str)
    again = separation_p(np.stack([many, 1 - many], axis=1), np.repeat(labels, films), owner)
    assert once == again
    assert once == pytest.approx(1 / 924, abs=0.002)  # one arrangement of 12 over 6


def test_a_unit_is_a_patient_in_a_class() -> None:
    unit, owner = units_of(np.array(["b", "a", "b", "b"]), np.array([0, 0, 1, 0]))
    assert unit[0] == unit[3]
    assert len({unit[0], unit[1], unit[2]}) == 3
    assert owner[unit].tolist() == [0, 0, 1, 0]


def test_no_p_is_smaller_than_so_many_draws_can_tell() -> None:
    labels = np.repeat([0, 1], 200)
    assert smallest_p(labels, np.arange(400).astype(str)) == pytest.approx(1 / 5000)


def test_p_needs_no_more_memory_for_many_films(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn in portions or all at once: the same V, and p but for chance."""
    labels = np.repeat([0, 1], 20)
    values = np.where(np.arange(40) % 3 == 0, "north", "south")
    patients = np.arange(40).astype(str)
    whole = association(values, labels, patients)
    monkeypatch.setattr("core.statistics.association._CELLS", 40 * 700)
    assert association(values, labels, patients)[0] == whole[0]
    assert association(values, labels, patients)[2] == pytest.approx(whole[2], abs=0.03)
