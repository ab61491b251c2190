"""check: whether anything of the data folder is damaged, gone or replaced."""

from __future__ import annotations

import argparse

from core.commands.command import Command, Outcome, ProgressLine, open_default_store, table
from core.errors import FilmError
from core.images.decode import read_imported
from core.store import RunState, Store
from core.store.records import damaged_file

FOUND = 3  # done, and something cannot be read


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--films", action="store_true", help="read every film too, and hold it against its hash"
    )


def _check(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    trouble = store.database.check()
    found = [{"what": "store", "name": "", "reason": trouble}] if trouble else []
    found += _rows(store) + _files(store)
    if options.films:
        found += _films(store)
    text = table(found) if found else "Nothing is damaged."
    return Outcome({"damaged": found}, text, FOUND if found else 0)


def _rows(store: Store) -> list[dict[str, str]]:
    kinds = {
        "run": store.runs.damaged(),
        "data set": store.datasets.damaged(),
        "source": store.catalogue.damaged(),
    }
    return [
        {"what": kind, "name": one.name, "reason": one.reason}
        for kind, damaged in kinds.items()
        for one in damaged
    ]


def _files(store: Store) -> list[dict[str, str]]:
    found = []
    for run in store.runs.all([RunState.DONE]):
        changed = damaged_file(store.workspace.run_folder(run.run_id))
        if changed is not None:
            reason = f"{changed} is not what it was when the run ended. Put a copy of it back."
            found.append({"what": "run", "name": run.run_id, "reason": reason})
    return found


def _films(store: Store) -> list[dict[str, str]]:
    found = []
    known = store.catalogue.known()
    line = ProgressLine("films")
    for done, (film_id, (source, path)) in enumerate(known.items(), 1):
        try:
            read_imported(path, film_id)
        except FilmError as error:
            found.append({"what": "film", "name": f"{source}: {path}", "reason": str(error)})
        line(done, len(known))
    return found


COMMANDS = {"check": Command(_arguments, _check)}
