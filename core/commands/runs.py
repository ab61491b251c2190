"""runs, describe, stop, resume, delete-run: the runs that there are."""

from __future__ import annotations

import argparse
from contextlib import suppress

from core.commands.command import Command, Outcome, nothing, open_default_store, table
from core.commands.following import follow, run_document, run_summary, wait_for
from core.errors import DamagedError, NotFoundError
from core.runs import launcher
from core.runs.remarks import remark
from core.runs.upkeep import refresh
from core.store import RemarksChange, Run, Store

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


def _describe_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run",
        metavar="RUN|GROUP",
        help="a run's id, or a group's; the seeds or folds of one are described together",
    )
    parser.add_argument("--title", help="what it is called from now on; '' takes the title away")
    parser.add_argument("--tags", metavar="A,B", help="words to find it by; '' takes them away")
    parser.add_argument("--notes", help="what else is to be said of it; '' takes them away")
    parser.add_argument(
        "--star",
        action=argparse.BooleanOptionalAction,
        help="mark it as the one to use: pages begin with it",
    )


def _describe(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    runs = _run_or_group(store, options.run)
    change: RemarksChange = {}
    if options.title is not None:
        change["title"] = options.title
    if options.star is not None:
        change["star"] = options.star
    if options.tags is not None:
        change["tags"] = tuple(options.tags.split(","))
    if options.notes is not None:
        change["notes"] = options.notes
    remark(store, [run.run_id for run in runs], **change)
    said = store.runs.get(runs[0].run_id)
    document = {"runs": [run.run_id for run in runs], "title": said.called} | {
        "star": said.remarks.star,
        "tags": list(said.remarks.tags),
        "notes": said.remarks.notes,
    }
    star = " ★" if said.remarks.star else ""
    tags = f" [{', '.join(said.remarks.tags)}]" if said.remarks.tags else ""
    return Outcome(
        document, "\n".join(filter(None, (f"{said.title}{star}{tags}", said.remarks.notes)))
    )


def _run_or_group(store: Store, name: str) -> list[Run]:
    """Raises NotFoundError."""
    try:
        return [store.runs.get(name)]
    except DamagedError:
        raise
    except NotFoundError:
        with suppress(NotFoundError):
            return store.runs.group(name)
        raise


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
    "describe": Command(_describe_arguments, _describe),
    "stop": Command(_one_run, _stop),
    "resume": Command(_resume_arguments, _resume),
    "delete-run": Command(_one_run, _delete),
}
