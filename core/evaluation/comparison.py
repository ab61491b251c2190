"""Finished runs side by side: the study's summary table, and whether they may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from core.errors import InputError
from core.evaluation.intervals import mcnemar, wilson
from core.evaluation.metrics import Evaluation, evaluate, predict_classes
from core.evaluation.predictions import Predictions
from core.evaluation.study import PUBLISHED, Published
from core.models.registry import get_model
from core.store import Run

COLUMNS = (
    "run",
    "run_id",
    "origin",
    "model",
    "dataset",
    "films",
    "accuracy",
    "accuracy_low",
    "accuracy_high",
    "sensitivity",
    "specificity",
    "f1",
    "false_negatives",
    "false_positives",
    "roc_auc",
    "average_precision",
    "train_accuracy",
    "train_loss",
    "trainable_params",
    "seconds_per_epoch",
    "epochs",
    "threshold",
)

OWN, REFERENCE = "this workspace", "published, 2020"


@dataclass(frozen=True)
class Pair:
    """Two runs (by id) on the films that both were tested on.

    ``only_first`` and ``only_second``: films that just one of them gets right.
    ``p_value``: exact McNemar; small means that chance does not explain the difference.
    """

    first: str
    second: str
    films: int
    only_first: int
    only_second: int
    p_value: float


def summary_row(
    run: Run, predictions: Predictions, threshold: float | None = None, split: str = "test"
) -> dict[str, Any]:
    """One run's row of ``summary_table``; None where a value cannot be had."""
    return _row(run, evaluate(predictions.of(split), threshold))


def summary_table(
    runs: Sequence[tuple[Run, Predictions]],
    threshold: float | None = None,
    split: str = "test",
    *,
    published: bool = False,
) -> pd.DataFrame:
    """One row a run in the order given, then, if asked, the study's published rows.

    Columns: run, run_id, origin, model, dataset, films (int), accuracy with accuracy_low and
    accuracy_high (Wilson, 95 %), sensitivity, specificity, ``precision <class>`` for every
    class of any run, f1, false_negatives, false_positives, roc_auc, average_precision,
    train_accuracy, train_loss, trainable_params, seconds_per_epoch, epochs, threshold.
    Shares are 0 to 1. Missing values stay missing: a published row holds only what the
    study published, on its own test films.
    """
    rows = [summary_row(run, predictions, threshold, split) for run, predictions in runs]
    if published:
        rows += [_published_row(one) for one in PUBLISHED]
    precisions = list(
        dict.fromkeys(key for row in rows for key in row if key.startswith("precision "))
    )
    before, after = COLUMNS[: COLUMNS.index("f1")], COLUMNS[COLUMNS.index("f1") :]
    frame = pd.DataFrame(rows, columns=[*before, *precisions, *after])
    whole = ["films", "false_negatives", "false_positives", "trainable_params", "epochs"]
    texts = ["run", "run_id", "origin", "model", "dataset"]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    return frame.astype(
        dict.fromkeys([one for one in frame if one not in whole + texts], "Float64")
    )


def _row(run: Run, evaluation: Evaluation) -> dict[str, Any]:
    train: Mapping[str, Any] = run.result.get("train") or {}
    interval = wilson(int(np.trace(evaluation.confusion)), evaluation.films)
    low, high = interval or (None, None)
    return {
        "run": run.title,
        "run_id": run.run_id,
        "origin": OWN,
        "model": _model_title(run.spec.model),
        "dataset": run.spec.dataset,
        "films": evaluation.films,
        "accuracy": evaluation.accuracy,
        "accuracy_low": low,
        "accuracy_high": high,
        "sensitivity": evaluation.sensitivity,
        "specificity": evaluation.specificity,
        **{f"precision {name}": value for name, value in evaluation.precision.items()},
        "f1": evaluation.f1,
        "false_negatives": evaluation.false_negatives if evaluation.positives else None,
        "false_positives": evaluation.false_positives if evaluation.negatives else None,
        "roc_auc": evaluation.roc_auc,
        "average_precision": evaluation.average_precision,
        "train_accuracy": train.get("accuracy"),
        "train_loss": train.get("loss"),
        "trainable_params": run.result.get("trainable_params"),
        "seconds_per_epoch": run.result.get("seconds_per_epoch"),
        "epochs": run.result.get("epochs"),
        "threshold": evaluation.threshold,
    }


def _model_title(name: str) -> str:
    try:
        return get_model(name).title
    except InputError:  # a run by a later version, or a model taken out since
        return name


def _published_row(one: Published) -> dict[str, Any]:
    return {
        "run": f"{one.title} (published)",
        "run_id": "",
        "origin": REFERENCE,
        "model": one.title,
        "dataset": "the study's",
        "accuracy": one.accuracy,
        "sensitivity": one.recall_covid,
        "precision covid": one.precision_covid,
        "precision healthy": one.precision_healthy,
        "train_accuracy": one.train_accuracy,
        "train_loss": one.train_loss,
        "trainable_params": one.trainable_params,
        "seconds_per_epoch": one.seconds_per_epoch,
    }


def report_table(
    runs: Sequence[tuple[Run, Predictions]], threshold: float | None = None, split: str = "test"
) -> pd.DataFrame:
    """All classification reports under each other: run, run_id, class, precision, recall,
    f1 (0 to 1 or NaN), films."""
    parts = []
    for run, predictions in runs:
        report = evaluate(predictions.of(split), threshold).report.reset_index()
        report.insert(0, "run_id", run.run_id)
        report.insert(0, "run", run.title)
        parts.append(report)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def prediction_table(
    runs: Sequence[tuple[Run, Predictions]], threshold: float | None = None, split: str = "test"
) -> pd.DataFrame:
    """One row a run and film: run, run_id, film_id, split, true, predicted, correct and
    ``probability <class>`` (0 to 1) for every class of any run."""
    parts = []
    for run, all_predictions in runs:
        predictions = all_predictions.of(split)
        names = np.asarray(predictions.classes)
        predicted = predict_classes(predictions.probabilities, threshold)
        frame = pd.DataFrame(
            {
                "run": run.title,
                "run_id": run.run_id,
                "film_id": predictions.film_ids,
                "split": predictions.split,
                "true": names[predictions.truth],
                "predicted": names[predicted],
                "correct": predicted == predictions.truth,
            }
        )
        for index, name in enumerate(predictions.classes):
            frame[f"probability {name}"] = predictions.probabilities[:, index]
        parts.append(frame)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def difference_in_films(several: Sequence[Predictions]) -> str:
    """Why these predictions (of one split each) are not like with like; "" when they are."""
    if len(several) < 2:
        return ""
    if len({one.classes for one in several}) > 1:
        return (
            "These runs tell different classes apart, and were tested on different films. "
            "Their numbers answer different questions."
        )
    tests = [dict(zip(one.film_ids, one.truth, strict=True)) for one in several]
    if all(test == tests[0] for test in tests):
        return ""
    common = set.intersection(*(set(test) for test in tests))
    sizes = sorted({len(test) for test in tests})
    films = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return (
        f"These runs were tested on different films ({films} each, {len(common)} in common). "
        "A difference between their numbers may come from the films, not from the networks."
    )


def pairs(
    runs: Sequence[tuple[Run, Predictions]], threshold: float | None = None, split: str = "test"
) -> list[Pair]:
    """Each two runs with the same classes, on the films that both have in this split."""
    tested = []
    for run, all_predictions in runs:
        one = all_predictions.of(split)
        right = predict_classes(one.probabilities, threshold) == one.truth
        tested.append((run.run_id, one.classes, pd.Series(right, index=one.film_ids, dtype=bool)))
    found = []
    for (first, classes, right), (second, other_classes, other) in combinations(tested, 2):
        common = right.index.intersection(other.index)
        if classes != other_classes or common.empty:
            continue
        a, b = right[common].to_numpy(), other[common].to_numpy()
        only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
        p_value = mcnemar(only_first, only_second)
        found.append(Pair(first, second, len(common), only_first, only_second, p_value))
    return found
