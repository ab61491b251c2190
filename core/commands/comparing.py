"""compare: finished runs side by side."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

from core.audit.status import audit_status, worst_verdict
from core.commands.command import Command, Outcome, open_default_store, say, table
from core.documents import Json
from core.errors import DamagedError, InputError, NotFoundError
from core.evaluation.bootstrap import count_unknown_patients, patients_of
from core.evaluation.comparison import Entry, Patients, repeats_row, summary_row
from core.evaluation.decision import as_used, decided, decision_of
from core.evaluation.metrics import evaluate
from core.evaluation.paired import Pair, difference_in_films, pairs
from core.evaluation.predictions import Predictions
from core.evaluation.repeats import Repeats, evaluate_repeats, repeats_document
from core.evaluation.uncertainty import all_intervals
from core.models.learnt import weights_source
from core.runs.files import RunFiles
from core.runs.learnt_films import patients_by_film
from core.store import Run, RunState, Store

# What fits a terminal; --json has all of them.
COLUMNS = (
    "run_id", "run", "weights", "films", "accuracy", "sensitivity", "specificity", "f1", "roc_auc",
    "false_negatives", "false_positives", "decision", "audit",
)  # fmt: skip


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", nargs="+", metavar="RUN", help="ids of finished runs or groups")
    rule = parser.add_mutually_exclusive_group()
    rule.add_argument(
        "--threshold",
        type=float,
        help="call a film positive from this probability on (default: each run's own rule, "
        "which `operating-point` shows)",
    )
    rule.add_argument(
        "--most-probable", action="store_true", help="give each film its most probable class"
    )
    parser.add_argument("--split", choices=["train", "validation", "test"], default="test")


def _compare(options: argparse.Namespace) -> Outcome:
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        raise InputError("--threshold is a probability: choose a number from 0 to 1.")
    store = open_default_store()
    plain = options.most_probable
    entries = [_entry(store, name, plain) for name in dict.fromkeys(options.runs)]
    films = [
        one.together(options.split) if isinstance(one, Repeats) else one[1].of(options.split)
        for one in entries
    ]
    if different := difference_in_films(films):
        say(different)
    single = [one for entry in entries for one in _members(entry)]
    patients = patients_by_film(
        store,
        [run for run, _ in single],
        [film for _, one in single for film in one.of(options.split).film_ids],
    )
    found = pairs(entries, options.threshold, options.split, patients)
    rows: list[Json] = []
    document: list[Json] = []
    for entry in entries:
        if isinstance(entry, Repeats):
            name = entry.repeat.group
            row, told = _of_repeats(entry, options.split, options.threshold)
            told["decisions"] = [_used(store, run, one, options) for run, one in entry.members]
        else:
            name = entry[0].run_id
            row, told = _of_run(*entry, options.split, options.threshold, patients)
            told["decision"] = _used(store, *entry, options)
        rows.append(row)
        row["audit"] = told["audit"] = _audit(store, entry)
        against = [_against(name, one) for one in found if name in (one.first, one.second)]
        document.append({**told, "against": against, "summary": row})
    sentences = [one.sentence(one.first, one.second) for one in found]
    shown = [{key: one.get(key) for key in COLUMNS} for one in rows]
    return Outcome(document, "\n".join([table(shown), *sentences]))


def _used(store: Store, run: Run, predictions: Predictions, options: argparse.Namespace) -> Json:
    """How this run's films were called."""
    own = decision_of(_files(store, run), predictions.classes)
    return as_used(own, options.threshold, most_probable=options.most_probable)


def _files(store: Store, run: Run) -> RunFiles:
    return RunFiles(store.workspace.run_folder(run.run_id))


def _entry(store: Store, name: str, most_probable: bool) -> Entry:
    try:
        run = store.runs.get(name)
    except DamagedError:
        raise
    except NotFoundError:
        return _repeats(store, name, most_probable)
    return _load(store, run, most_probable)


def _members(entry: Entry) -> Sequence[tuple[Run, Predictions]]:
    return entry.members if isinstance(entry, Repeats) else (entry,)


def _audit(store: Store, entry: Entry) -> str:
    """What the audit said, in a word; of repeats the gravest."""
    return worst_verdict([audit_status(store, run) for run, _ in _members(entry)])


def _against(name: str, one: Pair) -> Json:
    """A pair as seen from the run or group ``name``: the difference is its own gain."""
    first = name == one.first
    low, high = one.interval or (None, None)
    turned = [low, high] if first else [None if end is None else -end for end in (high, low)]
    return {
        "run": one.second if first else one.first,
        "films": one.films,
        "only_this_right": one.only_first if first else one.only_second,
        "only_that_right": one.only_second if first else one.only_first,
        "p_value": one.p_value,
        "accuracy_difference": one.difference if first else -one.difference,
        "accuracy_difference_interval": None if one.interval is None else turned,
        "told_apart": one.told_apart,
        "more_errors_needed": one.more_needed,
        "sentence": one.sentence(one.first, one.second),
    }


def _load(store: Store, run: Run, most_probable: bool) -> tuple[Run, Predictions]:
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only finished runs can be compared.")
    return run, decided(_files(store, run), most_probable=most_probable)


def _repeats(store: Store, name: str, most_probable: bool) -> Repeats:
    """The finished runs of a group. Raises NotFoundError when it is no group either."""
    try:
        runs = store.runs.group(name)
    except NotFoundError:
        raise NotFoundError(
            f"There is no run and no group of repeats {name}. It may have been deleted."
        ) from None
    done = [run for run in runs if run.state == RunState.DONE]
    if not done:
        raise InputError(f"None of the repeats {name} has finished; there is nothing to compare.")
    return Repeats(tuple(_load(store, run, most_probable) for run in done))


def _of_run(
    run: Run, predictions: Predictions, split: str, threshold: float | None, patients: Patients
) -> tuple[Json, Json]:
    films = predictions.of(split)
    result = evaluate(films, threshold)
    intervals = all_intervals(result, films, patients_of(films, patients))
    return summary_row(run, predictions, threshold, split, patients), {
        "run": run.run_id,
        "model": run.spec.model,
        "weights_source": weights_source(run.spec),
        "dataset": run.spec.dataset,
        "split": split,
        "threshold": result.threshold,
        "not_sure": _unsure(films, threshold),
        "most_probable": _most_probable(films),
        "classes": list(result.classes),
        "accuracy": result.accuracy,
        "sensitivity": result.sensitivity,
        "specificity": result.specificity,
        "f1": result.f1,
        "false_negatives": result.false_negatives,
        "false_positives": result.false_positives,
        "roc_auc": result.roc_auc,
        "average_precision": result.average_precision,
        "intervals": intervals,
        "films_of_unknown_patients": count_unknown_patients(films, patients),
        "confusion": result.confusion.tolist(),
        "report": result.report.to_dict("index"),
        "notes": result.notes,
    }


def _unsure(films: Predictions, threshold: float | None) -> int:
    """How many films get no answer; a threshold asked for here leaves none."""
    return int(films.decided.unsure.sum()) if films.decided and threshold is None else 0


def _most_probable(films: Predictions) -> Json:
    """The plain numbers when each film gets its most probable class."""
    result = evaluate(replace(films, decided=None))
    return {
        "accuracy": result.accuracy,
        "sensitivity": result.sensitivity,
        "specificity": result.specificity,
        "confusion": result.confusion.tolist(),
    }


def _of_repeats(repeats: Repeats, split: str, threshold: float | None) -> tuple[Json, Json]:
    """As of a run, with ``mean``, ``sd``, ``min`` and ``max`` for the single numbers."""
    result = evaluate_repeats(repeats, split, threshold)
    return repeats_row(repeats, threshold, split), {
        "group": repeats.repeat.group,
        "kind": repeats.repeat.kind,
        "count": repeats.repeat.count,
        "runs": [run.run_id for run, _ in repeats.members],
        "model": repeats.first.spec.model,
        "weights_source": weights_source(repeats.first.spec),
        "dataset": repeats.first.spec.dataset,
        "split": split,
        "threshold": result.threshold,
        "classes": list(result.classes),
        **repeats_document(result),
        "confusion": result.confusion.tolist(),
        "confusion_is": "the sum over folds" if result.pooled else "the mean of a run",
        "report": result.report.to_dict("index"),
    }


COMMANDS = {"compare": Command(_compare_arguments, _compare)}
