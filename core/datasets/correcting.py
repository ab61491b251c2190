"""What people say of single films: another finding, a tag, that a film is to be left out.

A correction changes what a film goes by, from the next data set on; what its source says stays
beside it, with who changed it and when (``core.store.corrections``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from core import names
from core.datasets.choosing import belongs
from core.datasets.label_map import findings_of, is_silent, join_findings, normalise_finding
from core.datasets.spelling import Spelling
from core.errors import InputError, NotFoundError
from core.people.asking import asker, asks
from core.people.roles import Deed
from core.specs import ClassSpec
from core.store import CorrectedCount, CorrectedFilm, Film, Store, StoredDataset
from core.text import capital, count, listed

LONGEST_FINDING, LONGEST_WHO, LONGEST_TAG = 120, 60, 40
SHORTEST_ID = 6  # letters of a film's id by which it can be named
_NAMED = 4  # kinds of correction that a sentence tells apart


@asks(Deed.CORRECT)
def correct_finding(store: Store, film_ids: Sequence[str], finding: str, who: str) -> int:
    """Have films go by another finding; how many went by something else before.

    ``finding``: as somebody writes it, several joined by “+”, or “unknown”; it comes into the
    spelling that the catalogue has. ``who``: a name or initials. Raises InputError.
    """
    text = names.tidy(finding)
    if not text or len(text) > LONGEST_FINDING or not text.isprintable():
        raise InputError(f"Give a finding of 1 to {LONGEST_FINDING} letters.")
    normal = normalise_finding(text)
    if is_silent(normal) and not is_silent(text):
        raise InputError(f"“{text}” names no finding. Write it as it is to be called.")
    # A new finding begins as those of the collections do.
    new = join_findings(one if is_silent(one) else capital(one) for one in findings_of(normal))
    spelled = Spelling(store.catalogue.findings()).of(new)
    named = _who(who)
    changed = store.corrections.correct(film_ids, spelled, named)
    if changed:
        store.deeds.note(f"corrected {count(changed, 'film')} to “{spelled}”", named)
    return changed


@asks(Deed.CORRECT)
def take_back(store: Store, film_ids: Sequence[str], who: str) -> int:
    """Have films go by what their sources say again; how many did not. Raises InputError."""
    named = _who(who)
    changed = store.corrections.undo(film_ids, named)
    if changed:
        store.deeds.note(f"took back the corrections of {count(changed, 'film')}", named)
    return changed


@asks(Deed.CORRECT)
def leave_out(store: Store, film_ids: Sequence[str], who: str) -> None:
    """Set films apart, so that no data set made from now on has them. Raises InputError."""
    named = _who(who)
    said = f"Left out by {named}".removesuffix(".")
    store.catalogue.set_apart(dict.fromkeys(film_ids, f"{said}."))
    store.deeds.note(f"left out {count(len(film_ids), 'film')}", named)


@asks(Deed.CORRECT)
def go_back_to(store: Store, film_ids: Sequence[str], finding: str, who: str) -> int:
    """Have films go by a finding again that they went by a moment ago; how many did not. Raises
    InputError."""
    named = _who(who)
    changed = store.corrections.correct(film_ids, finding, named)
    if changed:
        store.deeds.note(f"took {count(changed, 'film')} back to “{finding}”", named)
    return changed


@asks(Deed.CORRECT)
def use_films_again(store: Store, film_ids: Sequence[str]) -> None:
    """Take films back into use that were set apart."""
    store.catalogue.use_again(film_ids)
    store.deeds.note(f"took {count(len(film_ids), 'film')} back into use")


@asks(Deed.CORRECT)
def tag_films(store: Store, film_ids: Sequence[str], tag: str) -> int:
    """Put a tag on films, in the spelling that it has already; how many did not have it. Raises
    InputError."""
    tidy = names.tidy(tag)
    if why := names.objection(tidy, LONGEST_TAG):
        raise InputError(f"“{tidy}” cannot be a tag: {why}.")
    there = {names.name_key(one): one for one in store.tags.all()}
    spelled = there.get(names.name_key(tidy), tidy)
    changed = store.tags.add(film_ids, spelled)
    if changed:
        store.deeds.note(f"tagged {count(changed, 'film')} “{spelled}”")
    return changed


@asks(Deed.CORRECT)
def untag_films(store: Store, film_ids: Sequence[str], tag: str) -> int:
    """Take a tag from films; how many had it."""
    changed = store.tags.remove(film_ids, tag)
    if changed:
        store.deeds.note(f"took the tag “{tag}” from {count(changed, 'film')}")
    return changed


def film_named(store: Store, text: str) -> Film:
    """The film whose id this is, or begins with it. Raises NotFoundError, InputError."""
    wanted = text.strip().lower()
    known = [one for one in store.catalogue.known() if one.startswith(wanted)]
    if len(wanted) < SHORTEST_ID:
        raise InputError(
            f"Name a film by its id, or by the first {SHORTEST_ID} letters of it or more."
        )
    if not known:
        raise NotFoundError(f"No film in the catalogue has the id “{text}”.")
    if len(known) > 1:
        raise InputError(f"{len(known)} films have ids that begin with “{text}”. Give more of it.")
    return store.catalogue.film(known[0])


def corrected_films(
    frame: pd.DataFrame, classes: Sequence[ClassSpec], members: pd.Series, fits: ArrayLike
) -> tuple[CorrectedFilm, ...]:
    """The films of a catalogue's frame whose corrections matter to a data set of ``classes``: its
    ``members`` (ids), and those that a correction took out of it. ``fits``: bool, a row each,
    whether a class would take the film as it is called now."""
    if "source_finding" not in frame:
        return ()
    there = np.flatnonzero((frame["source_finding"] != "").to_numpy())
    if not len(there):
        return ()
    some = frame.iloc[there]
    said = some.assign(finding=some["source_finding"].astype(str))
    fitted = np.any([belongs(said, one) for one in classes], axis=0)
    inside = some["film_id"].isin(members)
    found = []
    for film, before, now, is_in in zip(
        some.itertuples(), fitted, np.asarray(fits)[there], inside.tolist(), strict=True
    ):
        if is_in or (before and not now):
            found.append(
                CorrectedFilm(
                    film_id=str(film.film_id),
                    source_finding=str(film.source_finding),
                    finding=str(film.finding),
                    is_in=is_in,
                )
            )
    return tuple(sorted(found, key=lambda one: one.film_id))


def with_who(store: Store, films: Sequence[CorrectedFilm]) -> tuple[CorrectedFilm, ...]:
    """The same with who corrected each, and when."""
    latest = store.corrections.latest() if films else {}
    return tuple(
        one.model_copy(update={"who": latest[one.film_id].who, "at": latest[one.film_id].at})
        if one.film_id in latest
        else one
        for one in films
    )


def corrected_since(store: Store, stored: StoredDataset) -> int:
    """How many films of a data set go by another finding now than when it was saved, because a
    person said so."""
    then = {one.film_id: one.finding for one in stored.corrected}
    latest = store.corrections.latest()
    if not latest:
        return 0
    members = [one.film_id for one in store.datasets.each(stored.name) if one.film_id in latest]
    return sum(
        film.finding != then.get(film.film_id, film.as_its_source_says().finding)
        for film in store.catalogue.films(members)
    )


def corrected_sentences(kinds: Sequence[CorrectedCount]) -> tuple[str, ...]:
    """What a data set says of the corrections that it was made with; empty without any."""
    said = []
    inside = [one for one in kinds if one.is_in]
    if inside:
        films = sum(one.films for one in inside)
        go = "goes by a finding" if films == 1 else "go by findings"
        said.append(
            f"{capital(count(films, 'film'))} {go} that a person corrected: {_kinds(inside)}."
        )
    outside = [one for one in kinds if not one.is_in]
    if outside:
        films = sum(one.films for one in outside)
        words = "is left out because its finding was" if films == 1 else (
            "are left out because their findings were"
        )  # fmt: skip
        said.append(f"{capital(count(films, 'film'))} {words} corrected: {_kinds(outside)}.")
    return tuple(said)


def _kinds(kinds: Sequence[CorrectedCount]) -> str:
    told = [f"{one.films:,} from “{one.source_finding}” to “{one.finding}”" for one in kinds]
    return listed(told, most=_NAMED)


def _who(who: str) -> str:
    """Who says so: the address of somebody who has signed in, else what they call themselves."""
    person = asker()
    if person.signed_in:
        return person.name
    said = names.tidy(who)
    if why := names.objection(said, LONGEST_WHO):
        raise InputError(f"Say who does this, by a name or initials: {why}.")
    return said
