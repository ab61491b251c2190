"""Films that an earlier import brought in: what a later one of the same source says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.datasets.dicom_patients import HASHED
from core.store import Film, Store

# What a second import brings up to date on films that are there: all that the source says.
SAID = (
    "finding", "finding_original", "view", "view_original", "sex", "age", "subset", "masks",
    "metadata",
)  # fmt: skip


def follow_renamed(store: Store, films: list[Film], known: Mapping[str, tuple[str, str]]) -> None:
    """Renamed since the last import: the film is the same, its file is elsewhere."""
    taken = {film.path: film.film_id for film in films}
    moved = {
        film.film_id: film.path
        for film in films
        if film.film_id in known
        and known[film.film_id][1] != film.path
        # Not there any more, or under its old name there is another film now.
        and (known[film.film_id][1] in taken or not _is_file(known[film.film_id][1]))
    }
    if moved:
        store.catalogue.move_films(moved)


def replaced_by(
    fresh: list[Film], films: list[Film], known: Mapping[str, tuple[str, str]]
) -> list[str]:
    """The ids of known films of the same source whose files have become those of ``fresh``.

    Not of a film that is among ``films`` under another name.
    """
    there = {film.film_id for film in films}
    was_at = {(source, path): film_id for film_id, (source, path) in known.items()}
    found = [was_at.get((film.source, film.path), "") for film in fresh]
    return [film_id for film_id in found if film_id and film_id not in there]


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
    ``told`` how to find them, all of them. Hashes of DICOM headers are all of one salt then,
    even if it was lost since: else a patient would be two."""
    before = store.catalogue.patients(film.film_id for film in known)
    now = {
        film.film_id: film.patient
        for film in known
        if film.patient
        and film.patient != before[film.film_id]
        and (told or not before[film.film_id] or _both_hashed(film, before[film.film_id]))
    }
    if now:
        store.catalogue.name_patients(now)


def _both_hashed(film: Film, before: str) -> bool:
    start = f"{film.source}/{HASHED}"
    return film.patient.startswith(start) and before.startswith(start)


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):
        return False
