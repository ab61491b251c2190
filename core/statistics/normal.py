"""The normal distribution's part in intervals: one confidence, one z."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from core.statistics import Interval

CONFIDENCE = 0.95  # of every interval that is shown


def z_of(confidence: float) -> float:
    """How many standard errors an interval of this ``confidence`` (0 to 1) reaches each way."""
    # SciPy's norm.ppf gives the same to the last digits, and takes a second to load.
    return NormalDist().inv_cdf((1 + confidence) / 2)


Z_95 = z_of(CONFIDENCE)


def mean_interval(values: np.ndarray) -> tuple[float, Interval]:
    """The mean of float (n,), n at least 1, and its 95 % interval: the mean ± z standard errors.

    For independent values whose mean is about normal. One value alone says nothing of the
    spread: its interval has no ends (−∞, ∞).
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, (-np.inf, np.inf)
    reach = Z_95 * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean, (mean - reach, mean + reach)
