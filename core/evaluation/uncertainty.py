"""Every number of an evaluation with its 95 % interval."""

from __future__ import annotations

import numpy as np

from core.evaluation.bootstrap import bootstrap_intervals
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from core.statistics import Interval
from core.statistics.proportions import f1_interval, wilson
from core.statistics.roc_area import roc_area_interval

RESAMPLED = ("f1", "roc_auc", "average_precision")


def share_intervals(evaluation: Evaluation) -> dict[str, Interval | None]:
    """Wilson intervals of what is a share of films: ``accuracy``, ``sensitivity``,
    ``specificity``, ``precision <class>`` and ``recall <class>``; None without films."""
    confusion = evaluation.confusion
    actual, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    found = {
        "accuracy": wilson(int(np.trace(confusion)), evaluation.films),
        "sensitivity": wilson(int(confusion[0, 0]), evaluation.positives),
        "specificity": wilson(
            evaluation.negatives - evaluation.false_positives, evaluation.negatives
        ),
    }
    for index, name in enumerate(evaluation.classes):
        true_positives = int(confusion[index, index])
        found[f"precision {name}"] = wilson(true_positives, int(predicted[index]))
        found[f"recall {name}"] = wilson(true_positives, int(actual[index]))
    return found


def all_intervals(
    evaluation: Evaluation, predictions: Predictions, patients: np.ndarray
) -> dict[str, Interval | None]:
    """``share_intervals``, and ``f1``, ``roc_auc`` and ``average_precision`` over patients.

    ``predictions``: the films of ``evaluation``; ``patients``: str (n,). Where every draw
    gives the same, the area and F1 have an interval by their own formula (with patients in
    the place of films for the area), and the average precision has none.
    """
    found = share_intervals(evaluation)
    drawn = bootstrap_intervals(predictions, patients, evaluation.threshold)
    found |= {name: drawn.get(name) for name in RESAMPLED}
    if evaluation.roc_auc is None:
        return {**found, "roc_auc": None, "average_precision": None}
    if found["roc_auc"] is None:
        positive = predictions.y_true == 0
        people = [len(np.unique(patients[one])) for one in (positive, ~positive)]
        found["roc_auc"] = roc_area_interval(evaluation.roc_auc, *people)
    if found["f1"] is None and evaluation.f1 is not None:
        true_positives = evaluation.positives - evaluation.false_negatives
        found["f1"] = f1_interval(
            true_positives, evaluation.false_negatives, evaluation.false_positives
        )
    return found
