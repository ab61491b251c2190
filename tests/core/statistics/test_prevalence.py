"""What answers are worth, against Bayes' theorem by hand and by drawing whole studies."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputError
from core.statistics.prevalence import NaturalFrequencies, natural_frequencies, predictive_values
from core.statistics.proportions import Proportion


def test_a_rare_finding_makes_most_positive_answers_wrong() -> None:
    found = predictive_values(Proportion.of(90, 100), Proportion.of(90, 100), 0.01)
    assert found.ppv == pytest.approx(0.009 / (0.009 + 0.099))
    assert found.npv == pytest.approx(0.891 / (0.891 + 0.001))
    assert natural_frequencies(found) == NaturalFrequencies(
        true_positives=9, false_negatives=1, false_positives=99, true_negatives=891
    )
    assert natural_frequencies(found).called_positive == 108
    assert natural_frequencies(found).called_negative == 892


@pytest.mark.parametrize("prevalence", [0.001, 0.05, 0.5, 0.9])
def test_everybody_is_somewhere(prevalence: float) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        hits, others = (int(one) for one in rng.integers(0, 41, 2))
        found = predictive_values(Proportion.of(hits, 40), Proportion.of(others, 40), prevalence)
        people = natural_frequencies(found)
        assert people.called_positive + people.called_negative == 1000
        assert people.true_positives + people.false_negatives == round(1000 * prevalence)
        for value, (low, high) in (
            (found.ppv, found.ppv_interval),
            (found.npv, found.npv_interval),
        ):
            assert 0 <= low <= high <= 1
            assert value is None or low - 1e-9 <= value <= high + 1e-9


def test_a_perfect_test_is_not_worth_everything() -> None:
    found = predictive_values(Proportion.of(40, 40), Proportion.of(40, 40), 0.01)
    assert (found.ppv, found.npv) == (1, 1)
    assert found.ppv_interval[0] < 0.1
    assert found.npv_interval[0] > 0.999


def test_nobody_called_so_has_no_value() -> None:
    found = predictive_values(Proportion.of(0, 40), Proportion.of(40, 40), 0.1)
    assert found.ppv is None
    assert found.npv == pytest.approx(0.9)


def test_the_interval_holds_the_true_value_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    true = 0.85 * 0.1 / (0.85 * 0.1 + 0.2 * 0.9)
    covered = 0
    for _ in range(1000):
        sick, well = int(rng.binomial(60, 0.85)), int(rng.binomial(60, 0.8))
        values = predictive_values(Proportion.of(sick, 60), Proportion.of(well, 60), 0.1)
        low, high = values.ppv_interval
        covered += low <= true <= high
    assert 0.93 <= covered / 1000 <= 0.99


@pytest.mark.parametrize("prevalence", [0, 1, -0.1])
def test_a_prevalence_outside_is_refused(prevalence: float) -> None:
    with pytest.raises(InputError, match="prevalence"):
        predictive_values(Proportion.of(1, 2), Proportion.of(1, 2), prevalence)
    with pytest.raises(InputError):
        Proportion.of(0, 0)
