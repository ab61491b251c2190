"""Reliability: how probabilities on films compare with how often the finding is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.statistics import Interval
from core.statistics.calibration import brier_score, calibration_error, scaled
from core.statistics.proportions import wilson

# Steps of probability for many films and, below MANY, for few: a step of three says nothing.
BINS, FEW_BINS, MANY = 10, 5, 200


@dataclass(frozen=True)
class Bin:
    """Films with a similar probability. ``low`` to ``high``: of the positive class, 0 to 1.

    ``mean``: their mean probability; ``positives`` of ``films`` are positive, ``interval``:
    Wilson, 95 %.
    """

    low: float
    high: float
    films: int
    mean: float
    positives: int
    interval: Interval

    @property
    def share(self) -> float:
        return self.positives / self.films


@dataclass(frozen=True)
class Calibration:
    """How probabilities of the positive class compare with how often it is there.

    ``bins``: those with films, rising. ``brier``: mean squared distance of the probability
    from 0 or 1 (0 is best, 0.25 is a coin), ``brier_known``: what is reached by giving every
    film the share of positive films. ``error``: expected calibration error, the mean distance
    of a bin's mean probability from its share, weighted by films. Each 0 to 1.
    """

    bins: tuple[Bin, ...]
    films: int
    brier: float
    brier_known: float
    error: float


def calibration(
    predictions: Predictions, temperature: float = 1.0, bins: int | None = None
) -> Calibration:
    """Of all films given, with their logits divided by ``temperature``, in ``bins`` equal
    steps of probability (10; 5 for fewer than 200 films).

    Source: A. H. Murphy, R. L. Winkler, J. R. Stat. Soc. C 26 (1977) 41, for the curve.
    Raises InputError without films.
    """
    if not len(predictions):
        raise InputError("There are no films here, so nothing says how sure to be.")
    y_true = predictions.y_true == 0
    y_score = predictions.probabilities[:, 0].astype(np.float64)
    if temperature != 1:
        y_score = scaled(predictions.probabilities, temperature)[:, 0].astype(np.float64)
    steps = bins or (BINS if len(predictions) >= MANY else FEW_BINS)
    place = np.minimum((y_score * steps).astype(int), steps - 1)
    found = []
    for index in np.unique(place):
        inside = place == index
        films, positives = int(inside.sum()), int(y_true[inside].sum())
        interval = wilson(positives, films)
        assert interval is not None
        low, high = int(index) / steps, (int(index) + 1) / steps
        found.append(Bin(low, high, films, float(y_score[inside].mean()), positives, interval))
    return Calibration(
        bins=tuple(found),
        films=len(predictions),
        brier=brier_score(y_true, y_score),
        brier_known=float(y_true.mean() * (1 - y_true.mean())),
        error=calibration_error(
            [one.mean for one in found], [one.share for one in found], [one.films for one in found]
        ),
    )
