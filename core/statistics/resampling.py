"""How far a number would move with other patients: clusters are drawn, not films.

Films of one patient resemble each other; drawing films would take them for independent and
make every interval too narrow. Percentile intervals, from a generator with a seed, so that the
same run always shows the same interval. SciPy's ``bootstrap`` draws single values only.
Source: A. C. Davison, D. V. Hinkley, Bootstrap Methods and their Application, 1997, ch. 3.8.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.statistics import Interval
from core.statistics.normal import CONFIDENCE

# More draws than this without a value (no film of a class, say): the rest is a selection.
MOST_UNDEFINED = 0.05


def draw_clusters(rng: np.random.Generator, clusters: int, draws: int) -> np.ndarray:
    """How often each of ``clusters`` (at least 1) comes when as many are drawn with replacement:
    int64 (draws, clusters), each row adding up to ``clusters``."""
    return rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=draws)


def cluster_draws(cluster: np.ndarray, draws: int, seed: int, at_once: int) -> Iterator[np.ndarray]:
    """How often each film is in each draw of clusters: int64 (up to ``at_once``, n) several
    times, ``draws`` rows in all; none for fewer than two clusters.

    ``cluster``: int (n,), the number of each film's cluster, from 0.
    """
    clusters = int(cluster.max()) + 1 if len(cluster) else 0
    if clusters < 2:
        return
    rng = np.random.default_rng(seed)
    for start in range(0, draws, at_once):
        yield draw_clusters(rng, clusters, min(at_once, draws - start))[:, cluster]


def percentile_interval(values: np.ndarray, confidence: float = CONFIDENCE) -> Interval:
    """The middle ``confidence`` (0 to 1) of float (n,), n at least 1."""
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def bootstrap_interval(values: np.ndarray) -> Interval | None:
    """The 95 % interval of what float (draws,) shows, NaN where a draw has no value.

    None where resampling cannot tell: no draw, too many without a value, or no spread at all
    (a number that is perfect in every draw has an interval, but not one that these show).
    """
    known = values[np.isfinite(values)]
    if not len(known) or len(known) < (1 - MOST_UNDEFINED) * len(values):
        return None
    if np.ptp(known) < 1e-12:
        return None
    return percentile_interval(known)
