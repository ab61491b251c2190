"""p-values: two classifiers on the same films, and many tests at once."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value (0 to 1) that two classifiers differ, from the films on which
    exactly one of them is right. Source: Q. McNemar, Psychometrika 12 (1947) 153, exact form."""
    films = only_first + only_second
    tail = sum(comb(films, count) for count in range(min(only_first, only_second) + 1))
    # Whole numbers to the end: 2**films alone is no float from 1,024 films on.
    both_sides: float = 2 * tail / 2**films
    return min(1.0, both_sides)


def more_needed(only_first: int, only_second: int, level: float = 0.05) -> int:
    """How many more films, all against the worse of the two, it would take for ``mcnemar``
    to fall below ``level``; 0 when it is there already."""
    few, many = sorted((only_first, only_second))
    more = 0
    while mcnemar(few, many + more) >= level:
        more += 1
    return more


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p-value (0 to 1) corrected for all of them being looked at: that any corrected one is
    below 0.01 by chance alone happens at most once in 100 times.
    Source: S. Holm, Scand. J. Stat. 6 (1979) 65."""
    order = np.argsort(p_values)
    count, corrected, largest = len(order), [1.0] * len(order), 0.0
    for place, index in enumerate(order):
        largest = max(largest, min(1.0, (count - place) * p_values[index]))
        corrected[int(index)] = float(largest)
    return corrected
