"""Finished runs side by side: the study's summary table, and whether they may be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.documents import Json
from core.evaluation.bootstrap import patients_of
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import MOST_PROBABLE, Predictions, rule_words
from core.evaluation.repeats import RepeatedEvaluation, Repeats, Summary, evaluate_repeats
from core.evaluation.study import PUBLISHED
from core.evaluation.uncertainty import all_intervals, share_intervals
from core.models.learnt import learnt_short
from core.models.registry import network_title
from core.statistics.proportions import wilson
from core.store import Run

COLUMNS = (
    "run",
    "run_id",
    "origin",
    "model",
    "weights",
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
    "decision",
)

OWN, REFERENCE = "this workspace", "published, 2020"

# What is compared: a run with its predictions, or repeats as one.
Entry = tuple[Run, Predictions] | Repeats
Patients = Mapping[str, str]  # film id → patient (``Catalogue.patients``)


def summary_row(
    run: Run,
    predictions: Predictions,
    threshold: float | None = None,
    split: str = "test",
    patients: Patients | None = None,
) -> Json:
    """One run's row of ``summary_table``; None where a value cannot be had."""
    films = predictions.of(split)
    evaluation = evaluate(films, threshold)
    if patients is None:
        found = share_intervals(evaluation)
    else:
        found = all_intervals(evaluation, films, patients_of(films, patients))
    row = _row(run, evaluation) | _ends(found) | {"decision": rule_words(films, threshold)}
    if predictions.decided and "train" in predictions.splits:  # else as the training told it
        row["train_accuracy"] = evaluate(predictions.of("train"), threshold).accuracy
    return row


def _ends(found: Mapping[str, tuple[float, float] | None]) -> dict[str, float | None]:
    """Two columns a number: where its interval begins and ends."""
    ends: dict[str, float | None] = {}
    for name, interval in found.items():
        ends[f"{name}_low"], ends[f"{name}_high"] = interval or (None, None)
    return ends


def repeats_row(repeats: Repeats, threshold: float | None = None, split: str = "test") -> Json:
    """One group's row of ``summary_table``: means, with ``<column>_sd`` beside them."""
    return _repeats_row(repeats, evaluate_repeats(repeats, split, threshold), split, threshold)


def summary_table(
    entries: Sequence[Entry],
    threshold: float | None = None,
    split: str = "test",
    *,
    published: bool = False,
    patients: Patients | None = None,
) -> pd.DataFrame:
    """One row an entry in the order given, then, if asked, the study's published rows.

    Columns: run, run_id, origin, model, weights (what they had learnt before), dataset, films
    (int), accuracy, sensitivity, specificity, ``precision <class>`` for every class of any run,
    f1, false_negatives, false_positives, roc_auc, average_precision, train_accuracy,
    train_loss, trainable_params, seconds_per_epoch, epochs, threshold, decision (how films were
    called, in words: ``rule_words``); and, of every share,
    ``<column>_low`` and ``<column>_high`` (95 %, Wilson). With ``patients`` (film id →
    patient) f1, roc_auc and average_precision have them as well, over patients.
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
        else summary_row(*one, threshold, split, patients)
        for one in entries
    ]
    if published:
        rows += [one.row() | {"origin": REFERENCE, "decision": MOST_PROBABLE} for one in PUBLISHED]
    precisions = list(
        dict.fromkeys(
            key
            for row in rows
            for key in row
            if key.startswith("precision ") and not key.endswith(("_sd", "_low", "_high"))
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
    ends = [f"{name}_{end}" for name in columns for end in ("low", "high")]
    columns += [one for one in ends if one not in columns and any(one in row for row in rows)]
    frame = pd.DataFrame(rows, columns=columns)
    texts = ["run", "run_id", "origin", "model", "weights", "dataset", "decision"]
    frame = frame.astype(dict.fromkeys(whole, "Int64"))
    return frame.astype(
        dict.fromkeys([one for one in frame if one not in whole + texts], "Float64")
    )


def _row(run: Run, evaluation: Evaluation) -> Json:
    train = run.result.of("train")
    return {
        "run": run.title,
        "run_id": run.run_id,
        "origin": OWN,
        "model": network_title(run.spec.model),
        "weights": learnt_short(run.spec),
        "dataset": run.spec.dataset,
        "repeats": 1,
        "films": evaluation.films,
        "accuracy": evaluation.accuracy,
        "sensitivity": evaluation.sensitivity,
        "specificity": evaluation.specificity,
        **{f"precision {name}": value for name, value in evaluation.precision.items()},
        "f1": evaluation.f1,
        "false_negatives": evaluation.false_negatives if evaluation.positives else None,
        "false_positives": evaluation.false_positives if evaluation.negatives else None,
        "roc_auc": evaluation.roc_auc,
        "average_precision": evaluation.average_precision,
        "train_accuracy": train.accuracy,
        "train_loss": train.loss,
        "trainable_params": run.result.trainable_params,
        "seconds_per_epoch": run.result.seconds_per_epoch,
        "epochs": run.result.epochs,
        "threshold": evaluation.threshold,
    }


def _repeats_row(
    repeats: Repeats, found: RepeatedEvaluation, split: str, threshold: float | None
) -> Json:
    runs = [run for run, _ in repeats.members]
    pooled = found.pooled
    interval = wilson(int(np.trace(pooled.confusion)), pooled.films) if pooled else None
    low, high = interval or (None, None)
    trained = [
        evaluate(one.of("train"), threshold).accuracy
        if one.decided and "train" in one.splits
        else run.result.of("train").accuracy
        for run, one in repeats.members
    ]
    summary = found.summary | {
        "train_accuracy": Summary.of(trained),
        "train_loss": Summary.of([run.result.of("train").loss for run in runs]),
    }
    summary |= {
        "seconds_per_epoch": Summary.of([run.result.seconds_per_epoch for run in runs]),
        "epochs": Summary.of([run.result.epochs for run in runs]),
    }
    del summary["loss"]  # not a column: it is among the run's own results
    row: Json = {
        "run": repeats.title,
        "run_id": repeats.repeat.group,
        "origin": OWN,
        "model": network_title(repeats.first.spec.model),
        "weights": learnt_short(repeats.first.spec),
        "dataset": repeats.first.spec.dataset,
        "repeats": len(runs),
        "films": found.films,
        "accuracy_low": low,
        "accuracy_high": high,
        "trainable_params": repeats.first.result.trainable_params,
        "threshold": found.threshold,
        "decision": rule_words(repeats.together(split), threshold),
        **{name: one.mean for name, one in summary.items()},
        **{f"{name}_sd": one.sd for name, one in summary.items()},
    }
    if pooled:
        row["false_negatives"] = pooled.false_negatives if pooled.positives else None
        row["false_positives"] = pooled.false_positives if pooled.negatives else None
        row["false_negatives_sd"] = row["false_positives_sd"] = None
    return row


def report_table(
    entries: Sequence[Entry], threshold: float | None = None, split: str = "test"
) -> pd.DataFrame:
    """All classification reports under each other: run, run_id, weights, class, precision, recall,
    f1 (0 to 1 or NaN), support; of a run the shares' Wilson intervals (``<column>_low``,
    ``<column>_high``), of repeats the mean values, with ``<column>_sd``."""
    parts = []
    for one in entries:
        if isinstance(one, Repeats):
            name, run_id = one.title, one.repeat.group
            report = evaluate_repeats(one, split, threshold).report.reset_index()
        else:
            name, run_id = one[0].title, one[0].run_id
            report = report_with_ends(evaluate(one[1].of(split), threshold)).reset_index()
        spec = one.first.spec if isinstance(one, Repeats) else one[0].spec
        for column, value in (("weights", learnt_short(spec)), ("run_id", run_id), ("run", name)):
            report.insert(0, column, value)
        parts.append(report)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def report_with_ends(evaluation: Evaluation) -> pd.DataFrame:
    """``Evaluation.report`` with ``precision_low`` and ``_high``, ``recall_low`` and ``_high``
    (0 to 1, Wilson, 95 %) and, in the row of the accuracy, ``f1_low`` and ``f1_high``."""
    report = evaluation.report.copy()
    # There even where no film is: a table has the same columns whatever it holds.
    for share in ("precision", "recall", "f1"):
        report[[f"{share}_low", f"{share}_high"]] = float("nan")
    for name, interval in share_intervals(evaluation).items():
        share, _, row = name.partition(" ")
        column, row = ("f1", "accuracy") if name == "accuracy" else (share, row)
        if row and interval:
            report.loc[row, [f"{column}_low", f"{column}_high"]] = interval
    return report
