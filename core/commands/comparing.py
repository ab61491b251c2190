"""compare: finished runs side by side."""

from __future__ import annotations

import argparse
from typing import Any

from core.commands.command import Command, Outcome, open_default_store, table
from core.errors import InputError, NotFoundError
from core.evaluation.comparison import Entry, repeats_row, summary_row
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.repeats import Repeats, as_dict, evaluate_repeats
from core.store import Run, Store
from core.training.artefacts import RunFiles


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids of finished runs or groups")
    parser.add_argument(
        "--threshold",
        type=float,
        help="call a film positive from this probability on (default: the most probable class)",
    )
    parser.add_argument("--split", choices=["train", "validation", "test"], default="test")


def _compare(options: argparse.Namespace) -> Outcome:
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        raise InputError("--threshold is a probability: choose a number from 0 to 1.")
    store = open_default_store()
    rows: list[dict[str, Any]] = []
    document: list[dict[str, Any]] = []
    for name in options.runs:
        try:
            entry: Entry = _load(store, store.runs.get(name))
        except NotFoundError:
            entry = _repeats(store, name)
        if isinstance(entry, Repeats):
            row, told = _of_repeats(entry, options.split, options.threshold)
        else:
            row, told = _of_run(*entry, options.split, options.threshold)
        rows.append(row)
        document.append({**told, "summary": row})
    return Outcome(document, table(rows))


def _load(store: Store, run: Run) -> tuple[Run, Predictions]:
    if run.state != "done":
        raise InputError(f"{run.run_id} is {run.state}; only finished runs can be compared.")
    return run, Predictions.load(RunFiles(store.workspace.run_folder(run.run_id)).predictions)


def _repeats(store: Store, name: str) -> Repeats:
    """The finished runs of a group. Raises NotFoundError when it is no group either."""
    try:
        runs = store.runs.group(name)
    except NotFoundError:
        raise NotFoundError(
            f"There is no run and no group of repeats {name}. It may have been deleted."
        ) from None
    done = [run for run in runs if run.state == "done"]
    if not done:
        raise InputError(f"None of the repeats {name} has finished; there is nothing to compare.")
    return Repeats(tuple(_load(store, run) for run in done))


def _of_run(
    run: Run, predictions: Predictions, split: str, threshold: float | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    result = evaluate(predictions.of(split), threshold)
    return summary_row(run, predictions, threshold, split), {
        "run": run.run_id,
        "model": run.spec.model,
        "dataset": run.spec.dataset,
        "split": split,
        "threshold": threshold,
        "classes": list(result.classes),
        "accuracy": result.accuracy,
        "sensitivity": result.sensitivity,
        "specificity": result.specificity,
        "f1": result.f1,
        "false_negatives": result.false_negatives,
        "false_positives": result.false_positives,
        "roc_auc": result.roc_auc,
        "average_precision": result.average_precision,
        "confusion": result.confusion.tolist(),
        "report": result.report.to_dict("index"),
        "notes": result.notes,
    }


def _of_repeats(
    repeats: Repeats, split: str, threshold: float | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """As of a run, with ``mean``, ``sd``, ``min`` and ``max`` for the single numbers."""
    result = evaluate_repeats(repeats, split, threshold)
    return repeats_row(repeats, threshold, split), {
        "group": repeats.repeat.group,
        "kind": repeats.repeat.kind,
        "count": repeats.repeat.count,
        "runs": [run.run_id for run, _ in repeats.members],
        "model": repeats.first.spec.model,
        "dataset": repeats.first.spec.dataset,
        "split": split,
        "threshold": threshold,
        "classes": list(result.classes),
        **as_dict(result),
        "confusion": result.confusion.tolist(),
        "confusion_is": "the sum over folds" if result.pooled else "the mean of a run",
        "report": result.report.to_dict("index"),
    }


COMMANDS = (Command("compare", "finished runs side by side", _compare_arguments, _compare),)
