"""Who did what: a line for each thing that somebody changed, the latest ones last."""

from __future__ import annotations

import time
from dataclasses import dataclass

from core.people.asking import asker
from core.store.damaged import lenient
from core.store.database import Database


@dataclass(frozen=True)
class Done:
    """``at``: seconds since 1970. ``who``: an address, a user of the system, or what they said of
    themselves; empty where nobody was asked. ``what``: “deleted run 2026…”, plain text."""

    at: float
    who: str
    what: str


class Deeds:
    """Reads and writes what was done. A line stays when what it is about goes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, what: str, who: str = "") -> None:
        """Keep that this was just done, by whoever asks now; ``who``: what they say they are
        called, where nobody knows them."""
        with self._database.work(write=True) as work:
            work.execute(
                "INSERT INTO deeds (at, who, what) VALUES (?, ?, ?)",
                (time.time(), asker().name or who, what),
            )

    def latest(self, most: int) -> list[Done]:
        """The last ``most`` lines, the latest first."""
        with self._database.work() as work:
            work.text_factory = lenient
            rows = work.execute(
                "SELECT at, who, what FROM deeds ORDER BY number DESC LIMIT ?", (most,)
            ).fetchall()
        return [Done(float(row["at"]), str(row["who"]), str(row["what"])) for row in rows]

    def count(self) -> int:
        """How many lines there are."""
        with self._database.work() as work:
            return int(work.execute("SELECT COUNT(*) FROM deeds").fetchone()[0])
