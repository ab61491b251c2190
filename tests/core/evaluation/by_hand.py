"""Films with three classes and with two, whose numbers the tests beside work out by hand."""

from __future__ import annotations

import numpy as np

from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions

THREE = ("covid", "viral", "healthy")
# Rows true, columns called; 4 covid, 3 viral, 5 healthy films.
CELLS = [[2, 1, 1], [0, 3, 0], [1, 1, 3]]
POINT = OperatingPoint(
    positive="covid", target_sensitivity=0.95, threshold=0.4, not_sure=(0.3, 0.5),
    temperature=1.0, chosen_by="person",
)  # fmt: skip


def three(split: str = "test") -> Predictions:
    pairs = [(i, j) for i, row in enumerate(CELLS) for j, count in enumerate(row)
             for _ in range(count)]  # fmt: skip
    truth, called = (np.array(one) for one in zip(*pairs, strict=True))
    shares = np.where(np.eye(3, dtype=bool)[called], 0.8, 0.1)
    return Predictions(THREE, [f"{split}{n}" for n in range(12)], [split] * 12, truth, shares)


def two(scores: list[float], truth: list[int], split: str = "test") -> Predictions:
    return Predictions(
        ("covid", "healthy"), [f"{split}{n}" for n in range(len(scores))], [split] * len(scores),
        truth, [[one, 1 - one] for one in scores],
    )  # fmt: skip
