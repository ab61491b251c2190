"""correct: what a film goes by, where its source is wrong."""

from __future__ import annotations

import argparse
import getpass
import time

from core.commands.command import Command, Outcome, open_default_store
from core.datasets.correcting import correct_finding, film_named, take_back
from core.documents import Json
from core.errors import InputError
from core.store import Correction, Film, Store


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("film", metavar="FILM", help="id of a film, or how it begins")
    parser.add_argument(
        "finding",
        nargs="?",
        metavar="FINDING",
        help="what it is to go by; without it, what was corrected so far is told",
    )
    parser.add_argument("--undo", action="store_true", help="go by what its source says again")
    parser.add_argument("--by", metavar="NAME", help="who says so (default: this user)")


def _correct(options: argparse.Namespace) -> Outcome:
    if options.undo and options.finding is not None:
        raise InputError("Give a finding or --undo, not both.")
    store = open_default_store()
    film = film_named(store, options.film)
    if options.undo:
        if not take_back(store, [film.film_id], _who(options)):
            raise InputError("This film goes by what its source says; there is nothing to undo.")
    elif options.finding is not None:
        correct_finding(store, [film.film_id], options.finding, _who(options))
    return _told(store, store.catalogue.film(film.film_id))


def _who(options: argparse.Namespace) -> str:
    if options.by is not None:
        return str(options.by)
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in some containers
        raise InputError("Say who does this with --by NAME.") from None


def _told(store: Store, film: Film) -> Outcome:
    history = store.corrections.history(film.film_id)
    document: Json = {
        "film_id": film.film_id,
        "file": film.path,
        "finding": film.finding,
        "source_finding": film.as_its_source_says().finding,
        "history": [
            {"before": one.before, "finding": one.finding or None, "by": one.who, "at": one.at}
            for one in history
        ],
    }
    said = f"{film.film_id} goes by “{film.finding}”"
    if film.source_finding:
        said += f"; its source says “{film.source_finding}”"
    return Outcome(document, "\n".join([f"{said}.", *map(correction_line, history)]))


def correction_line(one: Correction) -> str:
    """One word on a film, as a line."""
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at))
    what = f"“{one.before}” → “{one.finding}”" if one.finding else f"“{one.before}” taken back"
    return f"  {day}  {one.who}: {what}"


COMMANDS = {"correct": Command(_arguments, _correct)}
