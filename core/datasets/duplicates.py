"""The same film twice: in one class it is kept once, in two classes not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from core.datasets.importers import Candidate
from core.datasets.importers.candidate import DUPLICATE, TWO_CLASSES
from core.datasets.label_map import UNKNOWN
from core.datasets.looked import Looked
from core.datasets.looking import name_as_text
from core.store import Source


def reasons_to_leave_out(
    source: Source,
    looked_at: list[tuple[Candidate, Looked]],
    known: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
) -> list[str]:
    """For each file why it is left out, or ``""``: unreadable, a duplicate, in two classes."""
    same = _several(looked_at)
    # Of a film that is there several times, a row with a finding goes before one without.
    kept = {
        film_id: next((one for one in several if one.finding != UNKNOWN), several[0])
        for film_id, several in same.items()
    }
    reasons = []
    for one, looked in looked_at:
        several = same.get(looked.film_id, [])
        classes = {other.finding for other in several} - {UNKNOWN}
        if looked.reason:
            reasons.append(looked.reason)
        elif len(classes) > 1:
            other = next(other for other in several if other.finding != one.finding)
            reasons.append(
                f"{TWO_CLASSES}: this one as {one.finding}, {name_as_text(other.file)} as "
                f"{other.finding}"
            )
        elif several and one is not kept[looked.film_id]:
            first = kept[looked.film_id]
            reasons.append(f"{DUPLICATE} {name_as_text(first.file)} ({source.name})")
        else:
            reasons.append(_elsewhere(source, one, looked.film_id, known, labels))
    return reasons


def _several(looked_at: list[tuple[Candidate, Looked]]) -> dict[str, list[Candidate]]:
    """film_id → its files, of the films that are there more than once."""
    first: dict[str, Candidate] = {}
    found: dict[str, list[Candidate]] = {}
    for one, looked in looked_at:
        if looked.reason:
            continue
        before = first.setdefault(looked.film_id, one)
        if before is not one:
            found.setdefault(looked.film_id, [before]).append(one)
    return found


def _elsewhere(
    source: Source,
    one: Candidate,
    film_id: str,
    known: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
) -> str:
    """The reason when another source has this content already, else ``""``."""
    where, path = known.get(film_id, (source.name, ""))
    if where == source.name:
        return ""
    reason = f"{DUPLICATE} {Path(path).name} ({where})"
    there = labels.get(film_id, one.finding)
    if one.finding not in (UNKNOWN, there):
        reason += f", which is listed as {there}, this one as {one.finding}"
    return reason
