"""compare: finished runs side by side."""

from __future__ import annotations

import argparse
from typing import Any

from core.commands.command import Command, Outcome, open_default_store, table
from core.errors import InputError
from core.evaluation.comparison import summary_row
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.training.artefacts import RunFiles


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids of finished runs")
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
    for run_id in options.runs:
        run = store.runs.get(run_id)
        if run.state != "done":
            raise InputError(f"{run_id} is {run.state}; only finished runs can be compared.")
        files = RunFiles(store.workspace.run_folder(run_id))
        predictions = Predictions.load(files.predictions)
        result = evaluate(predictions.of(options.split), options.threshold)
        row = summary_row(run, predictions, options.threshold, options.split)
        rows.append(row)
        document.append(
            {
                "run": run_id,
                "model": run.spec.model,
                "dataset": run.spec.dataset,
                "split": options.split,
                "threshold": options.threshold,
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
                "summary": row,
            }
        )
    return Outcome(document, table(rows))


COMMANDS = (Command("compare", "finished runs side by side", _compare_arguments, _compare),)
