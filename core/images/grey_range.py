"""Which stored values become black and white, and the way from stored values to 8 bits.

Everything is worked out on the stored values and in strips, so that a film of 60 million
pixels never stands in memory as floating-point numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

STRIP = 2_000_000  # pixels at a time
COUNTED = 1 << 17  # whole numbers over a range no wider are counted one by one
SAMPLE = 2_000_000  # of other values, that their spread is told from
FEW = 0.02  # of the pixels may lie outside the film's range as a marker
HOLE = 0.15  # of the film's range must lie empty between the film and a marker
HANDFUL = 20  # pixels: so few may be the end of a thin tail, unless they lie very far off
WIDE_HOLE = 0.5  # of the film's range, for those
SPARSE = 0.25  # of the marker's pixels may lie in that hole: its soft edges
# A border, or a large marker, of one value: so much of the picture, so far off, beside a film.
MUCH, FAR_OFF, ONE_VALUE = 0.5, 3.0, 0.75
SHADES = 64  # different values that a film has at least


@dataclass(frozen=True)
class GreyRange:
    """``low`` and ``high``: the stored values shown black and white. ``outside``: the share of
    the pixels that was left out of the range because they lie far off, as a marker's do."""

    low: float
    high: float
    outside: float = 0.0


def strips(rows: int, columns: int) -> Iterator[slice]:
    """Rows in strips of about ``STRIP`` pixels."""
    step = max(1, STRIP // max(1, columns))
    return (slice(start, min(rows, start + step)) for start in range(0, rows, step))


def own_range(values: np.ndarray, left_out: np.ndarray | None = None) -> GreyRange | None:
    """The film's own range: from its darkest to its brightest value, without a burnt-in marker.

    ``values``: (H, W) of any kind of number; not finite ones do not count. ``left_out``: bool
    (H, W), True where there is no film. None when there is no value at all.
    """
    levels, counts = _counted(values, left_out)
    if not len(levels):
        return None
    top = _end_of_film(levels, counts)
    bottom = -_end_of_film(-levels[::-1], counts[::-1])
    inside = (levels >= bottom) & (levels <= top)
    outside = 1.0 - float(counts[inside].sum() / counts.sum())
    return GreyRange(float(bottom), float(top), outside)


def _counted(values: np.ndarray, left_out: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The values that there are, in order, as float64 (n,), and how often each occurs."""
    nothing = np.zeros(0), np.zeros(0, np.int64)
    least, most = np.inf, -np.inf
    for rows in strips(*values.shape):
        some = valid_values(values, left_out, rows)
        if some.size:
            least, most = min(least, float(some.min())), max(most, float(some.max()))
    if least > most:
        return nothing
    if values.dtype.kind in "iub" and most - least < COUNTED:
        counts = np.zeros(int(most - least) + 1, np.int64)
        for rows in strips(*values.shape):
            places = valid_values(values, left_out, rows).astype(np.int64) - int(least)
            counts += np.bincount(places, minlength=len(counts))
        present = np.flatnonzero(counts)
        return present + float(least), counts[present]
    step = max(1, values.size // SAMPLE)
    parts = [
        valid_values(values, left_out, rows)[::step].astype(np.float64)
        for rows in strips(*values.shape)
    ]
    return np.unique(np.concatenate([*parts, [least, most]]), return_counts=True)


def valid_values(values: np.ndarray, left_out: np.ndarray | None, rows: slice) -> np.ndarray:
    """Those of some rows that are numbers and of the film, as (n,); as in ``own_range``."""
    some = values[rows]
    keep = None if left_out is None else ~left_out[rows]
    if some.dtype.kind == "f":
        finite = np.isfinite(some)
        keep = finite if keep is None else keep & finite
    return some.ravel() if keep is None else some[keep]


def _end_of_film(levels: np.ndarray, counts: np.ndarray) -> float:
    """The brightest value that belongs to the film.

    A marker burnt in far above the film shows as a few pixels beyond a hole in which hardly
    any lie. So does, however large it is, a border of one value: it lies several times as far
    off as the film is wide. A film whose bright tail only thins out, as over metal, has no such
    hole and keeps all of its range.
    """
    below = np.concatenate([[0], np.cumsum(counts)])
    total = below[-1]
    dark, bright = (levels[np.searchsorted(below[1:], part * total)] for part in (FEW, 1 - FEW))
    if dark == bright:
        return float(levels[-1])
    above = total - below[:-1]
    # If each level were the marker's darkest: where the hole below it would begin.
    ends = dark + (levels - dark) / (1 + np.where(above < HANDFUL, WIDE_HOLE, HOLE))
    starts = np.searchsorted(levels, ends)
    within = below[:-1] - below[starts]
    beyond = (ends >= bright) & (above <= FEW * total) & (within <= SPARSE * above)
    if not beyond.any():
        ends = dark + (levels - dark) / (1 + FAR_OFF)
        starts = np.searchsorted(levels, ends)
        within = below[:-1] - below[starts]
        beyond = (starts >= SHADES) & (above <= MUCH * total) & (within <= SPARSE * above)
        beyond &= counts[-1] >= ONE_VALUE * above
    if not beyond.any():
        return float(levels[-1])
    return float(levels[starts[int(beyond.argmax())] - 1])


def toned(
    values: np.ndarray,
    tone: Callable[[np.ndarray], np.ndarray],
    left_out: np.ndarray | None = None,
) -> np.ndarray:
    """uint8 (H, W): each strip of ``values`` through ``tone``, which gives 0 (black) to 255 as
    float; black where ``left_out`` or where it gives no number."""
    picture = np.zeros(values.shape, np.uint8)
    for rows in strips(*values.shape):
        with np.errstate(over="ignore", invalid="ignore"):
            grey = np.clip(np.rint(np.nan_to_num(tone(values[rows]), nan=0.0)), 0, 255)
        picture[rows] = grey
        if left_out is not None:
            picture[rows][left_out[rows]] = 0
    return picture


def linear(low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
    """The tone that maps ``low … high`` evenly to 0 … 255; ``high`` may lie below ``low``."""
    if low == high:
        return lambda values: np.zeros(values.shape, np.float32)
    scale = 255.0 / (high - low)
    # Far from zero, float32 would lose the film's own steps.
    kind = np.float32 if max(abs(low), abs(high)) < 2**22 else np.float64

    def tone(values: np.ndarray) -> np.ndarray:
        grey: np.ndarray = values.astype(kind)
        found: np.ndarray = np.multiply(grey - kind(low), kind(scale))
        return found

    return tone
