"""Formulas against SciPy, statsmodels, scikit-learn and published values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special
from scipy.stats import chi2_contingency, norm
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar as their_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import zconfint

from core.statistics.association import cramers_v
from core.statistics.calibration import brier_score, calibration_error, fit_temperature, scaled
from core.statistics.hypotheses import holm, mcnemar
from core.statistics.mover import mean_proportion_interval, mover, newcombe
from core.statistics.normal import Z_95, mean_interval
from core.statistics.proportions import Proportion, trials_needed, wilson
from core.statistics.resampling import bootstrap_interval, cluster_draws, percentile_interval
from core.statistics.roc_area import roc_area, roc_area_interval
from core.statistics.softmax import log_softmax, logits_of, softmax

RNG = np.random.default_rng(11)


def test_z_is_scipys() -> None:
    assert pytest.approx(norm.ppf(0.975), abs=1e-14) == Z_95


def test_the_interval_of_a_mean_is_statsmodels() -> None:
    values = RNG.random(17)
    mean, ends = mean_interval(values)
    assert mean == pytest.approx(values.mean())
    assert ends == pytest.approx(zconfint(values))
    assert mean_interval(np.array([0.25])) == (0.25, (-np.inf, np.inf))


@pytest.mark.parametrize(("hits", "films"), [(0, 1), (1, 1), (3, 7), (12.5, 40.25), (999, 1000)])
def test_wilson_is_statsmodels_also_for_parts_of_films(hits: float, films: float) -> None:
    assert wilson(hits, films) == pytest.approx(proportion_confint(hits, films, method="wilson"))
    assert wilson(hits, 0) is None


def test_as_many_trials_are_needed_as_wilson_asks_for() -> None:
    for wanted in (0.5, 0.9, 0.95, 0.99):
        films = trials_needed(wanted)
        enough, too_few = wilson(films, films), wilson(films - 1, films - 1)
        assert enough is not None
        assert too_few is not None
        assert too_few[0] < wanted <= enough[0]
    assert trials_needed(1.0) == 0


def test_a_difference_has_the_interval_that_newcombe_published() -> None:
    """Statistics in Medicine 17 (1998) 873, table II: 56/70 − 48/80 and 9/10 − 3/10, method 10."""
    for (a, n), (b, m), low, high in (
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ):
        first, second = Proportion.of(a, n), Proportion.of(b, m)
        ends = newcombe(first.value, first.interval, second.value, second.interval)
        assert ends == pytest.approx((low, high), abs=5e-5)


def test_a_difference_is_statsmodels() -> None:
    for _ in range(30):
        n, m = (int(one) for one in RNG.integers(2, 90, 2))
        first = Proportion.of(int(RNG.integers(0, n + 1)), n)
        second = Proportion.of(int(RNG.integers(0, m + 1)), m)
        theirs = confint_proportions_2indep(
            first.successes, n, second.successes, m, method="newcomb", compare="diff"
        )
        ours = newcombe(first.value, first.interval, second.value, second.interval)
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_distances_add_as_independent_errors_do_on_their_own_side() -> None:
    assert mover([5.0], [(4.0, 7.0)], [2.0]) == (8.0, 14.0)
    assert mover([5.0], [(4.0, 7.0)], [-1.0]) == (-7.0, -4.0)
    low, high = mover([1.0, 2.0], [(-2.0, 2.0), (-2.0, 5.0)], [1.0, 1.0])
    assert (low, high) == pytest.approx((3 - 5.0, 3 + 10**0.5))


def test_a_mean_of_proportions_is_narrower_than_each_and_no_point_at_the_end() -> None:
    low, high = mean_proportion_interval([1.0, 1.0], [12, 12])
    one = wilson(12, 12)
    assert one is not None
    assert one[0] < low < 1
    assert low == pytest.approx(1 - (1 - one[0]) / 2**0.5)
    assert high == 1
    half = wilson(6, 12)
    assert mean_proportion_interval([0.5, 1.0], [12, 12], [1.0, 0.0]) == pytest.approx(half)


def test_mcnemar_is_statsmodels_and_no_overflow() -> None:
    for first, second in ((0, 0), (6, 0), (3, 11), (40, 41), (1500, 1400)):
        theirs = their_mcnemar([[5, first], [second, 5]], exact=True).pvalue
        assert mcnemar(first, second) == pytest.approx(min(theirs, 1), rel=1e-9)


def test_holm_is_the_textbooks_and_statsmodels() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    for count in (1, 2, 9):
        p_values = RNG.random(count).tolist()
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm([]) == []


def test_cramers_v_is_bergsmas_from_scipys_chi_square() -> None:
    for _ in range(20):
        rows, columns = (int(one) for one in RNG.integers(2, 5, 2))
        table = RNG.integers(1, 30, (rows, columns))
        n = table.sum()
        phi = chi2_contingency(table, correction=False).statistic / n
        phi = max(0.0, phi - (rows - 1) * (columns - 1) / (n - 1))
        sides = [one - (one - 1) ** 2 / (n - 1) for one in (rows, columns)]
        expected = (phi / (min(sides) - 1)) ** 0.5
        assert cramers_v(table.astype(float)) == pytest.approx(expected)
        with_nothing = np.hstack([table, np.zeros((rows, 1))])
        assert cramers_v(with_nothing) == pytest.approx(expected)


def test_softmax_is_scipys_for_logits_of_any_size() -> None:
    logits = RNG.normal(0, 300, (40, 3)).astype(np.float32)
    assert softmax(logits) == pytest.approx(special.softmax(logits.astype(float), axis=-1))
    assert log_softmax(logits) == pytest.approx(special.log_softmax(logits.astype(float), axis=-1))
    assert softmax(logits).dtype == np.float64
    assert softmax(np.array([2.0, 2.0])).tolist() == [0.5, 0.5]
    shares = special.softmax(RNG.normal(0, 2, (9, 4)), axis=-1)
    assert softmax(logits_of(shares)) == pytest.approx(shares)
    assert softmax(logits_of(np.array([1.0, 0.0])))[1] == pytest.approx(1e-12)


def test_the_brier_score_is_scikit_learns() -> None:
    y_score, y_true = RNG.random(50), RNG.random(50) < 0.4
    assert brier_score(y_true, y_score) == pytest.approx(brier_score_loss(y_true, y_score))


def test_the_calibration_error_weighs_bins_by_their_films() -> None:
    assert calibration_error([0.1, 0.9], [0.2, 0.5], [3, 1]) == pytest.approx(
        (3 * 0.1 + 1 * 0.4) / 4
    )


def test_no_temperature_fits_better_than_the_one_that_was_fitted() -> None:
    y_true = RNG.integers(0, 3, 60)
    probabilities = special.softmax(RNG.normal(0, 2, (60, 3)) + 2 * np.eye(3)[y_true], axis=1)
    counts = np.bincount(y_true)
    best = fit_temperature(y_true, probabilities)

    def loss(temperature: float) -> float:
        logs = np.log(scaled(probabilities, temperature).astype(float))
        total = 0.0
        for row, label in enumerate(y_true):
            target = np.full(3, 1 / (counts[label] + 3))
            target[label] = (counts[label] + 1) / (counts[label] + 3)
            total -= float(target @ logs[row])
        return total

    assert loss(best) < min(loss(best * 0.97), loss(best * 1.03))


def test_clusters_are_drawn_whole_and_as_many_as_there_are() -> None:
    cluster = np.array([0, 0, 0, 1, 2, 2])
    parts = list(cluster_draws(cluster, 25, 3, at_once=10))
    assert [len(one) for one in parts] == [10, 10, 5]
    drawn = np.concatenate(parts)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 4] == drawn[:, 5]).all()
    assert (drawn[:, [0, 3, 4]].sum(axis=1) == 3).all()
    again = np.concatenate(list(cluster_draws(cluster, 25, 3, at_once=10)))
    assert (again == drawn).all()
    assert not list(cluster_draws(np.zeros(4, int), 25, 3, at_once=10))
    assert not list(cluster_draws(np.zeros(0, int), 25, 3, at_once=10))


def test_with_a_film_a_cluster_the_bootstrap_is_the_usual_standard_error() -> None:
    values = RNG.normal(0, 1, 200)
    draws = np.concatenate(list(cluster_draws(np.arange(200), 4000, 0, at_once=500)))
    low, high = bootstrap_interval(draws @ values / 200) or (0, 0)
    _, (expected_low, expected_high) = mean_interval(values)
    assert (low, high) == pytest.approx((expected_low, expected_high), abs=0.02)


def test_a_bootstrap_says_nothing_where_it_cannot() -> None:
    assert bootstrap_interval(np.array([])) is None
    assert bootstrap_interval(np.full(100, 0.7)) is None
    values = np.arange(100, dtype=float)
    assert bootstrap_interval(values) == pytest.approx((2.475, 96.525))
    assert percentile_interval(values) == pytest.approx((2.475, 96.525))
    values[:5] = np.nan
    assert bootstrap_interval(values) is not None  # one in twenty may lack a value
    values[5] = np.nan
    assert bootstrap_interval(values) is None


def test_the_area_of_the_other_class_has_the_other_interval() -> None:
    for area, n, m in ((0.5, 7, 9), (0.83, 20, 4), (0.99, 50, 60), (1.0, 3, 3)):
        low, high = roc_area_interval(area, n, m) or (0, 0)
        assert 0 <= low <= area <= high <= 1
        assert roc_area_interval(1 - area, m, n) == pytest.approx((1 - high, 1 - low), abs=1e-6)
    assert roc_area_interval(0.5, 5, 0) is None


@pytest.mark.parametrize("steps", [3, 1000])
def test_the_area_under_the_roc_curve_is_scikit_learns_ties_and_all(steps: int) -> None:
    scores = RNG.integers(0, steps, 200) / steps
    positive = RNG.random(200) < 0.3 + 0.3 * scores
    assert roc_area(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert roc_area(scores, np.ones(200, bool)) is None
    assert roc_area(np.array([0.2, 0.7]), np.array([True, False])) == 0
