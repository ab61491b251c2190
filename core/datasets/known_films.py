"""Films that an earlier import brought in: what a later one of the same source says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from core.datasets.dicom_patients import HASHED
from core.datasets.importers import Candidate
from core.datasets.importers.candidate import TWO_CLASSES, UNCERTAIN
from core.datasets.looked import Looked
from core.store import Film, Source, Store, imported_meanwhile

# What a second import brings up to date on films that are there: all that the source says.
SAID = (
    "finding", "finding_original", "view", "view_original", "sex", "age", "source_split", "masks",
    "metadata",
)  # fmt: skip

AT_ONCE = 500  # films of the catalogue in memory beside those that are imported


def known_now(store: Store, source: Source) -> dict[str, tuple[str, str]]:
    """``Catalogue.known``. Raises InputError when the folder of ``source`` has
    another name by now."""
    known = store.catalogue.known()
    # Asked after the films that are known: else all of them would be told to be another's.
    there = store.catalogue.source_at(source.root)
    if there and there.name != source.name:
        raise imported_meanwhile(source.root, there.name)
    return known


def follow_renamed(
    store: Store, films: Iterable[Film], known: Mapping[str, tuple[str, str]]
) -> None:
    """Renamed since the last import: the film is the same, its file is elsewhere."""
    if not known or not any(film.film_id in known for film in films):
        return
    taken = {film.path for film in films}
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


def replaced_by(films: Iterable[Film], known: Mapping[str, tuple[str, str]]) -> list[str]:
    """The ids of known films of the same source whose files have become those of others among
    ``films``.

    Not of a film that is among ``films`` under another name.
    """
    if not known:
        return []
    there = {film.film_id for film in films}
    was_at = {(source, path): film_id for film_id, (source, path) in known.items()}
    fresh = (film for film in films if film.film_id not in known)
    found = [was_at.get((film.source, film.path), "") for film in fresh]
    return [film_id for film_id in found if film_id and film_id not in there]


def bring_up_to_date(store: Store, films: Iterable[Film]) -> int:
    """Note what the source says now of films imported before; how many it says anew of."""
    changed = []
    rest = iter(films)
    while chunk := list(islice(rest, AT_ONCE)):
        there = store.catalogue.films([one.film_id for one in chunk])
        # What a person has corrected is not what the source said.
        before = {film.film_id: film.as_its_source_says() for film in there}
        changed += [
            replace(before[film.film_id], **{name: getattr(film, name) for name in SAID})
            for film in chunk
            if film.film_id in before
            and any(getattr(film, name) != getattr(before[film.film_id], name) for name in SAID)
        ]
    if changed:
        store.catalogue.say_anew(changed)
    return len(changed)


def name_patients(store: Store, known: Iterable[Film], told: bool) -> None:
    """Note the patients of films imported before: those unknown then; where the user has
    ``told`` how to find them, all of them. Hashes of DICOM headers are all of one salt then,
    even if it was lost since: else a patient would be two."""
    before = store.catalogue.patients(film.film_id for film in known)
    now = {
        film.film_id: film.patient
        for film in known
        # One that somebody has just removed is nobody's any more.
        if film.patient
        and film.patient != (was := before.get(film.film_id, film.patient))
        and (told or not was or _both_hashed(film, was))
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


def set_apart_again(
    store: Store,
    source: str,
    looked_at: Iterable[tuple[Candidate, Looked]],
    reasons: Sequence[str],
    known: Mapping[str, tuple[str, str]],
) -> set[str]:
    """Set films of earlier imports apart that would not be imported now, and use those again
    for which that has changed; the ids of the latter.

    A film that has come to stand in two classes, or whose finding is uncertain and is not to
    count any more, may be in data sets: it stays in the catalogue.
    """
    own = {path: film_id for film_id, (where, path) in known.items() if where == source}
    if not own:
        return set()
    now: dict[str, str] = {}
    fine = set()
    for (one, looked), reason in zip(looked_at, reasons, strict=True):
        film_id = looked.film_id or own.get(str(one.path), "")
        if known.get(film_id, ("",))[0] != source:
            continue
        kind = next((kind for kind in (TWO_CLASSES, UNCERTAIN) if reason.startswith(kind)), "")
        if kind:
            now[film_id] = f"{kind[0].upper()}{kind[1:]}."
        elif not reason:
            fine.add(film_id)
    before = store.catalogue.set_apart_in(source)
    ours = {f"{kind[0].upper()}{kind[1:]}." for kind in (TWO_CLASSES, UNCERTAIN)}
    again = {film_id for film_id in fine - now.keys() if before.get(film_id) in ours}
    if now:
        store.catalogue.set_apart(now)
    if again:
        store.catalogue.use_again(again)
    return again
