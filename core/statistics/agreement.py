"""How far several classifiers are apart on one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def largest_gap(shares: Sequence[Mapping[str, float]]) -> float | None:
    """The largest difference, 0 to 1, between two classifiers' probabilities of the same class.

    ``shares``: of each classifier, probabilities by class. Only classes that all of them know are
    compared; None where there are fewer than two classifiers or no such class. For two classifiers
    of the same classes it is the Chebyshev distance of their probabilities.
    """
    if len(shares) < 2:
        return None
    common = set(shares[0]).intersection(*shares[1:])
    gaps = [max(one[name] for one in shares) - min(one[name] for one in shares) for name in common]
    return max(gaps, default=None)
