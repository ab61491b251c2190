"""What can be worked out on paper, or is said by a formula in another form than ours."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import chi2_contingency, norm

from core.statistics import association as room
from core.statistics.association import association, cramers_v, separation_p
from core.statistics.calibration import fit_temperature
from core.statistics.mover import mean_proportion_interval
from core.statistics.normal import mean_interval
from core.statistics.prevalence import predictive_values
from core.statistics.proportions import Proportion, trials_needed, wilson
from core.statistics.resampling import cluster_draws
from core.statistics.roc_area import roc_area_interval

Z = float(norm.ppf(0.975))


def names(count: int) -> np.ndarray:
    return np.arange(count).astype(str)


def test_two_films_in_two_classes_prove_no_association() -> None:
    """χ² of the table is 2, φ² 1, and one film the other way is expected by chance alone."""
    assert cramers_v(np.eye(2)) == 0
    assert cramers_v(np.eye(3)) == 0
    assert cramers_v(np.array([[1.0]])) == 0
    assert cramers_v(np.zeros((2, 2))) == 0


def test_a_row_of_one_film_counts_and_an_empty_one_does_not() -> None:
    table = np.array([[1, 0, 0], [0, 6, 2], [0, 1, 5]])
    n, chi = table.sum(), chi2_contingency(table, correction=False).statistic
    corrected = chi / n - 4 / (n - 1)
    expected = sqrt(corrected / (3 - 4 / (n - 1) - 1))
    assert cramers_v(table.astype(float)) == pytest.approx(expected)
    assert cramers_v(np.vstack([table, [0, 0, 0]]).astype(float)) == pytest.approx(expected)
    assert cramers_v(table.T.astype(float)) == pytest.approx(expected)


def test_the_association_of_three_classes_is_their_tables() -> None:
    labels = np.repeat([0, 1, 2], 20)
    values = np.array(list("a" * 9 + "b" * 6 + "c" * 5 + "a" * 6 + "b" * 8 + "c" * 6)
                      + list("a" * 4 + "b" * 7 + "c" * 9))  # fmt: skip
    table = np.array([[9, 6, 5], [6, 8, 6], [4, 7, 9]])
    chi = chi2_contingency(table, correction=False)
    phi = max(0.0, chi.statistic / 60 - 4 / 59)
    v, (low, high), p = association(values, labels, names(60))
    assert v == round(sqrt(phi / (3 - 4 / 59 - 1)), 9)
    # Nine digits, so that another machine tells the same.
    assert (low, high) == (round(low, 9), round(high, 9))
    # Every arrangement with φ² under what chance expects has the same V, 0: p is not χ²'s there.
    assert v == 0 or p == pytest.approx(chi.pvalue, abs=0.05)
    again = np.where(np.arange(60) % 20 < 11, labels, 3).astype(str)
    strong, _, least = association(again, labels, names(60))
    table = np.hstack([11 * np.eye(3, dtype=int), np.full((3, 1), 9)])
    chi = chi2_contingency(table, correction=False)
    assert strong == round(sqrt((chi.statistic / 60 - 6 / 59) / (3 - 4 / 59 - 1)), 9)
    assert least == 1 / 5000  # no deal of 4,999 comes near


def test_p_of_three_classes_is_that_of_the_chi_square_test() -> None:
    labels = np.repeat([0, 1, 2], 40)
    table = np.array([[26, 14], [20, 20], [16, 24]])
    values = np.concatenate([np.repeat(["a", "b"], row) for row in table])
    _, _, p = association(values, labels, names(120))
    chi = chi2_contingency(table, correction=False)
    assert 0.05 < chi.pvalue < 0.1
    assert p == pytest.approx(chi.pvalue, abs=0.02)


def test_the_same_seed_deals_the_same_and_no_seed_is_0() -> None:
    rng = np.random.default_rng(4)
    labels, values = np.repeat([0, 1], 15), rng.permutation(np.repeat(["a", "b", "c"], 10))
    score = rng.random(30) + 0.1 * (labels == 0)
    both = np.stack([score, -score], axis=1)
    for told in (
        lambda **seed: association(values, labels, names(30), **seed)[1:],
        lambda **seed: separation_p(both, labels, names(30), **seed),
    ):
        assert told() == told(seed=0)
        assert told() != told(seed=1)


def test_a_class_without_films_takes_no_part_in_a_separation() -> None:
    labels = np.repeat([0, 1], 12)
    right = np.where(labels == 0, 0.9, 0.1)
    scores = np.stack([right, 1 - right, np.linspace(0, 1, 24)], axis=1)
    assert separation_p(scores, labels, names(24)) == separation_p(scores[:, :2], labels, names(24))
    # 30 a class: one arrangement of 10¹⁷, so none of the draws.
    labels = np.repeat([0, 1], 30)
    right = np.where(labels == 0, 0.9, 0.1)
    assert separation_p(np.stack([right, 1 - right], axis=1), labels, names(60)) == 1 / 5000


def test_draws_come_in_portions_that_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_CELLS", 400)
    assert room._portions(100, 10) == [4, 4, 2]
    assert room._portions(100, 8) == [4, 4]
    assert room._portions(401, 3) == [1, 1, 1]  # one at a time, however many there are
    assert room._portions(2, 10) == [10]


def test_a_temperature_stays_between_its_ends() -> None:
    labels = np.tile([0, 1], 50)
    sure = np.where(labels[:, None] == np.arange(2), 1e-9, 1 - 1e-9)  # and wrong every time
    assert fit_temperature(labels, sure) == pytest.approx(1000, rel=1e-3)
    assert fit_temperature(labels, sure) <= 1000
    unsure = 0.5 + np.where(labels[:, None] == np.arange(2), 1e-6, -1e-6)
    assert fit_temperature(labels, unsure) == pytest.approx(0.001, rel=1e-3)
    assert fit_temperature(np.zeros(0, int), np.zeros((0, 2))) == 1


def test_a_proportion_of_no_films_may_be_anything() -> None:
    assert mean_proportion_interval([0.3], [0]) == (0, 1)


def test_an_interval_of_two_values_has_their_standard_error() -> None:
    """0.2 and 0.4: standard deviation 0.1·√2, standard error 0.1."""
    mean, (low, high) = mean_interval(np.array([0.2, 0.4]))
    assert (mean, low, high) == pytest.approx((0.3, 0.3 - 0.1959964, 0.3 + 0.1959964))


def test_four_trials_put_the_lower_end_at_a_half() -> None:
    """n / (n + 3.8415) is at least ½ from n = 4 on."""
    assert trials_needed(0.5) == 4
    assert trials_needed(0.0) == 0


def test_two_clusters_are_drawn() -> None:
    drawn = np.concatenate(list(cluster_draws(np.array([0, 1]), 400, 0, at_once=400)))
    share = [float((drawn[:, 0] == times).mean()) for times in range(3)]
    assert share == pytest.approx([0.25, 0.5, 0.25], abs=0.07)
    # A cluster all of whose films are left out is drawn all the same.
    assert next(cluster_draws(np.array([1, 1]), 5, 0, at_once=5)).shape == (5, 2)


@pytest.mark.parametrize(
    ("area", "n", "m"), [(0.893, 51, 58), (0.5, 1, 5), (0.7, 2, 2), (1.0, 1, 1), (0.0, 3, 2)]
)
def test_the_ends_of_an_area_lie_z_standard_errors_of_hanley_and_mcneil_away(
    area: float, n: int, m: int
) -> None:
    """Radiology 143 (1982) 29 with both numbers less one replaced by their mean less one, as
    Newcombe's method 5 has it, and the variance that of the end, not of the area."""
    low, high = roc_area_interval(area, n, m) or (-1, -1)
    for end in (low, high):
        if end in (0, 1):
            assert end == area
            continue
        first, second = end / (2 - end), 2 * end**2 / (1 + end)
        others = (n + m) / 2 - 1
        variance = end * (1 - end) + others * (first - end**2) + others * (second - end**2)
        assert abs(area - end) == pytest.approx(Z * sqrt(variance / (n * m)), rel=1e-6)


def test_an_answer_of_40_right_in_40_is_worth_what_its_intervals_worst_ends_allow() -> None:
    """Wilson's lower end of 40 of 40 is 40 / (40 + z²) = 0.91238."""
    found = predictive_values(Proportion.of(40, 40), Proportion.of(40, 40), 0.01)
    least = 40 / (40 + Z**2)
    positive = least * 0.01 / (least * 0.01 + (1 - least) * 0.99)
    negative = least * 0.99 / (least * 0.99 + (1 - least) * 0.01)
    assert found.ppv_interval == pytest.approx((positive, 1))
    assert found.npv_interval == pytest.approx((negative, 1))
    one = predictive_values(Proportion.of(30, 40), Proportion.of(40, 40), 0.2)
    low, _ = wilson(30, 40) or (0, 0)
    assert one.ppv_interval == pytest.approx((low * 0.2 / (low * 0.2 + (1 - least) * 0.8), 1))


def test_the_interval_of_a_predictive_value_is_that_of_its_odds() -> None:
    """The likelihood ratio 0.8 / 0.1: distances of the logarithms, each to its own side, add as
    squares (A. Donner, G. Zou, Stat. Methods Med. Res. 21 (2012) 347, for a ratio)."""
    sensitivity, specificity = Proportion.of(80, 100), Proportion.of(90, 100)
    found = predictive_values(sensitivity, specificity, 0.25)
    (low, high), (less, more) = sensitivity.interval, specificity.interval
    down = sqrt(log(0.8 / low) ** 2 + log((1 - less) / 0.1) ** 2)
    up = sqrt(log(high / 0.8) ** 2 + log(0.1 / (1 - more)) ** 2)
    odds = [8 * exp(-down) / 3, 8 * exp(up) / 3]
    assert found.ppv == pytest.approx(8 / 11)
    assert found.ppv_interval == pytest.approx([one / (1 + one) for one in odds])
    down = sqrt(log(0.9 / less) ** 2 + log((1 - low) / 0.2) ** 2)
    up = sqrt(log(more / 0.9) ** 2 + log(0.2 / (1 - high)) ** 2)
    odds = [4.5 * exp(-down) * 3, 4.5 * exp(up) * 3]
    assert found.npv_interval == pytest.approx([one / (1 + one) for one in odds])
