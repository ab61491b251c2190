"""Which learning rate? A range test [K]: a few batches, each with a larger rate.

Source: Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017,
arXiv:1506.01186, section 3.3.
"""

from __future__ import annotations

import math

import keras
import numpy as np

from core.runs.lr_range import LRRangeTest, suggestion
from core.runs.reporter import Reporter
from core.training.batches import Batches
from core.training.checkpoint import changing, put, values_of

LOWEST, HIGHEST = 1e-6, 1.0
SMOOTHING = 0.9  # share of the loss so far that the next one keeps
DIVERGED = 4.0  # times the lowest smoothed loss: larger rates only make it worse


def find_rate(model: keras.Model, batches: Batches, steps: int, reporter: Reporter) -> LRRangeTest:
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
    tried = tuple(rates[: len(losses)])
    return LRRangeTest(rates=tried, losses=tuple(losses), suggested=suggestion(tried, losses))
