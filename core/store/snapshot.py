"""A copy of the store that is taken while others write to it, and made fit for another place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from core.errors import InputError
from core.store.database import Database
from core.store.job_row import ACTIVE, RunState


@dataclass(frozen=True)
class FilmPlace:
    """Where a film of the catalogue lies. ``masks``: kind → path."""

    film_id: str
    source: str
    path: str
    masks: Mapping[str, str]


def take_snapshot(database: Database, to: Path, meanwhile: Callable[[], None]) -> None:
    """Copy the store to ``to`` by SQLite's own copying. ``meanwhile`` is called before, while
    nobody else can write to the store: what it does agrees with the copy. Raises StoreError."""
    with database.work(write=True):
        meanwhile()
        with closing(sqlite3.connect(database.path)) as here, closing(sqlite3.connect(to)) as there:
            here.backup(there)


class Snapshot:
    """A store's file that nobody else has open, as a context; what was changed is written when it
    ends well. Raises InputError for a file that is no store, here and in every method."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._connection = sqlite3.connect(self._path)
        self._connection.row_factory = sqlite3.Row
        try:
            # In one file, without a log beside it.
            self._read("PRAGMA journal_mode = DELETE")
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._connection.commit()
        finally:
            self._connection.close()

    @property
    def version(self) -> int:
        """Of its schema."""
        return int(self._read("PRAGMA user_version")[0][0])

    def trouble(self) -> str:
        """What SQLite finds wrong with the file; empty when nothing. Reads all of it."""
        found = [str(row[0]) for row in self._read("PRAGMA quick_check(3)")]
        return "" if found == ["ok"] else "; ".join(found)

    def counted(self) -> dict[str, int]:
        """How many ``sources``, ``films``, ``datasets`` and ``runs`` (trainings) it has."""
        asked = {
            "sources": "SELECT COUNT(*) FROM sources",
            "films": "SELECT COUNT(*) FROM films",
            "datasets": "SELECT COUNT(*) FROM datasets",
            "runs": "SELECT COUNT(*) FROM runs WHERE kind = 'train'",
        }
        return {what: int(self._read(query)[0][0]) for what, query in asked.items()}

    def under_way(self) -> list[tuple[str, str]]:
        """Name and kind of all work that a process is at."""
        marks = ", ".join("?" * len(ACTIVE))
        rows = self._read(f"SELECT run_id, kind FROM runs WHERE state IN ({marks})", ACTIVE)
        return [(str(row["run_id"]), str(row["kind"])) for row in rows]

    def interrupt(self, reasons: Mapping[str, str], at: float) -> None:
        """Say of work that its process is gone: name → why, in a sentence. ``at``: seconds since
        1970."""
        self._connection.executemany(
            "UPDATE runs SET state = ?, reason = ?, finished_at = ?, pid = NULL, "
            "pid_started = NULL, heartbeat_at = NULL WHERE run_id = ?",
            [(RunState.INTERRUPTED, reason, at, name) for name, reason in reasons.items()],
        )

    def forget_kind(self, kind: str) -> None:
        """Leave out all work of a kind."""
        self._connection.execute("DELETE FROM runs WHERE kind = ?", (kind,))

    def roots(self) -> dict[str, str]:
        """Source → its folder."""
        return {str(row["name"]): str(row["root"]) for row in self._read("SELECT * FROM sources")}

    def films(self) -> Iterator[FilmPlace]:
        """All films that can be read, by source and path."""
        query = "SELECT film_id, source, path, masks FROM films ORDER BY source, path"
        for row in self._read(query):
            if isinstance(row["path"], str):
                yield FilmPlace(row["film_id"], row["source"], row["path"], _masks(row["masks"]))

    def move(self, moved: Callable[[str], str]) -> None:
        """Put what ``moved`` makes of it in the place of every path: sources, films, masks."""
        films = [
            (moved(one.path), json.dumps({kind: moved(to) for kind, to in one.masks.items()}),
             one.film_id)
            for one in self.films()
        ]  # fmt: skip
        roots = [(moved(root), name) for name, root in self.roots().items()]
        self._connection.executemany(
            "UPDATE films SET path = ?, masks = ? WHERE film_id = ?", films
        )
        self._connection.executemany("UPDATE sources SET root = ? WHERE name = ?", roots)

    def _read(self, query: str, values: tuple[str, ...] = ()) -> list[sqlite3.Row]:
        try:
            return self._connection.execute(query, values).fetchall()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise InputError(f"This is no store of ThoraxLens, or it is damaged ({error}).") from (
                error
            )


def _masks(stored: object) -> dict[str, str]:
    try:
        found = json.loads(str(stored))
    except ValueError:
        return {}
    return {str(kind): str(path) for kind, path in found.items()} if isinstance(found, dict) else {}
