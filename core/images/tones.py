"""A film's own grey values, beside the 8 bits that networks see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Tones:
    """``values``: (H, W) as the file stores them, before any window. ``left_out``: bool (H, W),
    True where there is no film, or None.

    Stored value × ``slope`` + ``intercept`` = the grey value that the file speaks of. ``ends``:
    the stored values that were read as black and as white, white below black where the file is
    a negative; None where the way between them is no straight line, but a table or a curve.
    ``spacing``: millimetres from row to row and from column to column, None where nobody says;
    ``at_detector``: whether that is on the detector, where things look larger than they are.
    """

    values: np.ndarray
    left_out: np.ndarray | None = None
    slope: float = 1.0
    intercept: float = 0.0
    ends: tuple[float, float] | None = (0.0, 255.0)
    spacing: tuple[float, float] | None = None
    at_detector: bool = False
