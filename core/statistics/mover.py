"""Intervals of what is computed from several independent numbers, each with its own interval.

MOVER (“method of variance estimates recovery”): the distance from a number to each end of its
interval stands for its standard error on that side, and distances add as independent errors do.
Unlike a standard error it keeps an interval's lopsidedness, and does not shrink to a point where
every number is 0 or 1.
Source: G. Y. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.statistics import Interval
from core.statistics.proportions import wilson


def mover(
    values: Sequence[float], intervals: Sequence[Interval], weights: Sequence[float]
) -> Interval:
    """The interval of Σ weight · value, of independent values with intervals of one confidence.

    Each value lies in its interval; a negative weight swaps its ends. Values may be logarithms:
    then this is the interval of the logarithm of a product or ratio.
    """
    value, part = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    ends = np.asarray(intervals, dtype=float).reshape(-1, 2)
    reach = part[:, None] * (ends - value[:, None])
    total = float(part @ value)
    down, up = np.sqrt((np.stack([reach.min(axis=1), reach.max(axis=1)]) ** 2).sum(axis=1))
    return total - float(down), total + float(up)


def newcombe(
    first: float, first_interval: Interval, second: float, second_interval: Interval
) -> Interval:
    """The interval of ``first`` less ``second`` (−1 to 1), two proportions of different films.

    Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10 (from two Wilson
    intervals), which is MOVER for a difference.
    """
    return mover((first, second), (first_interval, second_interval), (1.0, -1.0))


def mean_proportion_interval(
    proportions: Sequence[float], trials: Sequence[float], weights: Sequence[float] | None = None
) -> Interval:
    """The 95 % interval (0 to 1) of a weighted mean of proportions, each of trials of its own
    (need not be whole; of none, nothing is known), from Wilson intervals. ``weights`` add up to 1,
    equal if None."""
    parts = [1 / len(trials)] * len(trials) if weights is None else weights
    ends = [
        wilson(value * count, count) or (0.0, 1.0)
        for value, count in zip(proportions, trials, strict=True)
    ]
    low, high = mover(proportions, ends, parts)
    return max(0.0, low), min(1.0, high)
