"""Places on a film that are no lungs, the same for all films; bool (SIDE, SIDE)."""

from __future__ import annotations

import numpy as np

from core.audit.lungs import SIDE

BORDER = round(0.06 * SIDE)
CORNER = round(0.17 * SIDE)


def border() -> np.ndarray:
    """A frame of 6 % of the side."""
    found = np.ones((SIDE, SIDE), bool)
    found[BORDER:-BORDER, BORDER:-BORDER] = False
    return found


def corners() -> dict[str, np.ndarray]:
    """Four squares of 17 % of the side, by name."""
    found = {}
    for down, rows in (("top", slice(0, CORNER)), ("bottom", slice(-CORNER, None))):
        for across, columns in (("left", slice(0, CORNER)), ("right", slice(-CORNER, None))):
            one = np.zeros((SIDE, SIDE), bool)
            one[rows, columns] = True
            found[f"{down} {across}"] = one
    return found


def outside() -> np.ndarray:
    """Border and corners: what is left when the middle is blacked out."""
    values: np.ndarray = border() | np.any(list(corners().values()), axis=0)
    return values
