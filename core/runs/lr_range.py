"""What came of trying learning rates. No Keras here: pages read this.

The suggestion, where the smoothed loss falls fastest, is fastai's (Howard & Gugger 2020,
arXiv:2002.04688).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from core.files import written_whole

FLAT = 1e-3  # a loss that falls by less than this over a tenfold rate does not fall
EDGE = 5  # batches at either end whose slope is mostly chance


@dataclass(frozen=True)
class LRRangeTest:
    """``rates`` tried in turn, the smoothed training loss after each, and the suggestion
    (None when the loss fell nowhere)."""

    rates: list[float]
    losses: list[float]
    suggested: float | None

    def save(self, path: Path) -> None:
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> LRRangeTest | None:
        """What ``save`` wrote; None when there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def suggestion(rates: list[float], losses: list[float]) -> float | None:
    """The rate at which the smoothed loss falls fastest, two digits; None if it never does."""
    inner = slice(EDGE, len(losses) - EDGE)
    if len(losses) < 2 * EDGE + 3:
        return None
    slopes = np.gradient(np.array(losses), np.log10(rates))[inner]
    steepest = int(np.argmin(slopes))
    if slopes[steepest] > -FLAT:
        return None
    return float(f"{rates[inner][steepest]:.1e}")
