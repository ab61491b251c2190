"""Findings that a person has put right: what the source says stays, with who changed it and when.

A film's ``finding`` is what it goes by everywhere; ``source_finding`` beside it is what the source
says where somebody has said otherwise. Every correction, and every one that was taken back, is a
row of its own, under the film's hash: so it outlives an import of the same film.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.documents import Document, Part
from core.store.database import Database

_AT_ONCE = 500  # SQLite takes so many marks and more
# The last word on each film.
_LATEST = (
    "SELECT film_id, before, finding, who, at FROM corrections "
    "WHERE number IN (SELECT MAX(number) FROM corrections GROUP BY film_id)"
)


@dataclass(frozen=True)
class Correction:
    """One word on a film. ``before``: the finding it went by until then; ``finding``: the one
    since then, empty where a correction was taken back. ``who``: as they said; ``at``: seconds
    since 1970."""

    film_id: str
    before: str
    finding: str
    who: str
    at: float


class CorrectedFilm(Part):
    """A film whose correction matters to a data set. ``source_finding``: what its source says;
    ``finding``: what it was corrected to, by ``who`` and when (seconds since 1970). ``is_in``:
    whether the data set has it; else it has not because of the correction."""

    film_id: str
    source_finding: str
    finding: str
    who: str = ""
    at: float = 0.0
    is_in: bool = True


class CorrectedCount(Part):
    """How many films of a data set were corrected in the same way; as ``CorrectedFilm``."""

    source_finding: str
    finding: str
    is_in: bool
    films: int


class CorrectedFilms(Document):
    """What a data set keeps of the corrections that it was made with."""

    SPOKEN = "What this data set says of corrected findings"

    films: tuple[CorrectedFilm, ...] = ()


def counted(films: Iterable[CorrectedFilm]) -> tuple[CorrectedCount, ...]:
    """The films, each kind of correction once: those that are in it first, the most frequent
    first."""
    tally = Counter((one.source_finding, one.finding, one.is_in) for one in films)
    ordered = sorted(tally.items(), key=lambda item: (not item[0][2], -item[1], item[0]))
    return tuple(
        CorrectedCount(source_finding=before, finding=now, is_in=is_in, films=number)
        for (before, now, is_in), number in ordered
    )


class Corrections:
    """Reads and writes corrections of findings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def correct(self, film_ids: Iterable[str], finding: str, who: str) -> int:
        """Have these films go by ``finding`` (in one spelling); how many did not before. Where it
        is what the source says, the correction is taken back."""
        return self._change(film_ids, finding, who)

    def undo(self, film_ids: Iterable[str], who: str) -> int:
        """Have these films go by what their sources say again; how many did not before."""
        return self._change(film_ids, "", who)

    def history(self, film_id: str) -> list[Correction]:
        """Every word on a film, the first one first."""
        with self._database.work() as work:
            rows = work.execute(
                "SELECT film_id, before, finding, who, at FROM corrections WHERE film_id = ? "
                "ORDER BY number",
                (film_id,),
            ).fetchall()
        return [Correction(*row) for row in rows]

    def latest(self) -> dict[str, Correction]:
        """film_id → the last word on it, of every film there ever was one on."""
        with self._database.work() as work:
            return {row["film_id"]: Correction(*row) for row in work.execute(_LATEST)}

    def _change(self, film_ids: Iterable[str], finding: str, who: str) -> int:
        now, changed = time.time(), 0
        with self._database.work(write=True) as work:
            for row in _films(work, list(dict.fromkeys(film_ids))):
                said = row["source_finding"] or row["finding"]
                wanted = finding or said
                if wanted == row["finding"]:
                    continue
                undone = wanted == said
                word = (row["film_id"], row["finding"], "" if undone else wanted, who, now)
                work.execute(
                    "INSERT INTO corrections (film_id, before, finding, who, at) "
                    "VALUES (?, ?, ?, ?, ?)",
                    word,
                )
                work.execute(
                    "UPDATE films SET finding = ?, source_finding = ? WHERE film_id = ?",
                    (wanted, "" if undone else said, row["film_id"]),
                )
                changed += 1
            if changed:
                work.execute("UPDATE catalogue_version SET number = number + 1")
        return changed


def corrected_ids(work: sqlite3.Connection) -> set[str]:
    """The films that anybody has ever corrected."""
    rows = work.execute("SELECT DISTINCT film_id FROM corrections").fetchall()
    return {row["film_id"] for row in rows}


def correct_again(work: sqlite3.Connection, film_ids: Iterable[str]) -> None:
    """Let corrections hold for films whose rows have just been written as their sources say."""
    written = set(film_ids)
    for row in work.execute(_LATEST).fetchall():
        if row["finding"] and row["film_id"] in written:
            work.execute(
                "UPDATE films SET source_finding = finding, finding = ? "
                "WHERE film_id = ? AND finding != ?",
                (row["finding"], row["film_id"], row["finding"]),
            )


def _films(work: sqlite3.Connection, film_ids: Sequence[str]) -> list[sqlite3.Row]:
    found: list[sqlite3.Row] = []
    for start in range(0, len(film_ids), _AT_ONCE):
        chunk = film_ids[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(chunk))
        found += work.execute(
            f"SELECT film_id, finding, source_finding FROM films WHERE film_id IN ({marks}) "
            "ORDER BY film_id",
            chunk,
        ).fetchall()
    return found
