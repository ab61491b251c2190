"""runs, stop, resume, delete-run: the runs that there are."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, nothing, open_default_store, table
from core.commands.following import follow, run_document, run_summary, wait_for
from core.runs import launcher
from core.runs.upkeep import refresh

UNREADABLE = "unreadable"  # in place of a state, for a run of which no more can be said


def _runs(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    refresh(store)
    runs = store.runs.all()
    damaged = store.runs.damaged()
    documents = [run_document(store, run) for run in runs]
    documents += [{"run": one.name, "state": UNREADABLE, "reason": one.reason} for one in damaged]
    rows = [run_summary(store, run) for run in runs]
    rows += [{"run": one.name, "state": UNREADABLE, "reason": one.reason} for one in damaged]
    return Outcome(documents, table(rows))


def _one_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, as `runs` prints it")


def _resume_arguments(parser: argparse.ArgumentParser) -> None:
    _one_run(parser)
    parser.add_argument("--no-wait", action="store_true", help="queue it and return at once")


def _stop(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    store.runs.get(options.run)
    launcher.stop(store, options.run)
    run = store.runs.get(options.run)
    if run.is_active:
        run = wait_for(store, options.run)
    return Outcome(run_document(store, run), f"{run.run_id}: {run.state}")


def _resume(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    store.runs.get(options.run)
    launcher.resume(store, options.run)
    return follow(store, store.runs.get(options.run), wait=not options.no_wait)


def _delete(options: argparse.Namespace) -> Outcome:
    launcher.delete(open_default_store(), options.run)
    return Outcome({"deleted": options.run}, f"Deleted {options.run}.")


COMMANDS = {
    "runs": Command(nothing, _runs),
    "stop": Command(_one_run, _stop),
    "resume": Command(_resume_arguments, _resume),
    "delete-run": Command(_one_run, _delete),
}
