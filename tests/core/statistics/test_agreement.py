"""How far classifiers are apart, against SciPy's Chebyshev distance and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import chebyshev

from core.statistics.agreement import largest_gap


def test_of_two_it_is_the_chebyshev_distance() -> None:
    for first, second in np.random.default_rng(0).dirichlet(np.ones(4), (20, 2)):
        named = [dict(zip("abcd", map(float, one), strict=True)) for one in (first, second)]
        assert largest_gap(named) == pytest.approx(chebyshev(first, second))


def test_of_several_the_two_that_are_farthest_apart_count() -> None:
    shares = [
        {"covid": 0.8, "healthy": 0.2},
        {"covid": 0.3, "healthy": 0.7},
        {"covid": 0.5, "healthy": 0.1, "viral": 0.4},
    ]
    # covid: 0.8 - 0.3 = 0.5; healthy: 0.7 - 0.1 = 0.6; not all know viral
    assert largest_gap(shares) == pytest.approx(0.6)


def test_where_nothing_can_be_compared() -> None:
    assert largest_gap([]) is None
    assert largest_gap([{"covid": 1.0}]) is None
    assert largest_gap([{"covid": 1.0}, {"normal": 1.0}]) is None
