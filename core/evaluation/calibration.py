"""Whether a probability means what it says, and temperature scaling, which mends part of it.

Of all films with a probability of about 0.9, nine in ten should be positive. A network trained
on few films is usually too sure; dividing its logits by one number, fitted on films that it
was not trained on, brings the probabilities nearer to the truth and changes no order.
Source: C. Guo et al., On calibration of modern neural networks, ICML 2017.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from core.evaluation.predictions import Predictions

# A stored probability of 0 is one too small to write; without a floor its logit is −∞, and
# one such film would decide everything.
FLOOR = 1e-12
COOLEST, HOTTEST = 0.05, 20.0


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities float (n, k), their logits divided by ``temperature``; float32 (n, k).

    The logarithm of a softmax is its logits less one constant, which the next softmax undoes.
    """
    return np.asarray(softmax(_logits(probabilities) / temperature, axis=-1), dtype=np.float32)


def fit_temperature(predictions: Predictions) -> float:
    """The temperature (0.05 to 20) with the least cross-entropy on these films; 1 for none.

    Targets are not 1 and 0 but what so few films allow to say of the next one, (n + 1)/(n + k)
    for a class with n films: with plain ones, a network without a mistake here would be made
    surer without end. Source: J. Platt, Probabilistic outputs for support vector machines,
    1999, section 2.2 (there for two classes).
    """
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
