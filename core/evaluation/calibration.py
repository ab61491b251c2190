"""Whether a probability means what it says, and temperature scaling, which mends part of it.

Of all films with a probability of about 0.9, nine in ten should be positive. A network trained
on few films is usually too sure; dividing its logits by one number, fitted on films that it
was not trained on, brings the probabilities nearer to the truth and changes no order.
Source: C. Guo et al., On calibration of modern neural networks, ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import InputError
from core.evaluation.intervals import wilson
from core.evaluation.predictions import Predictions

# A stored probability of 0 is one too small to write; without a floor its logit is −∞, and
# one such film would decide everything.
FLOOR = 1e-12
# Far outside what networks need: one hardly trained, with all films near 0.5, needs 0.01.
COOLEST, HOTTEST = 1e-3, 1e3
# Steps of probability for many films and, below MANY, for few: a step of three says nothing.
BINS, FEW_BINS, MANY = 10, 5, 200


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities float (n, k), their logits divided by ``temperature``; float32 (n, k).

    The logarithm of a softmax is its logits less one constant, which the next softmax undoes.
    At 1 they stay as they are, to the last bit: a film at its threshold must not cross it.
    """
    if temperature == 1:
        return np.asarray(probabilities, dtype=np.float32)
    # By hand: the first page applies it, and does not wait for SciPy.
    logits = _logits(probabilities) / temperature
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), dtype=np.float32)


def fit_temperature(predictions: Predictions) -> float:
    """The temperature (0.001 to 1000) with the least cross-entropy on these films; 1 for none.

    Targets are not 1 and 0 but what so few films allow to say of the next one, (n + 1)/(n + k)
    for a class with n films: with plain ones, a network without a mistake here would be made
    surer without end. Source: J. Platt, Probabilistic outputs for support vector machines,
    1999, section 2.2 (there for two classes).
    """
    from scipy.optimize import minimize_scalar  # only here: see core/evaluation/__init__.py
    from scipy.special import log_softmax

    if not len(predictions):
        return 1.0
    classes = len(predictions.classes)
    counts = np.bincount(predictions.truth, minlength=classes)
    rest = 1 / (counts[predictions.truth] + classes)
    targets = np.repeat(rest[:, None], classes, axis=1)
    targets[np.arange(len(predictions)), predictions.truth] += counts[predictions.truth] * rest
    logits = _logits(predictions.probabilities)

    def cross_entropy(log_temperature: float) -> float:
        log_shares = log_softmax(logits / np.exp(log_temperature), axis=1)
        return float(-(targets * log_shares).sum(axis=1).mean())

    # On the logarithm, so that 2 and 1/2 are equally far from 1.
    ends = (float(np.log(COOLEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(cross_entropy, bounds=ends, method="bounded")
    return float(np.exp(found.x))


def _logits(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.clip(np.asarray(probabilities, dtype=np.float64), FLOOR, 1))


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
    interval: tuple[float, float]

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

    Source: A. H. Murphy, R. L. Winkler, J. R. Stat. Soc. C 26 (1977) 41, for the curve;
    G. W. Brier, Mon. Weather Rev. 78 (1950) 1. Raises InputError without films.
    """
    if not len(predictions):
        raise InputError("There are no films here, so nothing says how sure to be.")
    positive = predictions.truth == 0
    score = predictions.probabilities[:, 0].astype(np.float64)
    if temperature != 1:
        score = tempered(predictions.probabilities, temperature)[:, 0].astype(np.float64)
    steps = bins or (BINS if len(predictions) >= MANY else FEW_BINS)
    place = np.minimum((score * steps).astype(int), steps - 1)
    found = []
    for index in np.unique(place):
        inside = place == index
        films, hits = int(inside.sum()), int(positive[inside].sum())
        interval = wilson(hits, films)
        assert interval is not None
        low, high = int(index) / steps, (int(index) + 1) / steps
        found.append(Bin(low, high, films, float(score[inside].mean()), hits, interval))
    distance = sum(one.films * abs(one.mean - one.share) for one in found)
    return Calibration(
        bins=tuple(found),
        films=len(predictions),
        brier=float(np.mean((score - positive) ** 2)),
        brier_known=float(positive.mean() * (1 - positive.mean())),
        error=distance / len(predictions),
    )
