"""How often things that lie near each other are of one kind, and how often chance would have it.

The statistic is that of the join counts of a graph of nearest neighbours: M. F. Schilling,
Multivariate two-sample tests based on nearest neighbors, Journal of the American Statistical
Association 81 (1986) 799–806; the expectation is that of labels dealt out anew among the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SameKind:
    """``share``: of the nearest neighbours of each thing, how many are of its own kind, float (n,)
    in [0, 1]; NaN where it has no neighbour to compare with. ``chance``: what labels dealt out at
    random would give, likewise."""

    share: np.ndarray
    chance: np.ndarray

    @property
    def counted(self) -> int:
        """Of how many things there is a share."""
        return int(np.isfinite(self.share).sum())

    @property
    def mean_share(self) -> float:
        """Over all of them; NaN without any."""
        return float(np.nanmean(self.share)) if self.counted else float("nan")

    @property
    def mean_chance(self) -> float:
        """Over the same; NaN without any."""
        known = np.isfinite(self.share)
        return float(self.chance[known].mean()) if known.any() else float("nan")


def same_kind(
    neighbours: np.ndarray,
    labels: np.ndarray,
    units: np.ndarray,
    most: int,
    strata: np.ndarray | None = None,
) -> SameKind:
    """Of the first ``most`` neighbours of each thing, those of its own kind, and chance.

    ``neighbours``: int (n, k), rows of others, the nearest first. ``labels``: int (n,), below 0
    where nobody knows; those count nowhere. ``units``: int (n,), things of one unit (films of one
    patient) are no neighbours, for they are alike for another reason. ``strata``: int (n,), only
    things of one stratum are compared; a thing whose stratum has one kind only has no share.
    """
    labels, units = np.asarray(labels), np.asarray(units)
    groups = np.zeros(len(labels), int) if strata is None else np.asarray(strata)
    known = labels >= 0
    counted = _counted(neighbours, known, units, groups, most)
    number = counted.sum(axis=1)
    alike = (counted & (labels[neighbours] == labels[:, None])).sum(axis=1)
    # All others of the stratum, without those of its own unit; all of its own kind among them.
    others = _size(known, groups) - _size(known, groups, units)
    own = _size(known, groups, labels) - _size(known, groups, labels, units)
    usable = known & (number > 0)
    if strata is not None:
        usable &= own < others
    share, chance = np.full(len(labels), np.nan), np.full(len(labels), np.nan)
    share[usable] = alike[usable] / number[usable]
    chance[usable] = own[usable] / others[usable]
    return SameKind(share, chance)


def commonest_other(
    neighbours: np.ndarray, labels: np.ndarray, units: np.ndarray, most: int
) -> np.ndarray:
    """Of the neighbours that ``same_kind`` looks at, how many are of the one kind, not the thing's
    own, that is commonest among them: float (n,) in [0, 1], 0 where there is none."""
    counted = _counted(neighbours, labels >= 0, units, np.zeros(len(labels), int), most)
    near = labels[neighbours]
    alike = (near[:, :, None] == near[:, None, :]) & counted[:, None, :]
    others = counted & (near != labels[:, None])
    best = np.where(others, alike.sum(axis=2), 0).max(axis=1, initial=0)
    number = counted.sum(axis=1)
    shares: np.ndarray = np.divide(best, number, out=np.zeros(len(labels)), where=number > 0)
    return shares


def _counted(
    neighbours: np.ndarray, known: np.ndarray, units: np.ndarray, groups: np.ndarray, most: int
) -> np.ndarray:
    """Which neighbours count, bool (n, k): the first few known ones of another unit and the same
    group."""
    other = (
        (units[neighbours] != units[:, None])
        & known[neighbours]
        & (groups[neighbours] == groups[:, None])
    )
    counted: np.ndarray = other & (np.cumsum(other, axis=1) <= most)
    return counted


def _size(known: np.ndarray, *by: np.ndarray) -> np.ndarray:
    """How many known things agree with each in all of ``by``: int (n,)."""
    _, place = np.unique(np.stack(by, axis=1), axis=0, return_inverse=True)
    sizes: np.ndarray = np.bincount(place.ravel(), weights=known).astype(int)[place.ravel()]
    return sizes
