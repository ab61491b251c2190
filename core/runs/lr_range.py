"""What came of trying learning rates. No Keras here: pages read this.

The suggestion, where the smoothed loss falls fastest, is fastai's (Howard & Gugger 2020,
arXiv:2002.04688).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.documents import Document

FLAT = 1e-3  # a loss that falls by less than this over a tenfold rate does not fall
EDGE = 5  # batches at either end whose slope is mostly chance


class LRRangeTest(Document):
    """``rates`` tried in turn, the smoothed training loss after each, and the suggestion
    (None when the loss fell nowhere)."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggested: float | None


def suggestion(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The rate at which the smoothed loss falls fastest, two digits; None if it never does."""
    inner = slice(EDGE, len(losses) - EDGE)
    if len(losses) < 2 * EDGE + 3:
        return None
    slopes = np.gradient(np.array(losses), np.log10(rates))[inner]
    steepest = int(np.argmin(slopes))
    if slopes[steepest] > -FLAT:
        return None
    return float(f"{rates[inner][steepest]:.1e}")
