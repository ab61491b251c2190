"""How far a share counted on few films can be trusted."""

from __future__ import annotations

from math import comb, sqrt

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
    return max(0.0, middle - reach), min(1.0, middle + reach)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value that two classifiers differ, from the films on which exactly
    one of them is right. Source: Q. McNemar, Psychometrika 12 (1947) 153, exact form."""
    films = only_first + only_second
    tail = sum(comb(films, count) for count in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * tail / 2**films))
