"""slices: how a finished run does on parts of its test films."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, open_default_store, table
from core.errors import InputError
from core.evaluation.decision import decided, decision_of
from core.evaluation.slice_sentences import slice_name, slice_sentences
from core.evaluation.slices import MEASURES, slices_of
from core.runs.files import RunFiles
from core.specs import SPLITS
from core.store import RunState
from core.text import NONE, interval, percent


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="id of a finished run")
    parser.add_argument("--split", choices=SPLITS, default="test")


def _slices(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    run = store.runs.get(options.run)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run has slices.")
    files = RunFiles(store.workspace.run_folder(run.run_id))
    predictions = decided(files).of(options.split)
    found = slices_of(store, run, predictions)
    sentences = slice_sentences(found)
    decision = decision_of(files, predictions.classes)
    document = {
        "run": run.run_id,
        "split": options.split,
        "decision": decision.as_dict(),
        **found.document(),
        "sentences": list(sentences),
    }
    rows = [
        {
            "aspect": one.aspect,
            "group": slice_name(one.aspect, one.value),
            "films": one.films,
            "patients": one.patients,
            **{
                measure: f"{percent(share.right.value)} ({interval(share.right.interval)})"
                if (share := one.of(measure))
                else NONE
                for measure in MEASURES
            },
        }
        for one in found.rows
    ]
    return Outcome(document, "\n".join([table(rows), *sentences]))


COMMANDS = {"slices": Command(_arguments, _slices)}
