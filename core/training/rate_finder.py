"""Which learning rate? A range test [K]: a few batches, each with a larger rate.

Source: Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017,
arXiv:1506.01186, section 3.3; the suggestion, where the smoothed loss falls fastest, is
fastai's (Howard & Gugger 2020, arXiv:2002.04688).
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import keras
import numpy as np

from core.training.artefacts import written_whole
from core.training.batches import Batches
from core.training.checkpoint import changing, put, values_of
from core.training.reporter import Reporter

LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.9  # share of the loss so far that the next one keeps
DIVERGED = 4.0  # times the lowest smoothed loss: larger rates only make it worse
FLAT = 1e-3  # a loss that falls by less than this over a tenfold rate does not fall
EDGE = 5  # batches at either end whose slope is mostly chance


@dataclass(frozen=True)
class RateTest:
    """``rates`` tried in turn, the smoothed training loss after each, and the suggestion
    (None when the loss fell nowhere)."""

    rates: list[float]
    losses: list[float]
    suggested: float | None

    def save(self, path: Path) -> None:
        with written_whole(path) as temporary:
            temporary.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> RateTest | None:
        """What ``save`` wrote; None when there is none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError):
            return None


def find_rate(model: keras.Model, batches: Batches, steps: int, reporter: Reporter) -> RateTest:
    """Try ``steps`` rates from LOWEST to HIGHEST, evenly on a logarithmic scale.

    The model must be compiled with a constant rate; its weights are afterwards what they
    were, its optimiser is not.
    """
    variables = changing(model)
    before = values_of(variables)
    rates = np.geomspace(LOWEST, HIGHEST, steps).tolist()
    losses: list[float] = []
    average = lowest = math.inf
    reporter.stage("rates", total=steps, unit="batches")
    for step, rate in enumerate(rates):
        if step % len(batches) == 0:
            batches.begin_epoch(step // len(batches))
        model.optimizer.learning_rate = rate
        loss = float(model.train_on_batch(*batches[step % len(batches)], return_dict=True)["loss"])
        # Keras reports the mean of all batches since the last reset.
        model.reset_metrics()
        if not math.isfinite(loss):
            break
        weight = SMOOTHING if losses else 0.0
        average = weight * (average if losses else 0.0) + (1 - weight) * loss
        losses.append(average)
        lowest = min(lowest, average)
        reporter.update(step + 1)
        if average > DIVERGED * lowest:
            break
    put(variables, before)
    return RateTest(rates[: len(losses)], losses, suggestion(rates[: len(losses)], losses))


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
