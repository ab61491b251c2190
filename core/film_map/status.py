"""The map from outside: how it is drawn, and whether it still shows what there is."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.errors import InputError
from core.film_map.document import FILE, LEAST, FilmMap, drawn_by_lot, films_to_map, map_folder
from core.models.registry import FIRST_CHOICE
from core.models.weights import find_weights, missing_message
from core.people.asking import asks
from core.people.roles import Deed
from core.runs.jobs import Job
from core.runs.kinds import MAP
from core.store import Store
from core.text import capital, count


@dataclass(frozen=True)
class MapStatus:
    """``result``: the last map, None without one. ``stale``: what has changed since, a sentence;
    empty while it shows all that it would show now. ``unreadable``: there is one, and it cannot
    be read."""

    result: FilmMap | None
    stale: str = ""
    unreadable: bool = False


def map_job(store: Store) -> Job:
    """The job that draws the map, whether it was ever started or not."""
    return Job(store, MAP, map_folder(store.workspace))


@asks(Deed.JUDGE)
def start_map(store: Store) -> Job:
    """Draw it in a process of its own; one that is under way goes on. Raises InputError when
    there are too few films, or the network's weights are not at hand."""
    if why := why_no_map(store, store.catalogue.frame()):
        raise InputError(why)
    job = map_job(store)
    job.start()
    store.deeds.note("had the map of the films drawn")
    return job


def why_no_map(store: Store, frame: pd.DataFrame) -> str:
    """Why no map can be drawn, sentences; empty when one can. ``frame``: the catalogue's."""
    films = films_to_map(frame, _artificial(store))
    if len(films) < LEAST:
        return f"A map needs at least {LEAST} films, and there {_are(len(films))}. Import more."
    if find_weights(store.workspace, FIRST_CHOICE) is None:
        # Of the message only what helps here: a map of random numbers would show nothing.
        return missing_message(store.workspace, FIRST_CHOICE).partition(" Or choose")[0]
    return ""


def map_status(store: Store, frame: pd.DataFrame) -> MapStatus:
    """The last map, held against the films of the catalogue's ``frame``."""
    file = map_folder(store.workspace) / FILE
    found = FilmMap.load_if_readable(file)
    if found is None:
        return MapStatus(None, unreadable=file.exists())
    return MapStatus(found, changes_since(store, found, frame))


def changes_since(store: Store, found: FilmMap, frame: pd.DataFrame) -> str:
    """What has changed since the map was drawn; empty when nothing has that matters. Films that
    are gone or left out are simply not shown any more."""
    films = films_to_map(frame, _artificial(store))
    now = drawn_by_lot(films["film_id"].astype(str))
    new = len(set(now) - set(found.films)) - found.unreadable
    # One taken away from a part drawn by lot lets another in.
    gone = len(set(found.films) - set(now)) if len(films) > len(now) else 0
    if new - gone <= 0:
        return ""
    verb = "has" if new == 1 else "have"
    return f"{capital(count(new, 'film'))} {verb} come since this map was drawn."


def _artificial(store: Store) -> list[str]:
    return [one.name for one in store.catalogue.sources() if one.artificial]


def _are(films: int) -> str:
    return f"{'is' if films == 1 else 'are'} {count(films, 'film')}"
