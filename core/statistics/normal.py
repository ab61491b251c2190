"""The normal distribution's part in intervals: one confidence, one z."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

from core.statistics import Interval

CONFIDENCE = 0.95  # of every interval that is shown
# SciPy's norm.ppf gives the same to the last digits, and takes a second to load.
Z_95 = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


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
