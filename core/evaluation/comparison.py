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
from core.evaluation.repeats import RepeatedEvaluation, Repeats, Spread, evaluate_repeats
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

# What is compared: a run with its predictions, or repeats as one.
Entry = tuple[Run, Predictions] | Repeats


@dataclass(frozen=True)
class Pair:
    """Two runs (by id, folds by their group) on the films that both were tested on.

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


def repeats_row(
    repeats: Repeats, threshold: float | None = None, split: str = "test"
) -> dict[str, Any]:
    """One group's row of ``summary_table``: means, with ``<column>_sd`` beside them."""
    return _repeats_row(repeats, evaluate_repeats(repeats, split, threshold))


def summary_table(
    entries: Sequence[Entry],
    threshold: float | None = None,
    split: str = "test",
    *,
    published: bool = False,
) -> pd.DataFrame:
    """One row an entry in the order given, then, if asked, the study's published rows.

    Columns: run, run_id, origin, model, dataset, films (int), accuracy with accuracy_low and
    accuracy_high (Wilson, 95 %), sensitivity, specificity, ``precision <class>`` for every
    class of any run, f1, false_negatives, false_positives, roc_auc, average_precision,
    train_accuracy, train_loss, trainable_params, seconds_per_epoch, epochs, threshold.
    Shares are 0 to 1. Missing values stay missing: a published row holds only what the
    study published, on its own test films.

    With repeats among the entries there are also ``repeats`` (how many are finished; 1 for a
    run), and ``<column>_sd`` for every column that is a mean over them; the group's name
    stands for the run's id. Missed films and false alarms are those of all folds together,
    and the mean over seeds; only folds have an interval, because each seed tests the same
    films again.
    """
    rows = [
        repeats_row(one, threshold, split)
        if isinstance(one, Repeats)
        else summary_row(*one, threshold, split)
        for one in entries
    ]
    if published:
        rows += [_published_row(one) for one in PUBLISHED]
    precisions = list(
        dict.fromkeys(
            key
            for row in rows
            for key in row
            if key.startswith("precision ") and not key.endswith("_sd")
        )
    )
    before, after = COLUMNS[: COLUMNS.index("f1")], COLUMNS[COLUMNS.index("f1") :]
    columns = [*before, *precisions, *after]
    whole = ["films", "false_negatives", "false_positives", "trainable_params", "epochs"]
    if any(isinstance(one, Repeats) for one in entries):
        columns.insert(columns.index("films"), "repeats")
        spreads = dict.fromkeys(key for row in rows for key in row if key.endswith("_sd"))
        columns += [f"{name}_sd" for name in columns if f"{name}_sd" in spreads]
        whole = ["repeats", "films", "trainable_params"]  # a mean of counts is no whole number
    frame = pd.DataFrame(rows, columns=columns)
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
        "repeats": 1,
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


def _repeats_row(repeats: Repeats, found: RepeatedEvaluation) -> dict[str, Any]:
    runs = [run for run, _ in repeats.members]
    pooled = found.pooled
    interval = wilson(int(np.trace(pooled.confusion)), pooled.films) if pooled else None
    low, high = interval or (None, None)
    spread = found.spread | {
        f"train_{name}": Spread.of([(run.result.get("train") or {}).get(name) for run in runs])
        for name in ("accuracy", "loss")
    }
    spread |= {
        name: Spread.of([run.result.get(name) for run in runs])
        for name in ("seconds_per_epoch", "epochs")
    }
    del spread["loss"]  # not a column: it is among the run's own results
    row: dict[str, Any] = {
        "run": repeats.title,
        "run_id": repeats.repeat.group,
        "origin": OWN,
        "model": _model_title(repeats.first.spec.model),
        "dataset": repeats.first.spec.dataset,
        "repeats": len(runs),
        "films": found.films,
        "accuracy_low": low,
        "accuracy_high": high,
        "trainable_params": repeats.first.result.get("trainable_params"),
        "threshold": found.threshold,
        **{name: one.mean for name, one in spread.items()},
        **{f"{name}_sd": one.sd for name, one in spread.items()},
    }
    if pooled:
        row["false_negatives"] = pooled.false_negatives if pooled.positives else None
        row["false_positives"] = pooled.false_positives if pooled.negatives else None
        row["false_negatives_sd"] = row["false_positives_sd"] = None
    return row


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
    entries: Sequence[Entry], threshold: float | None = None, split: str = "test"
) -> pd.DataFrame:
    """All classification reports under each other: run, run_id, class, precision, recall,
    f1 (0 to 1 or NaN), support; of repeats the mean values, with ``<column>_sd``."""
    parts = []
    for one in entries:
        if isinstance(one, Repeats):
            name, run_id = one.title, one.repeat.group
            report = evaluate_repeats(one, split, threshold).report.reset_index()
        else:
            name, run_id = one[0].title, one[0].run_id
            report = evaluate(one[1].of(split), threshold).report.reset_index()
        report.insert(0, "run_id", run_id)
        report.insert(0, "run", name)
        parts.append(report)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def prediction_table(
    entries: Sequence[Entry], threshold: float | None = None, split: str = "test"
) -> pd.DataFrame:
    """One row a run and film, repeats run by run: run, run_id, film_id, split, true,
    predicted, correct and ``probability <class>`` (0 to 1) for every class of any run."""
    parts = []
    runs = [pair for one in entries for pair in _single_runs(one)]
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


def _single_runs(entry: Entry) -> Sequence[tuple[Run, Predictions]]:
    return entry.members if isinstance(entry, Repeats) else (entry,)


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
    entries: Sequence[Entry], threshold: float | None = None, split: str = "test"
) -> list[Pair]:
    """Each two entries with the same classes, on the films that both have in this split.

    All folds together are like one run, by the name of their group. Seeds are left out:
    the test counts each film once.
    """
    tested = []
    for entry in entries:
        if not isinstance(entry, Repeats):
            name, one = entry[0].run_id, entry[1].of(split)
        elif entry.is_pooled(split):
            name, one = entry.repeat.group, entry.together(split)
        else:
            continue
        right = predict_classes(one.probabilities, threshold) == one.truth
        tested.append((name, one.classes, pd.Series(right, index=one.film_ids, dtype=bool)))
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
