"""Intervals and tests against published values, and against scipy on random tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from core.statistics.hypotheses import mcnemar, more_needed
from core.statistics.mover import mean_proportion_interval
from core.statistics.proportions import f1_interval, wilson
from core.statistics.roc_area import roc_area_interval


@pytest.mark.parametrize(
    ("hits", "films", "low", "high"),
    [(80, 80, 95.4, 100.0), (78, 80, 91.3, 99.3), (38, 40, 83.5, 98.6), (40, 40, 91.2, 100.0)],
)
def test_wilson_gives_the_published_intervals(
    hits: int, films: int, low: float, high: float
) -> None:
    ends = wilson(hits, films)
    assert ends is not None
    assert [round(100 * one, 1) for one in ends] == [low, high]


def test_wilson_agrees_with_scipy_on_random_tables() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        films = int(rng.integers(1, 2000))
        hits = int(rng.integers(0, films + 1))
        theirs = binomtest(hits, films).proportion_ci(confidence_level=0.95, method="wilson")
        assert wilson(hits, films) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_mcnemar_agrees_with_scipy_on_random_tables() -> None:
    assert mcnemar(6, 0) == pytest.approx(0.031, abs=5e-4)
    rng = np.random.default_rng(1)
    for _ in range(300):
        first, second = (int(one) for one in rng.integers(0, 60, 2))
        theirs = binomtest(first, first + second).pvalue if first + second else 1.0
        assert mcnemar(first, second) == pytest.approx(theirs, rel=1e-9)


def test_more_needed_is_the_least_number_that_suffices() -> None:
    assert more_needed(0, 0) == 6
    assert more_needed(6, 0) == 0
    rng = np.random.default_rng(2)
    for _ in range(100):
        few, many = sorted(int(one) for one in rng.integers(0, 40, 2))
        more = more_needed(many, few)
        assert more == more_needed(few, many)
        assert mcnemar(many + more, few) < 0.05
        assert not more or mcnemar(many + more - 1, few) >= 0.05


def test_an_area_has_an_interval_even_where_it_is_perfect() -> None:
    low, high = roc_area_interval(1.0, 40, 40) or (0, 0)
    assert (round(low, 3), high) == (0.950, 1.0)
    assert roc_area_interval(0.0, 40, 40) == pytest.approx((0, 1 - low))
    # In the middle it is the usual standard error of the rank sum, score-inverted.
    low, high = roc_area_interval(0.5, 40, 40) or (0, 0)
    assert low + high == pytest.approx(1)
    assert 0.5 - low == pytest.approx(1.96 * np.sqrt(81 / (12 * 1600)), rel=0.05)
    assert roc_area_interval(0.9, 0, 40) is None


@pytest.mark.parametrize("area", [0.7, 0.9])
def test_the_interval_of_an_area_covers_the_true_one_about_as_often_as_it_says(area: float) -> None:
    rng = np.random.default_rng(3)
    apart = np.sqrt(2) * {0.7: 0.524401, 0.9: 1.281552}[area]
    covered = 0
    for _ in range(600):
        sick, well = rng.normal(apart, 1, 40), rng.normal(0, 1, 40)
        ends = roc_area_interval(float((sick[:, None] > well).mean()), 40, 40)
        assert ends is not None
        covered += ends[0] <= area <= ends[1]
    assert 0.92 <= covered / 600 <= 0.98


def test_f1_follows_its_share_of_hits() -> None:
    assert f1_interval(0, 0, 0) is None
    low, high = f1_interval(40, 0, 0) or (0, 0)
    assert (round(low, 3), high) == (0.954, 1.0)
    ends = wilson(30, 45)
    assert ends is not None
    assert f1_interval(30, 10, 5) == pytest.approx([2 * one / (1 + one) for one in ends])


def test_wilson_takes_one_trial_and_less() -> None:
    # z² / (1 + z²) is the upper end of 0 of 1; half a trial leaves more open.
    assert wilson(0, 1) == pytest.approx((0.0, 3.841459 / 4.841459), abs=1e-6)
    assert wilson(0, 0.5) == pytest.approx((0.0, 3.841459 / 4.341459), abs=1e-6)
    assert wilson(0, 0) is None


def test_a_mean_without_weights_weighs_all_alike() -> None:
    told = mean_proportion_interval([0.9, 0.5], [40, 60], [0.5, 0.5])
    assert mean_proportion_interval([0.9, 0.5], [40, 60]) == pytest.approx(told)
    low, high = told
    assert low < 0.7 < high
