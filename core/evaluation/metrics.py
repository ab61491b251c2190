"""Numbers from predictions: confusion matrix, report, ROC and precision–recall curves.

The first class is the positive one; with more than two classes, sensitivity and the
curves set it against all the rest. What cannot be computed is None (NaN inside a table),
with the reason in ``notes``; never 0, which would be a result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from core.evaluation.predictions import Predictions, predicted_classes
from core.evaluation.predictions import predict_classes as predict_classes

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]
KEPT = 5_000  # films: of more, the curves take too much memory to be kept


@dataclass(frozen=True)
class Evaluation:
    """How predictions compare with the truth.

    ``confusion``: int (k, k), rows true, columns predicted. ``report``: one row a class, then
    ``accuracy`` (in the f1 column, as scikit-learn prints it), ``macro average`` and
    ``weighted average``; columns precision, recall, f1 (0 to 1 or NaN) and support (int).
    ``sensitivity``, ``specificity``, ``f1``, ``false_negatives``, ``false_positives`` and the
    curves are about the positive class. ``roc``: false positive rate, sensitivity, threshold
    (the first threshold is infinite). ``pr``: recall, precision, threshold, all (m,); the
    last threshold is NaN, for the point that every curve ends on (recall 0, precision 1).
    ``y_pred``: int (n,). ``notes``: metric → why it is None.
    """

    classes: tuple[str, ...]
    threshold: float | None
    films: int
    confusion: np.ndarray
    report: pd.DataFrame
    accuracy: float | None
    sensitivity: float | None
    specificity: float | None
    f1: float | None
    false_negatives: int
    false_positives: int
    precision: dict[str, float | None]
    recall: dict[str, float | None]
    roc_auc: float | None
    average_precision: float | None
    roc: Curve | None
    pr: Curve | None
    y_pred: np.ndarray
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def positives(self) -> int:
        """How many films truly are of the positive class."""
        return int(self.confusion[0].sum())

    @property
    def negatives(self) -> int:
        return self.films - self.positives


def evaluate(predictions: Predictions, threshold: float | None = None) -> Evaluation:
    """Evaluate all rows given; choose a split first with ``predictions.of("test")``.

    Without a ``threshold``, films are called by the rule that was applied to the predictions
    (``Decision.apply``), or by their most probable class where none was.
    Raises InputError for a threshold outside 0 to 1.
    """
    classes, y_true = predictions.classes, predictions.y_true
    y_pred = predicted_classes(predictions, threshold)
    if threshold is None and predictions.decided is not None:
        threshold = predictions.decided.threshold
    cells = np.bincount(y_true * len(classes) + y_pred, minlength=len(classes) ** 2)
    confusion = cells.reshape(len(classes), len(classes))
    notes: dict[str, str] = {}
    if not len(y_true):
        notes["accuracy"] = "there are no films here"

    positive = classes[0]
    precision: dict[str, float | None] = {}
    recall: dict[str, float | None] = {}
    f1: dict[str, float | None] = {}
    for index, name in enumerate(classes):
        true_positives, actual, so_called = (
            int(confusion[index, index]),
            int(confusion[index].sum()),
            int(confusion[:, index].sum()),
        )
        precision[name] = _share(
            true_positives, so_called, notes, f"precision {name}", f"no film was called {name}"
        )
        recall[name] = _share(
            true_positives, actual, notes, f"recall {name}", f"no film here is {name}"
        )
        f1[name] = _share(
            2 * true_positives,
            actual + so_called,
            notes,
            f"f1 {name}",
            f"no film is {name} or called so",
        )

    false_negatives = int(confusion[0, 1:].sum())
    false_positives = int(confusion[1:, 0].sum())
    true_negatives = int(confusion[1:, 1:].sum())
    specificity = _share(
        true_negatives,
        true_negatives + false_positives,
        notes,
        "specificity",
        f"every film here is {positive}",
    )
    for short in ("recall", "f1"):
        if f"{short} {positive}" in notes:
            notes["sensitivity" if short == "recall" else short] = notes[f"{short} {positive}"]

    roc, pr, roc_auc, average_precision = _curves(predictions, notes)
    return Evaluation(
        classes=classes,
        threshold=threshold,
        films=len(y_true),
        confusion=confusion,
        report=_report(classes, confusion, precision, recall, f1),
        accuracy=float(np.trace(confusion) / len(y_true)) if len(y_true) else None,
        sensitivity=recall[positive],
        specificity=specificity,
        f1=f1[positive],
        false_negatives=false_negatives,
        false_positives=false_positives,
        precision=precision,
        recall=recall,
        roc_auc=roc_auc,
        average_precision=average_precision,
        roc=roc,
        pr=pr,
        y_pred=y_pred,
        notes=notes,
    )


def _share(part: int, whole: int, notes: dict[str, str], metric: str, reason: str) -> float | None:
    if whole:
        return part / whole
    notes[metric] = reason
    return None


def _curves(
    predictions: Predictions, notes: dict[str, str]
) -> tuple[Curve | None, Curve | None, float | None, float | None]:
    y_true = predictions.y_true == 0
    y_score = predictions.probabilities[:, 0].astype(np.float64)
    name = predictions.classes[0]
    if not y_true.any():
        reason = f"no film here is {name}"
    elif y_true.all():
        reason = f"every film here is {name}, so there is nothing to tell it from"
    else:
        found = _drawn if len(y_true) <= KEPT else _drawn.__wrapped__
        return found(y_true.tobytes(), y_score.tobytes())
    notes["roc_auc"] = notes["average_precision"] = reason
    return None, None, None, None


@lru_cache(maxsize=64)
def _drawn(truth: bytes, scores: bytes) -> tuple[Curve, Curve, float, float]:
    """ROC and precision–recall curve with the areas below them, which no threshold changes: a
    person who tries one after the other waits for them once. Of bool and float64 (n,); both values
    must be among the first."""
    from sklearn import metrics  # only here: see core/evaluation/__init__.py

    y_true, y_score = np.frombuffer(truth, bool), np.frombuffer(scores, np.float64)
    rate, sensitivity, roc_thresholds = metrics.roc_curve(y_true, y_score, drop_intermediate=False)
    values, recalls, pr_thresholds = metrics.precision_recall_curve(y_true, y_score)
    curves = (
        (rate, sensitivity, roc_thresholds),
        (recalls, values, np.append(pr_thresholds, np.nan)),
    )
    for curve in curves:
        for part in curve:
            part.flags.writeable = False  # shared
    return (
        *curves,
        float(metrics.auc(rate, sensitivity)),
        float(metrics.average_precision_score(y_true, y_score)),
    )


def _report(
    classes: tuple[str, ...],
    confusion: np.ndarray,
    precision: dict[str, float | None],
    recall: dict[str, float | None],
    f1: dict[str, float | None],
) -> pd.DataFrame:
    # In arrays, and a table at the end: a row more in a table of pandas takes a millisecond.
    columns = {"precision": precision, "recall": recall, "f1": f1}
    values = np.array([[one[name] for name in classes] for one in columns.values()], dtype=float)
    support = confusion.sum(axis=1)
    films = int(support.sum())
    shares = support / films if films else np.full(len(classes), np.nan)
    accuracy = float(np.trace(confusion) / films) if films else np.nan
    # An average over classes of which one has no value would pass for one over all of them.
    macro = values.sum(axis=1) / len(classes)
    weighted = (values * shares).sum(axis=1)
    rows = np.column_stack([values, [np.nan, np.nan, accuracy], macro, weighted])
    names = [*classes, "accuracy", "macro average", "weighted average"]
    table = pd.DataFrame(dict(zip(columns, rows, strict=True)), index=pd.Index(names, name="class"))
    table["support"] = [*support.tolist(), films, films, films]
    return table
