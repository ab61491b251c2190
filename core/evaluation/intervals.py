"""How far a share counted on few films can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

from core.errors import InputError

Z_95 = 1.959963984540054


def wilson(hits: int, films: int, z: float = Z_95) -> tuple[float, float] | None:
    """The Wilson score interval of ``hits`` of ``films`` (0 to 1), None without films.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209. Unlike the usual ± interval it
    stays inside 0 to 1 and says something at 100 %: 80 of 80 gives 0.954 to 1.
    """
    if films <= 0:
        return None
    share = hits / films
    scale = 1 + z * z / films
    middle = (share + z * z / (2 * films)) / scale
    reach = z / scale * sqrt(share * (1 - share) / films + z * z / (4 * films * films))
    # The ends at none and at all are exact; rounding would leave 1e-17 there.
    return (middle - reach if hits else 0.0), (middle + reach if hits < films else 1.0)


@dataclass(frozen=True)
class Share:
    """``hits`` of ``films``, ``value`` with its Wilson interval (95 %), all 0 to 1."""

    hits: int
    films: int
    value: float
    interval: tuple[float, float]

    @classmethod
    def of(cls, hits: int, films: int) -> Share:
        """Raises InputError without films."""
        interval = wilson(hits, films)
        if interval is None:
            raise InputError("A share of no films says nothing: choose films of both kinds.")
        return cls(hits, films, hits / films, interval)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value that two classifiers differ, from the films on which exactly
    one of them is right. Source: Q. McNemar, Psychometrika 12 (1947) 153, exact form."""
    films = only_first + only_second
    tail = sum(comb(films, count) for count in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**films))


def more_needed(only_first: int, only_second: int, level: float = 0.05) -> int:
    """How many more films, all against the worse of the two, it would take for ``mcnemar``
    to fall below ``level``; 0 when it is there already."""
    few, many = sorted((only_first, only_second))
    more = 0
    while mcnemar(few, many + more) >= level:
        more += 1
    return more


def area_interval(area: float, positives: int, negatives: int) -> tuple[float, float] | None:
    """The interval of an area under the ROC curve (0 to 1), 95 %; None without both kinds.

    Unlike resampling it says something at 1: 40 and 40 in perfect order give 0.950 to 1.
    Source: R. G. Newcombe, Statistics in Medicine 25 (2006) 559, method 5.
    """
    from scipy.optimize import brentq  # only here: see core/evaluation/__init__.py

    if min(positives, negatives) < 1:
        return None
    size = (positives + negatives) / 2 - 1

    def off(true: float) -> float:
        spread = 1 + size * (1 - true) / (2 - true) + size * true / (1 + true)
        return (area - true) ** 2 - Z_95**2 * true * (1 - true) * spread / (positives * negatives)

    # At 0 and 1 the variance is none and ``off`` not negative; at the area itself it is none.
    low = 0.0 if area <= 0 else brentq(off, 0.0, area) if area < 1 else brentq(off, 0.0, 1 - 1e-9)
    high = 1.0 if area >= 1 else brentq(off, area, 1.0) if area > 0 else brentq(off, 1e-9, 1.0)
    return float(low), float(high)


def f1_interval(hits: int, misses: int, alarms: int) -> tuple[float, float] | None:
    """The interval of F1 (0 to 1), 95 %, None without a film; for where resampling has no spread.

    F1 is 2J / (1 + J) of the share J of hits among films that are positive or called so, and
    J has a Wilson interval.
    """
    ends = wilson(hits, hits + misses + alarms)
    return (2 * ends[0] / (1 + ends[0]), 2 * ends[1] / (1 + ends[1])) if ends else None
