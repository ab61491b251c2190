"""Heat maps by several methods, and what covering showed, as whoever asked gets them. No Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.explain.covering import Covering
from core.explain.methods import Method
from core.prediction.messages import MapRow


@dataclass(frozen=True)
class HeatMap:
    """One heat map of one film. ``heat``: float32 (h, w) in [0, 1]; ``blank``: why it has no warm
    place, empty where it has one. ``deepest``: of occlusion, how far the probability of the class
    falls at most (0 to 1, negative where it always rises). ``covering``: what covering its hottest
    part does, None where that was not asked for or no part is hotter than the rest."""

    run_id: str
    method: Method
    class_name: str
    heat: np.ndarray
    blank: str = ""
    deepest: float | None = None
    covering: Covering | None = None


@dataclass(frozen=True)
class Explanations:
    """All maps that were asked for, and by run id why one made none: a plain sentence."""

    maps: tuple[HeatMap, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)


def heat_map_of(row: MapRow, folder: Path) -> HeatMap:
    """The map of a row whose files lie in ``folder``."""
    return HeatMap(
        run_id=row.run,
        method=row.method,
        class_name=row.class_name,
        heat=np.load(folder / row.heat),
        blank=row.blank,
        deepest=row.deepest,
        covering=row.covering,
    )


def kept_row(one: HeatMap, place: int, folder: Path) -> MapRow:
    """The row of a map that is there already, its file put into ``folder``."""
    file = f"known-{place}.npy"
    np.save(folder / file, one.heat)
    return MapRow(
        run=one.run_id,
        method=one.method,
        class_name=one.class_name,
        heat=file,
        blank=one.blank,
        deepest=one.deepest,
    )
