"""Films that an earlier import brought in: what a later one of the same source says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.store import Film, Store

# What a second import brings up to date on films that are there: all that the source says.
SAID = (
    "finding", "finding_original", "view", "view_original", "sex", "age", "subset", "masks",
    "metadata",
)  # fmt: skip


def follow_renamed(store: Store, films: list[Film], known: Mapping[str, tuple[str, str]]) -> None:
    """Renamed since the last import: the film is the same, its file is elsewhere."""
    moved = {
        film.film_id: film.path
        for film in films
        if film.film_id in known
        and known[film.film_id][1] != film.path
        and not _is_file(known[film.film_id][1])
    }
    if moved:
        store.catalogue.move_films(moved)


def bring_up_to_date(store: Store, films: list[Film]) -> int:
    """Note what the source says now of films imported before; how many it says anew of."""
    before = {film.film_id: film for film in store.catalogue.films([one.film_id for one in films])}
    changed = [
        replace(before[film.film_id], **{name: getattr(film, name) for name in SAID})
        for film in films
        if film.film_id in before
        and any(getattr(film, name) != getattr(before[film.film_id], name) for name in SAID)
    ]
    if changed:
        store.catalogue.say_anew(changed)
    return len(changed)


def name_patients(store: Store, known: list[Film], told: bool) -> None:
    """Note the patients of films imported before: those unknown then; where the user has
    ``told`` how to find them, all of them."""
    before = store.catalogue.patients(film.film_id for film in known)
    now = {
        film.film_id: film.patient
        for film in known
        if film.patient
        and film.patient != before[film.film_id]
        and (told or not before[film.film_id])
    }
    if now:
        store.catalogue.name_patients(now)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
