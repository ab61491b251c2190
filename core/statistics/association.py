"""Whether two things go together. Everything counts patients, because films of one are alike."""

from __future__ import annotations

from math import lgamma

import numpy as np

from core.statistics import Interval
from core.statistics.resampling import draw_clusters, percentile_interval

DRAWS = 4999
_CELLS = 4_000_000  # numbers in memory at a time while drawing


def units_of(patients: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A unit is a patient in a class: unit of each film int64 (n,), class of each unit."""
    pairs = np.array(
        [f"{label}\n{patient}" for patient, label in zip(patients, labels, strict=True)]
    )
    _, first, unit = np.unique(pairs, return_index=True, return_inverse=True)
    return unit, np.asarray(labels)[first]


def cramers_v(table: np.ndarray) -> np.ndarray:
    """Bias-corrected Cramér's V, 0 (no association) to 1, of tables float (…, k, v).

    Source: W. Bergsma, J. Korean Stat. Soc. 42 (2013) 323. Rows and columns without a film
    do not count; 0 where fewer than two of either are left.
    """
    total = table.sum(axis=(-2, -1))
    rows, columns = table.sum(axis=-1), table.sum(axis=-2)
    films = np.maximum(total, 1)  # of an empty table, so that nothing is divided by 0
    expected = rows[..., :, None] * columns[..., None, :] / films[..., None, None]
    gap = np.divide(
        (table - expected) ** 2, expected, out=np.zeros_like(expected), where=expected > 0
    )
    phi = gap.sum(axis=(-2, -1)) / films
    k, v = (rows > 0).sum(axis=-1), (columns > 0).sum(axis=-1)
    less = np.maximum(total - 1, 1)
    corrected = np.maximum(0, phi - (k - 1) * (v - 1) / less)
    side = np.minimum(k - (k - 1) ** 2 / less, v - (v - 1) ** 2 / less) - 1
    # With one row or column there is no side; with as many rows as films neither.
    shares = np.divide(corrected, side, out=np.zeros_like(corrected), where=side > 0)
    return np.asarray(np.sqrt(shares))


def association(
    values: np.ndarray, labels: np.ndarray, patients: np.ndarray, *, seed: int = 0
) -> tuple[float, Interval, float]:
    """Cramér's V of class and value, its 95 % interval and p that there is none.

    ``values`` str (n,), ``labels`` int (n,), ``patients`` str (n,). The interval draws
    patients again within their class (percentile bootstrap), p deals the classes out anew
    among the patients.
    """
    names, column = np.unique(values, return_inverse=True)
    classes, row = np.unique(labels, return_inverse=True)
    unit, owner = units_of(patients, row)
    counts = np.zeros((len(owner), len(names)))
    np.add.at(counts, (unit, column), 1)
    members = [np.flatnonzero(owner == index) for index in range(len(classes))]
    table = np.stack([counts[one].sum(axis=0) for one in members])
    v = round(float(cramers_v(table)), 9)
    rng = np.random.default_rng([seed, 1])
    drawn = []
    for draws in _portions(len(owner), 999):
        parts = [draw_clusters(rng, len(one), draws) @ counts[one] for one in members]
        drawn.append(cramers_v(np.stack(parts, axis=1).astype(float)))
    low, high = percentile_interval(np.concatenate(drawn))
    seen = 0
    for draws in _portions(len(owner), DRAWS):
        dealt = rng.permuted(np.broadcast_to(owner, (draws, len(owner))), axis=1)
        tables = np.stack([(dealt == index) @ counts for index in range(len(classes))], axis=1)
        seen += int((cramers_v(tables) >= v - 1e-8).sum())
    # The corrected V never reaches over 1, and its bootstrap may leave V itself outside.
    return (
        v,
        (min(round(float(low), 9), v), max(round(float(high), 9), v)),
        (1 + seen) / (1 + DRAWS),
    )


def separation_p(
    probabilities: np.ndarray, labels: np.ndarray, patients: np.ndarray, *, seed: int = 0
) -> float:
    """One-sided p that probabilities float (n, k) say nothing of the classes int (n,).

    Statistic: the mean over classes of the area under the ROC curve, a patient counting
    once; its distribution: the classes dealt out anew among the patients.
    """
    unit, owner = units_of(patients, labels)
    films = np.bincount(unit)
    ranks = []
    for column in range(probabilities.shape[1]):
        mean = np.bincount(unit, probabilities[:, column]) / films
        _, place, ties = np.unique(np.round(mean, 9), return_inverse=True, return_counts=True)
        after = np.cumsum(ties)
        ranks.append((after - (ties - 1) / 2)[place])
    rank = np.stack(ranks, axis=1)
    classes = [one for one in range(probabilities.shape[1]) if (owner == one).any()]

    def statistic(dealt: np.ndarray) -> np.ndarray:
        total = np.zeros(len(dealt))
        for one in classes:
            mine = dealt == one
            total += (mine @ rank[:, one]) / mine.sum(axis=1)
        return total

    seen_value = statistic(owner[None, :])[0]
    rng, seen = np.random.default_rng([seed, 2]), 0
    for draws in _portions(len(owner), DRAWS):
        dealt = rng.permuted(np.broadcast_to(owner, (draws, len(owner))), axis=1)
        seen += int((statistic(dealt) >= seen_value - 1e-9).sum())
    return (1 + seen) / (1 + DRAWS)


def smallest_p(labels: np.ndarray, patients: np.ndarray) -> float:
    """The p of a perfect separation on these films: what is the least that can be found."""
    _, owner = units_of(patients, labels)
    counts = np.bincount(owner)
    ways = lgamma(len(owner) + 1) - sum(lgamma(int(one) + 1) for one in counts)
    return max(float(np.exp(-ways)), 1 / (1 + DRAWS))


def _portions(units: int, draws: int) -> list[int]:
    size = max(1, min(draws, _CELLS // max(units, 1)))
    full, rest = divmod(draws, size)
    return [size] * full + ([rest] if rest else [])
