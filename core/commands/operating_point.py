"""operating-point: the threshold that a run's answers go by, for a wanted sensitivity."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, open_default_store, table
from core.documents import Json
from core.errors import InputError
from core.evaluation.decision import decision_of
from core.evaluation.keeping import forget_operating_point, keep_operating_point
from core.evaluation.operating_point import choose_operating_point
from core.evaluation.performance import (
    OperatingPointPerformance,
    meets_target,
    performance,
    target_words,
)
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.statistics.proportions import Proportion, trials_needed
from core.store import RunState
from core.text import interval, percent


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    rule = parser.add_mutually_exclusive_group()
    rule.add_argument(
        "--sensitivity",
        type=float,
        metavar="SHARE",
        help="choose for this share of positive films found (0 to 1) and store it with the run; "
        "without it, show what is stored, or what 0.95 would give where nothing is",
    )
    parser.add_argument(
        "--band",
        type=float,
        nargs=2,
        metavar=("FOUND", "BELOW"),
        help="with --sensitivity: where “not sure” begins and ends, as the share of positive films "
        "that reach it and the share of the others that stay below its end; without it, both are "
        "the sensitivity",
    )
    rule.add_argument(
        "--most-probable",
        action="store_true",
        help="forget the threshold: from now on each film gets its most probable class",
    )


def _operating_point(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run has a threshold.")
    files = RunFiles(store.workspace.run_folder(run.run_id))
    predictions = Predictions.load(files.predictions)
    if options.most_probable:
        forget_operating_point(store, run.run_id)
    band = tuple(options.band) if options.band else None
    if band and options.sensitivity is None:
        raise InputError(
            "--band says where “not sure” lies beside a threshold: give --sensitivity."
        )
    if options.sensitivity is not None:
        chosen = choose_operating_point(predictions, options.sensitivity, band=band)
        keep_operating_point(store, run.run_id, chosen)
    decision = decision_of(files, predictions.classes)
    point = decision.point or choose_operating_point(predictions)
    chosen_on = performance(point, predictions)
    there = [chosen_on]
    if "test" in predictions.splits:
        there.append(performance(point, predictions, "test"))
    sentence = target_words(point, chosen_on)
    document = {
        "run": run.run_id,
        "positive": point.positive,
        "target_sensitivity": point.target_sensitivity,
        "wanted_sensitivity": point.target_sensitivity,  # its name in earlier versions
        "threshold": point.threshold,
        "not_sure": list(point.not_sure),
        "band_target": list(point.band_target) if point.band_target else None,
        "temperature": point.temperature,
        "stored": decision.point is not None,
        "chosen_by": decision.point.chosen_by if decision.point else None,
        "decision": decision.as_dict(),
        "promised": meets_target(point, chosen_on),
        "films_needed": trials_needed(point.target_sensitivity),
        "sentence": sentence,
        **{one.split: _numbers(one) for one in there},
    }
    low, high = point.not_sure
    preview = "" if decision.point else f"For {percent(point.target_sensitivity, 0)} it would be: "
    text = (
        f"{decision.sentence()}\n"
        f"{preview}{point.positive} from a calibrated probability of {point.threshold:.4f} on "
        f"(not sure: {low:.4f} to {high:.4f}; temperature {point.temperature:.3g})\n"
        f"{sentence}\n{table([_row(one) for one in there])}"
    )
    return Outcome(document, text)


def _numbers(one: OperatingPointPerformance) -> Json:
    return {
        "films": one.films,
        "sensitivity": one.sensitivity.value,
        "sensitivity_interval": list(one.sensitivity.interval),
        "specificity": one.specificity.value,
        "specificity_interval": list(one.specificity.interval),
        "false_negatives": one.sensitivity.trials - one.sensitivity.successes,
        "false_positives": one.false_positives,
        "not_sure": one.not_sure,
        "sure_and_wrong": one.wrong,
    }


def _row(one: OperatingPointPerformance) -> Json:
    return {
        "films": one.split,
        "sensitivity": _share(one.sensitivity),
        "specificity": _share(one.specificity),
        "not sure": one.not_sure,
        "sure and wrong": one.wrong,
    }


def _share(one: Proportion) -> str:
    return f"{one.successes} of {one.trials} ({interval(one.interval, joint=' to ')})"


COMMANDS = {"operating-point": Command(_arguments, _operating_point)}
