"""How far a proportion counted on few films can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from core.errors import InputError
from core.statistics import Interval
from core.statistics.normal import Z_95


def wilson(successes: float, trials: float, z: float = Z_95) -> Interval | None:
    """The Wilson score interval of ``successes`` of ``trials`` (0 to 1), None without trials.

    Neither need be whole: where films of one patient are alike, patients are the trials.
    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209. Unlike the usual ± interval it
    stays inside 0 to 1 and says something at 100 %: 80 of 80 gives 0.954 to 1.
    """
    if trials <= 0:
        return None
    proportion = successes / trials
    scale = 1 + z * z / trials
    middle = (proportion + z * z / (2 * trials)) / scale
    reach = z / scale * sqrt(proportion * (1 - proportion) / trials + z * z / (4 * trials * trials))
    # The ends at none and at all are exact; rounding would leave 1e-17 there.
    return (middle - reach if successes else 0.0), (middle + reach if successes < trials else 1.0)


def trials_needed(proportion: float, z: float = Z_95) -> int:
    """How many trials, all of them successes, put ``wilson``'s lower end at ``proportion``
    (0 to 1); 0 where no number can (1)."""
    # Of n successes in n, the lower end is n / (n + z²).
    return ceil(z * z * proportion / (1 - proportion)) if proportion < 1 else 0


@dataclass(frozen=True)
class Proportion:
    """``successes`` of ``trials``, ``value`` with its Wilson interval (95 %), all 0 to 1."""

    successes: int
    trials: int
    value: float
    interval: Interval

    @classmethod
    def of(cls, successes: int, trials: int) -> Proportion:
        """Raises InputError without trials."""
        interval = wilson(successes, trials)
        if interval is None:
            raise InputError("A share of no films says nothing: choose films of both kinds.")
        return cls(successes, trials, successes / trials, interval)


def f1_interval(true_positives: int, false_negatives: int, false_positives: int) -> Interval | None:
    """The interval of F1 (0 to 1), 95 %, None without a film; for where resampling has no spread.

    F1 is 2J / (1 + J) of the proportion J of true positives among films that are positive or
    called so (the Jaccard index), and J has a Wilson interval.
    """
    ends = wilson(true_positives, true_positives + false_negatives + false_positives)
    return (2 * ends[0] / (1 + ends[0]), 2 * ends[1] / (1 + ends[1])) if ends else None
