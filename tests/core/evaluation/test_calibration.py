"""Probabilities against what is true: by hand, and on films made to be too sure."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.calibration import calibration
from core.evaluation.predictions import Predictions
from core.statistics.calibration import fit_temperature, scaled


def made(probabilities: np.ndarray, truth: np.ndarray) -> Predictions:
    count = len(truth)
    return Predictions(
        ("covid", "healthy", "other")[: probabilities.shape[1]],
        np.arange(count).astype(str),
        np.array(["test"] * count),
        truth,
        probabilities,
    )


def fitted(films: Predictions) -> float:
    return fit_temperature(films.y_true, films.probabilities)


def drawn(sureness: float, films: int = 4000, classes: int = 2, seed: int = 0) -> Predictions:
    """Classes drawn by the probabilities of some logits; told with these times ``sureness``."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (films, classes))
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = (rng.random(films)[:, None] > shares.cumsum(axis=1)).sum(axis=1)
    return made(scaled(shares, 1 / sureness), np.minimum(truth, classes - 1))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("sureness", [0.4, 1.0, 3.0])
def test_the_temperature_finds_how_much_too_sure_films_are(sureness: float, classes: int) -> None:
    assert fitted(drawn(sureness, classes=classes)) == pytest.approx(sureness, rel=0.1)


def test_a_run_without_a_mistake_is_not_made_surer_than_its_films_allow() -> None:
    sure = made(np.array([[0.999999, 1e-6]] * 40 + [[1e-6, 0.999999]] * 40), np.repeat([0, 1], 40))
    after = scaled(sure.probabilities, fitted(sure))
    # 41 of 42, Laplace's rule of succession for 40 of 40.
    assert after[0, 0] == pytest.approx(41 / 42, abs=1e-3)


def test_nothing_to_fit_on_leaves_probabilities_as_they_are() -> None:
    nothing = made(np.zeros((0, 2)), np.zeros(0, int))
    assert fitted(nothing) == 1
    rows = np.array([[0.25, 0.75], [1.0, 0.0]])
    assert scaled(rows, 1) == pytest.approx(rows, abs=1e-6)
    with pytest.raises(InputError, match="no films"):
        calibration(nothing)


def test_the_curve_and_its_numbers_by_hand() -> None:
    # Two of ten at 0.15, one of one at 0.95.
    score = np.array([0.15] * 10 + [0.95])
    found = calibration(
        made(np.column_stack([score, 1 - score]), np.array([0] * 2 + [1] * 8 + [0])), bins=10
    )
    assert [(one.films, one.positives) for one in found.bins] == [(10, 2), (1, 1)]
    assert [(one.low, one.high) for one in found.bins] == [(0.1, 0.2), (0.9, 1.0)]
    assert [one.mean for one in found.bins] == pytest.approx([0.15, 0.95])
    assert found.bins[0].interval == pytest.approx((0.0567, 0.5098), abs=1e-4)
    assert found.brier == pytest.approx((2 * 0.85**2 + 8 * 0.15**2 + 0.05**2) / 11)
    assert found.brier_known == pytest.approx(3 / 11 * 8 / 11)
    assert found.error == pytest.approx((10 * 0.05 + 0.05) / 11)


def test_probabilities_of_nought_and_one_have_their_bins() -> None:
    found = calibration(made(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0])))
    assert [(one.low, one.high) for one in found.bins] == [(0.0, 0.2), (0.8, 1.0)]
    assert len(calibration(drawn(1.0)).bins) == 10
    assert (found.brier, found.error) == (0, 0)


def test_two_hundred_films_are_many() -> None:
    score = (np.arange(200) + 0.5) / 200
    rows, y_true = np.column_stack([score, 1 - score]), np.tile([0, 1], 100)
    assert len(calibration(made(rows, y_true)).bins) == 10
    assert len(calibration(made(rows[1:], y_true[1:])).bins) == 5


def test_temperature_makes_too_sure_films_honest() -> None:
    films = drawn(3.0)
    temperature = fitted(films)
    before, after = calibration(films), calibration(films, temperature)
    assert after.brier < before.brier
    assert after.error < 0.03 < before.error
