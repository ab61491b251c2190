"""map: which films look alike to a network that knows photographs, and what lies apart."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import get_args

from core.commands.command import Command, Outcome, open_default_store, say
from core.commands.following import wait_for_job
from core.documents import Json
from core.errors import InputError
from core.film_map.document import shown_sentence
from core.film_map.separation import MapAspect, odd_films, separation
from core.film_map.status import map_job, map_status, start_map
from core.store import RunState
from core.text import count


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--again", action="store_true", help="even if there is a map")


def _map(options: argparse.Namespace) -> Outcome:
    store = open_default_store()
    frame = store.catalogue.frame()
    found = map_status(store, frame)
    if found.unreadable and not options.again:
        say("The last map cannot be read, so it is drawn again.")
    if options.again or found.result is None or map_job(store).status().is_running:
        status = wait_for_job(start_map(store), "map")
        if status.state != RunState.DONE:
            raise InputError(f"The map did not come to an end. {status.reason}")
        frame = store.catalogue.frame()
        found = map_status(store, frame)
    if found.result is None:
        raise InputError("The map left no result. Draw it again with --again.")
    apart = [separation(found.result, frame, column) for column in get_args(MapAspect)]
    odd = odd_films(found.result, frame)
    told = [sentence for one in apart if one is not None for sentence in one.sentences()]
    if odd:
        told.append(
            f"{count(len(odd), 'film')} among films of another finding: {' '.join(odd[:5])}"
        )
    above = [shown_sentence(found.result)]
    if found.stale:
        above.append(f"{found.stale} Draw it again with --again.")
    document: Json = {
        "films": len(found.result.films),
        "of": found.result.of,
        "unreadable": found.result.unreadable,
        "network": found.result.network,
        "made_at": found.result.made_at,
        "stale": found.stale or None,
        "separation": [
            {**asdict(one), "level": one.level, "sentences": one.sentences()}
            for one in apart
            if one is not None
        ],
        "odd": odd,
        "points": [
            {"film_id": film_id, "x": x, "y": y}
            for film_id, x, y in zip(
                found.result.films, found.result.x, found.result.y, strict=True
            )
        ],
    }
    return Outcome(document, "\n".join([*above, *told]))


COMMANDS = {"map": Command(_arguments, _map)}
