"""The same film twice: in one class it is kept once, in two classes not at all."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from core.datasets.importers import Candidate
from core.datasets.importers.candidate import DUPLICATE, TWO_CLASSES
from core.datasets.label_map import UNKNOWN
from core.datasets.looked import Looked
from core.datasets.looking import name_as_text
from core.store import Source


def reasons_to_leave_out(
    source: Source,
    looked_at: Iterable[tuple[Candidate, Looked]],
    known: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
) -> Iterator[str]:
    """For each file why it is left out, or ``""``: unreadable, a duplicate, in two classes. The
    rows are gone through several times."""
    same = _several(looked_at)
    # Of a film that is there several times, a row with a finding goes before one without.
    kept = {
        film_id: next((row for row, one in several if one.finding != UNKNOWN), several[0][0])
        for film_id, several in same.items()
    }
    for row, (one, looked) in enumerate(looked_at):
        several = [other for _, other in same.get(looked.film_id, [])]
        classes = {other.finding for other in several} - {UNKNOWN}
        if looked.reason:
            yield looked.reason
        elif len(classes) > 1:
            other = next(other for other in several if other.finding != one.finding)
            yield (
                f"{TWO_CLASSES}: this one as {one.finding}, {name_as_text(other.file)} as "
                f"{other.finding}"
            )
        elif several and row != kept[looked.film_id]:
            first = dict(same[looked.film_id])[kept[looked.film_id]]
            yield f"{DUPLICATE} {name_as_text(first.file)} ({source.name})"
        else:
            yield _elsewhere(source, one, looked.film_id, known, labels)


def _several(
    looked_at: Iterable[tuple[Candidate, Looked]],
) -> dict[str, list[tuple[int, Candidate]]]:
    """film_id → its files, each with the number of its row, of the films that are there more than
    once."""
    # First by a number of eight bytes for each: two films may have the same.
    numbers = array("q", (hash(looked.film_id) for _, looked in looked_at if not looked.reason))
    values, times = np.unique(np.frombuffer(numbers, dtype=np.int64), return_counts=True)
    again = set(values[times > 1].tolist())
    if not again:
        return {}
    found: dict[str, list[tuple[int, Candidate]]] = {}
    for row, (one, looked) in enumerate(looked_at):
        if not looked.reason and hash(looked.film_id) in again:
            found.setdefault(looked.film_id, []).append((row, one))
    return {film_id: several for film_id, several in found.items() if len(several) > 1}


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
