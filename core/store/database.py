"""The SQLite file, and one connection a call."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.errors import BusyError, InputError, StoreError
from core.people.asking import must_be_writing
from core.store.schema import SCHEMA, SCHEMA_VERSION
from core.store.upgrades import upgrade

PATIENCE_SECONDS = 30.0  # for another process that writes

# SQLite's primary result codes → what a user can do about them.
BUSY = "Another process is writing to it. Try again in a moment."
FULL = "The disk may be full: free some space and try again."
READ_ONLY = "Allow this user to write there, or choose another data folder with --data."
DAMAGED = (
    "The file is damaged: put a copy of it back, or move it away, with the files beside it that "
    "end in -wal and -shm; finished runs are then found again, and films are to be imported "
    "again. The films themselves are not touched."
)
GONE = (
    "{path} was deleted, emptied or replaced while ThoraxLens was running. It has been opened "
    "again with what is there now: reload the page. If films or data sets are missing, put a copy "
    "of the file back or import the films again."
)
ADVICE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


class Database:
    """Opens a fresh connection for each unit of work; commits it whole or not at all.

    ``rebuild`` is called within the transaction that makes a new file's tables: what can be
    found again of a lost one goes in there.
    """

    def __init__(
        self, path: Path, rebuild: Callable[[sqlite3.Connection], None] | None = None
    ) -> None:
        self.path = path
        self.generation = 0  # how often another file took the place of the one opened
        self._rebuild = rebuild
        self._opening = threading.Lock()
        self._open()

    def _open(self) -> None:
        self._create_or_check()
        # Never used: while one connection stays open, the last of the others to close need
        # not write the log back into the file, which takes a look at the disk each time.
        idle = sqlite3.connect(self.path, check_same_thread=False)
        idle.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        self._close_idle = weakref.finalize(self, idle.close)
        self._file = _file_at(self.path)

    def close(self) -> None:
        """Let go of the file, so that it can be moved: with the last to let go, what stands in the
        log beside it is written into it."""
        self._close_idle()

    def check(self) -> str:
        """What is wrong with the file, a sentence; empty when nothing is. Reads all of it."""
        try:
            with self.work() as work:
                found = [str(row[0]) for row in work.execute("PRAGMA quick_check(3)")]
        except StoreError as error:
            return str(error)
        if found == ["ok"]:
            return ""
        return f"{self.path} cannot be trusted ({'; '.join(found)}). {DAMAGED}"

    def _must_be_the_same_file(self) -> None:
        """Raises StoreError, once, when the file was taken away or another one put there."""
        if _file_at(self.path) == self._file:
            return
        with self._opening:
            if _file_at(self.path) == self._file:  # another thread has seen to it
                return
            if not _holds_anything(self.path.parent):
                raise StoreError(
                    f"The data folder {self.path.parent} is gone or empty. Is its drive still "
                    "connected? Nothing is written there until its files are back."
                )
            self._close_idle()
            self._open()
            self.generation += 1
        raise StoreError(GONE.format(path=self.path))

    @contextmanager
    def work(
        self, *, write: bool = False, patience: float = PATIENCE_SECONDS
    ) -> Iterator[sqlite3.Connection]:
        """A connection for one transaction; ``write`` takes the write lock at once.

        Taking it at once, instead of upgrading from a read, is what lets the busy
        timeout work: SQLite refuses an upgrade immediately. Raises StoreError for what the
        user can see to: a damaged file, a full disk, a folder that cannot be written;
        BusyError when another process holds the write lock for ``patience`` seconds; and
        NotAllowedError for a write that whoever asks may not make.
        """
        if write:
            must_be_writing()
        self._must_be_the_same_file()
        with self._work(write, patience) as connection:
            yield connection

    @contextmanager
    def _work(
        self, write: bool, patience: float = PATIENCE_SECONDS
    ) -> Iterator[sqlite3.Connection]:
        try:
            with self._transaction(write, patience) as connection:
                yield connection
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            advice = _advice(error)
            if advice is None:
                raise
            kind = BusyError if advice is BUSY else StoreError
            raise kind(f"{self.path} cannot be used ({error}). {advice}") from error

    @contextmanager
    def _transaction(self, write: bool, patience: float) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=patience, isolation_level=None)
        connection.row_factory = _Row
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                with suppress(sqlite3.Error):  # what went wrong first is what matters
                    connection.execute("ROLLBACK")
            raise
        finally:
            connection.close()

    def _create_or_check(self) -> None:
        try:
            # journal_mode cannot change inside a transaction; it sticks to the file.
            bare = sqlite3.connect(self.path, timeout=PATIENCE_SECONDS)
            try:
                bare.execute("PRAGMA journal_mode = WAL")
            finally:
                bare.close()
            with self._work(write=True) as connection:
                version = connection.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    for statement in SCHEMA.split(";\n"):
                        connection.execute(statement)
                    if self._rebuild is not None:
                        self._rebuild(connection)
                    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                elif version < 0:  # no version of ours
                    raise sqlite3.DatabaseError("its version is damaged")
                elif version < SCHEMA_VERSION:
                    upgrade(connection, self.path, version, SCHEMA_VERSION)
                if version > SCHEMA_VERSION:
                    raise InputError(
                        f"{self.path} was written by a newer ThoraxLens. "
                        "Update this one, or choose another data folder with --data."
                    )
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            advice = _advice(error)
            if advice not in (None, DAMAGED):
                raise StoreError(f"{self.path} cannot be used ({error}). {advice}") from error
            raise InputError(
                f"{self.path} cannot be used as ThoraxLens's database ({error}). "
                "Move it away, or choose another data folder with --data."
            ) from error


class _Row(sqlite3.Row):
    """A row of a table that may have lost a column."""

    def __getitem__(self, key: Any) -> Any:
        try:
            return super().__getitem__(key)
        except IndexError:
            what = f"The store lacks its column “{key}”."
            raise StoreError(f"{what} {DAMAGED}") from None


def _advice(error: sqlite3.Error | UnicodeDecodeError) -> str | None:
    """What to do about it; None for an error of the program's own."""
    if isinstance(error, UnicodeDecodeError):  # what SQLite says quotes a damaged file
        return DAMAGED
    if "Could not decode to UTF-8" in str(error):  # Python's own, without a code
        return DAMAGED
    if str(error).startswith(("no such table", "no such column")):  # its list of tables is damaged
        return DAMAGED
    return ADVICE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _file_at(path: Path) -> tuple[int, int] | None:
    """Which file lies there, by its place on the disk; None for none and for an empty one."""
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found.st_size else None


def _holds_anything(folder: Path) -> bool:
    try:
        return any(True for _ in os.scandir(folder))
    except OSError:
        return False
