"""The audit's statistics against worked-out values and scikit-learn's neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from scipy.stats.contingency import association as scipy_association

from core.audit import statistics


@pytest.mark.parametrize(("hits", "films"), [(80, 80), (38, 40), (1, 7), (0, 5)])
def test_the_wilson_interval_is_scipys(hits: int, films: int) -> None:
    low, high = statistics.wilson_share(hits / films, films)
    expected = binomtest(hits, films).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_the_interval_of_a_mean_is_narrower_than_each_and_no_point_at_the_end() -> None:
    low, high = statistics.mean_interval([1.0, 1.0], [12, 12])
    one = statistics.wilson_share(1.0, 12)[0]
    assert one < low < 1
    assert low == pytest.approx(1 - (1 - one) / 2**0.5)
    assert high == 1


def test_cramers_v_is_scipys_but_for_the_correction() -> None:
    table = np.array([[400.0, 100.0], [150.0, 350.0]])
    plain = scipy_association(table.astype(int), method="cramer")
    assert statistics.cramers_v(table) == pytest.approx(plain, abs=0.002)
    assert statistics.cramers_v(np.array([[10.0, 10.0], [10.0, 10.0]])) == 0
    assert statistics.cramers_v(np.array([[30.0, 0.0], [0.0, 30.0]])) == pytest.approx(1, abs=0.01)
    assert statistics.cramers_v(np.array([[30.0], [30.0]])) == 0


def test_classes_that_share_no_value_are_associated_and_alike_ones_are_not() -> None:
    labels = np.repeat([0, 1], 30)
    patients = np.arange(60).astype(str)
    v, interval, p = statistics.association(
        np.where(labels == 0, "north", "south"), labels, patients
    )
    assert v > 0.98
    assert interval[0] > 0.9
    assert p < 0.001
    mixed = np.tile(["north", "south"], 30)
    v, interval, p = statistics.association(mixed, labels, patients)
    assert (v, p) == (0, 1)
    assert interval[0] == 0


def test_many_films_of_few_patients_prove_nothing() -> None:
    """Forty films of two patients a class are two patients, not forty."""
    labels = np.repeat([0, 0, 1, 1], 20)
    patients = np.repeat(["a", "b", "c", "d"], 20)
    values = np.repeat(["north", "north", "south", "south"], 20)
    assert statistics.association(values, labels, patients)[2] > 0.1


def test_p_of_a_separation_counts_patients_and_is_even_without_one() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 12)
    patients = np.arange(24).astype(str)
    right = np.where(labels == 0, 0.9, 0.1)
    p = statistics.separation_p(np.stack([right, 1 - right], axis=1), labels, patients)
    assert p < 0.001
    found = []
    for _ in range(60):
        some = rng.random(24)
        found.append(statistics.separation_p(np.stack([some, 1 - some], axis=1), labels, patients))
    assert 0.3 < float(np.mean(found)) < 0.7
    same = np.full((24, 2), 0.5)
    assert statistics.separation_p(same, labels, patients) == 1


def test_holm_is_the_textbooks() -> None:
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_the_least_p_of_a_small_test_set_is_one_of_its_arrangements() -> None:
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    assert statistics.smallest_p(labels, np.arange(8).astype(str)) == pytest.approx(1 / 70)
