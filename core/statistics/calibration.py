"""Whether a probability means what it says, and temperature scaling, which mends part of it.

Of all films with a probability of about 0.9, nine in ten should be positive. A network trained
on few films is usually too sure; dividing its logits by one number, fitted on films that it
was not trained on, brings the probabilities nearer to the truth and changes no order.
Source: C. Guo et al., On calibration of modern neural networks, ICML 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.statistics.softmax import log_softmax, logits_of, softmax

# Far outside what networks need: one hardly trained, with all films near 0.5, needs 0.01.
COOLEST, HOTTEST = 1e-3, 1e3


def scaled(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (n, k), their logits divided by ``temperature`` (above 0); float32 (n, k).

    At 1 they stay as they are, to the last bit: a film at its threshold must not cross it.
    """
    if temperature == 1:
        return np.asarray(probabilities, dtype=np.float32)
    return softmax(logits_of(probabilities) / temperature).astype(np.float32)


def fit_temperature(y_true: np.ndarray, probabilities: np.ndarray) -> float:
    """The temperature (0.001 to 1000) with the least cross-entropy; 1 for no films.

    ``y_true``: int (n,), the class of each; ``probabilities``: float (n, k).
    Targets are not 1 and 0 but what so few films allow to say of the next one, (n + 1)/(n + k)
    for a class with n films: with plain ones, a network without a mistake here would be made
    surer without end. Source: J. Platt, Probabilistic outputs for support vector machines,
    1999, section 2.2 (there for two classes).
    """
    from scipy.optimize import minimize_scalar  # only here: see core/statistics/__init__.py

    if not len(y_true):
        return 1.0
    classes = probabilities.shape[1]
    counts = np.bincount(y_true, minlength=classes)
    rest = 1 / (counts[y_true] + classes)
    targets = np.repeat(rest[:, None], classes, axis=1)
    targets[np.arange(len(y_true)), y_true] += counts[y_true] * rest
    logits = logits_of(probabilities)

    def cross_entropy(log_temperature: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(log_temperature))).sum(axis=1).mean())

    # On the logarithm, so that 2 and 1/2 are equally far from 1.
    ends = (float(np.log(COOLEST)), float(np.log(HOTTEST)))
    found = minimize_scalar(cross_entropy, bounds=ends, method="bounded")
    return float(np.exp(found.x))


def brier_score(y_true: np.ndarray, y_score: np.ndarray) -> float:
    """Mean squared distance of the probability ``y_score`` float (n,) from ``y_true`` bool (n,):
    0 is best, 0.25 a coin, 1 worst. Source: G. W. Brier, Mon. Weather Rev. 78 (1950) 1."""
    return float(np.mean((y_score - y_true) ** 2))


def calibration_error(
    mean_scores: Sequence[float], proportions: Sequence[float], counts: Sequence[int]
) -> float:
    """Expected calibration error, 0 to 1: over bins, the distance of the mean probability from
    the proportion of positives, weighted by ``counts`` (not all 0).
    Source: M. P. Naeini et al., Obtaining well calibrated probabilities using Bayesian binning,
    AAAI 2015."""
    distance = np.abs(np.subtract(mean_scores, proportions))
    return float(np.average(distance, weights=counts))
