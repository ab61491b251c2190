"""external: a finished run on a source that it has not learnt from, beside its own test."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, open_default_store, say, table
from core.commands.following import failure, wait_for_job
from core.documents import Json
from core.errors import InputError
from core.evaluation.decision import Decision, as_used, decision_of
from core.evaluation.operating_point import choose_operating_point
from core.external.external_sentences import external_sentences
from core.external.report import Estimate, Side, comparison_document
from core.external.result_file import ExternalResult, load_result
from core.external.testing import (
    alarms_by_finding,
    external_comparison,
    films_for,
    internal_predictions,
    nothing_to_test,
    start_external,
)
from core.models.learnt import weights_source
from core.runs.files import RunFiles
from core.runs.results import finished_run
from core.store import Run, RunState, Store
from core.text import interval, percent

ROWS = (
    ("sensitivity", "sensitivity"),
    ("false positive rate", "false_positive_rate"),
    ("AUC", "auc"),
)
STORED = -1.0  # --aim without a number


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("--source", required=True, metavar="S", help="name of an imported source")
    answer = parser.add_mutually_exclusive_group()
    answer.add_argument(
        "--threshold",
        type=float,
        help="call a film positive from this probability on (default: the run's own rule)",
    )
    answer.add_argument(
        "--most-probable", action="store_true", help="give each film its most probable class"
    )
    answer.add_argument(
        "--aim",
        type=float,
        nargs="?",
        const=STORED,
        metavar="SENSITIVITY",
        help="use the threshold that finds so many of the validation films (0.85 for 85 %%); "
        "without a number the one stored with the run",
    )


def _external(options: argparse.Namespace) -> Outcome:
    if options.threshold is not None and not 0 <= options.threshold <= 1:
        raise InputError("--threshold is a probability: choose a number from 0 to 1.")
    store = open_default_store()
    run = finished_run(store, options.run, to_be="tested")
    # Before minutes of work: a run without a point for its aim cannot be judged at it.
    internal = internal_predictions(store, run)
    decision = decision_of(RunFiles(store.workspace.run_folder(run.run_id)), internal.classes)
    if options.aim == STORED and decision.point is None:
        raise InputError(
            f"{run.run_id} has no threshold stored. Choose one with "
            f"`operating-point {run.run_id} --sensitivity 0.95`, or name a share after --aim."
        )
    if options.aim not in (None, STORED):
        decision = Decision(internal.classes, choose_operating_point(internal, options.aim))
    result = _tested(store, run, options.source)
    found = external_comparison(
        store,
        run,
        result,
        internal,
        options.threshold,
        decision,
        most_probable=options.most_probable,
    )
    for warning in result.warnings:
        say(warning)
    said = external_sentences(found)
    document = {
        "run": run.run_id,
        "weights_source": weights_source(run.spec),
        "source": result.source,
        "positive": found.positive,
        "threshold": found.external.evaluation.threshold,
        "decision": as_used(decision, options.threshold, most_probable=options.most_probable),
        "level": found.level,
        "sentence": said[0],
        "sentences": list(said),
        "internal": comparison_document(found.internal),
        "external": comparison_document(found.external),
        "difference": {
            name: {"value": one.value, "interval": one.interval, "note": one.why}
            for name, one in found.differences.items()
        },
        "by_finding": alarms_by_finding(found, store.catalogue),
        "mapped": list(result.mapped),
        "left_out": list(result.left_out),
        "warnings": list(result.warnings),
    }
    rows = [_row(title, name, found.internal, found.external) for title, name in ROWS]
    return Outcome(document, "\n".join([*said, "", table(rows)]))


def _tested(store: Store, run: Run, source: str) -> ExternalResult:
    """Test the run in its turn, and wait for it; Ctrl-C stops the test. Raises InputError."""
    chosen = films_for(store, run, source)
    if chosen.films.empty:
        raise InputError(nothing_to_test(chosen))
    job = start_external(store, run.run_id, source)
    try:
        status = wait_for_job(job, "films")
    except KeyboardInterrupt:
        job.stop()
        raise
    if status.state != RunState.DONE:
        raise failure(status, status.reason or "The run was deleted while it was tested.")
    result = load_result(store.workspace, run.run_id, source)
    if result is None:
        raise InputError(f"The test of {run.run_id} left no result. Start it again.")
    return result


def _row(title: str, name: str, internal: Side, external: Side) -> Json:
    return {
        "": title,
        "internal": _text(getattr(internal, name)),
        "external": _text(getattr(external, name)),
    }


def _text(rate: Estimate) -> str:
    if rate.value is None:
        return f"– ({rate.why})"
    if rate.interval is None:
        return percent(rate.value)
    return f"{percent(rate.value)} ({interval(rate.interval, joint=' to ')})"


COMMANDS = {"external": Command(_arguments, _external)}
