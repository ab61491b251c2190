"""From each version of the store's schema to the next, and the copy that is kept before.

A step gets the connection inside the transaction that upgrades the whole file, so it happens
whole or not at all, and the data folder. A new step is one more function and one more entry in
``STEPS``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path, PurePath

from core.errors import SpecError
from core.patient_names import UNKNOWN_PATIENT, patients_from_paths
from core.specs import DatasetSpec, RunSpec, Spec
from core.store.old_jobs import put_into_the_queue


def _epochs_have_a_phase(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE epochs ADD COLUMN phase TEXT NOT NULL DEFAULT 'training'")


def _no_patient_is_invented(work: sqlite3.Connection, root: Path) -> None:
    """A film of a patient nobody knew used to be given one, named by the film's own path."""
    for source in work.execute("SELECT name, root FROM sources").fetchall():
        films = work.execute(
            "SELECT film_id, path, patient FROM films WHERE source = ? ORDER BY path",
            (source["name"],),
        ).fetchall()
        paths = [_below(source["root"], film["path"]) for film in films]
        for film, path, patient in zip(films, paths, patients_from_paths(paths), strict=True):
            own = film["patient"].removeprefix(f"{source['name']}/")
            if "/" in own and f"/{path}".endswith(f"/{own}"):
                now = f"{source['name']}/{patient}" if patient else UNKNOWN_PATIENT
                work.execute(
                    "UPDATE films SET patient = ? WHERE film_id = ?", (now, film["film_id"])
                )
    work.execute("UPDATE catalogue_version SET number = number + 1")


def _below(root: str, path: str) -> str:
    pure = PurePath(path)
    return (pure.relative_to(root) if pure.is_relative_to(root) else pure).as_posix()


def _films_can_be_set_apart(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE films ADD COLUMN set_apart TEXT NOT NULL DEFAULT ''")


def _runs_say_where_they_come_from(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE runs ADD COLUMN origin TEXT NOT NULL DEFAULT '{}'")


def _names_say_what_they_hold(work: sqlite3.Connection, root: Path) -> None:
    """``subset`` → ``source_split``, and the descriptions by the names that their fields have
    now. One that cannot be read stays as it is: its page says so."""
    work.execute("ALTER TABLE films RENAME COLUMN subset TO source_split")
    kinds: tuple[tuple[str, type[Spec]], ...] = (("runs", RunSpec), ("datasets", DatasetSpec))
    for table, kind in kinds:
        for row in work.execute(f"SELECT rowid AS at, spec FROM {table}").fetchall():
            with suppress(SpecError):
                now = kind.from_json(row["spec"]).to_json()
                work.execute(f"UPDATE {table} SET spec = ? WHERE rowid = ?", (now, row["at"]))


def _films_set_apart_are_found_at_once(work: sqlite3.Connection, root: Path) -> None:
    work.execute("CREATE INDEX films_set_apart ON films(source, path) WHERE set_apart != ''")


def _all_work_is_in_one_queue(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'train'")
    put_into_the_queue(work, root)


def _findings_can_be_corrected(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE films ADD COLUMN source_finding TEXT NOT NULL DEFAULT ''")
    work.execute("ALTER TABLE datasets ADD COLUMN corrected TEXT NOT NULL DEFAULT '{}'")
    work.execute(
        "CREATE TABLE corrections (number INTEGER PRIMARY KEY, film_id TEXT NOT NULL, "
        "before TEXT NOT NULL, finding TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL)"
    )
    work.execute("CREATE INDEX corrections_by_film ON corrections(film_id)")
    work.execute(
        "CREATE TABLE film_tags (film_id TEXT NOT NULL, tag TEXT NOT NULL, "
        "PRIMARY KEY (film_id, tag)) WITHOUT ROWID"
    )


def _runs_have_remarks(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE runs ADD COLUMN remarks TEXT NOT NULL DEFAULT '{}'")


def _runs_say_where_they_ran(work: sqlite3.Connection, root: Path) -> None:
    """On which machine: of a run of before nobody knows it. And what broke off and was taken up
    again, from now on."""
    work.execute("ALTER TABLE runs ADD COLUMN node TEXT NOT NULL DEFAULT ''")
    work.execute(
        "CREATE TABLE taken_up (run_id TEXT NOT NULL REFERENCES runs(run_id) ON DELETE CASCADE, "
        "at REAL NOT NULL, node TEXT NOT NULL, reason TEXT NOT NULL)"
    )
    work.execute("CREATE INDEX taken_up_by_run ON taken_up(run_id)")


def _who_did_what_is_kept(work: sqlite3.Connection, root: Path) -> None:
    work.execute("ALTER TABLE runs ADD COLUMN who TEXT NOT NULL DEFAULT ''")
    work.execute(
        "CREATE TABLE deeds (number INTEGER PRIMARY KEY, at REAL NOT NULL, who TEXT NOT NULL, "
        "what TEXT NOT NULL)"
    )


# From version n to n + 1.
STEPS: dict[int, Callable[[sqlite3.Connection, Path], None]] = {
    1: _epochs_have_a_phase,
    2: _no_patient_is_invented,
    3: _films_can_be_set_apart,
    4: _runs_say_where_they_come_from,
    5: _names_say_what_they_hold,
    6: _films_set_apart_are_found_at_once,
    7: _all_work_is_in_one_queue,
    8: _findings_can_be_corrected,
    9: _runs_have_remarks,
    10: _runs_say_where_they_ran,
    11: _who_did_what_is_kept,
}


def copy_of(path: Path, version: int) -> Path:
    """Where the store as version ``version`` wrote it is kept."""
    return path.with_name(f"{path.stem}.version-{version}{path.suffix}")


def upgrade(work: sqlite3.Connection, path: Path, version: int, wanted: int) -> None:
    """Keep a copy of the file, then take it from ``version`` to ``wanted``.

    ``work`` holds the write lock and has changed nothing yet, so nobody writes between the
    copy and the upgrade. An earlier copy of the same version is replaced: it is older.
    """
    _keep_copy(path, copy_of(path, version))
    for older in range(version, wanted):
        STEPS[older](work, path.parent)
        work.execute(f"PRAGMA user_version = {older + 1}")


def _keep_copy(path: Path, place: Path) -> None:
    aside = place.with_name(f"{place.name}.part")
    aside.unlink(missing_ok=True)
    # SQLite's own copying: what stands in the write-ahead log is part of it.
    with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(aside)) as there:
        here.backup(there)
    aside.replace(place)
