"""A small store with what one piece of work asks of a store, for a machine that has none.

Rows are copied as they are, so both ends must be of one version. In two parts: films and data sets,
which many runs share and which may be large, and the rows of the queue, which are few.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from core.specs import RunSpec
from core.store.database import Database
from core.store.job_row import TRAINING_KIND, RunState


def write_films_part(
    database: Path, target: Path, datasets: Sequence[str], sources: Sequence[str]
) -> None:
    """A new store at ``target`` with these data sets and their films, and all films of these
    sources. Raises OSError and sqlite3.Error."""
    names = [*_marks(datasets)], [*_marks(sources)]
    of_sets, of_sources = (", ".join(one) for one in names)
    wanted = (
        f"SELECT film_id FROM here.dataset_films WHERE dataset COLLATE NOCASE IN ({of_sets}) "
        f"UNION SELECT film_id FROM here.films WHERE source IN ({of_sources})"
    )
    both = (*datasets, *sources)
    with _new(target), _beside(target, database) as work:
        _copy(
            work,
            "sources",
            f"name IN (SELECT source FROM here.films WHERE film_id IN ({wanted}))",
            both,
        )
        _copy(work, "films", f"film_id IN ({wanted})", both)
        for table, column in (("datasets", "name"), ("dataset_films", "dataset")):
            _copy(work, table, f"{column} COLLATE NOCASE IN ({of_sets})", datasets)


def write_rows_part(database: Path, target: Path, job_ids: Iterable[str]) -> None:
    """A new store at ``target`` with these rows of the queue, and the epochs of those that are
    trainings."""
    with _new(target), _beside(target, database) as work:
        _copy_rows(work, list(job_ids))


def take_rows(
    target: Path, rows: Path, job_id: str, spec: RunSpec | None, helped: str = ""
) -> None:
    """Add to the store at ``target`` what ``write_rows_part`` has put into ``rows``. The row
    ``job_id`` waits there from now on, whatever it did before; of a training, ``spec`` is what it
    is asked. ``helped``: the training that it helps, whose ``spec`` it is then, and which is at
    work elsewhere."""
    with closing(sqlite3.connect(rows)) as other:
        names = [str(row[0]) for row in other.execute("SELECT run_id FROM runs")]
    with _beside(target, rows) as work:
        _copy_rows(work, names)
        work.execute(
            "UPDATE runs SET state = ?, reason = '', pid = NULL, pid_started = NULL, "
            "cancel_at = NULL, finished_at = NULL, heartbeat_at = NULL, progress = '{}' "
            "WHERE run_id = ?",
            (RunState.QUEUED, job_id),
        )
        if spec is not None:
            work.execute(
                "UPDATE runs SET spec = ? WHERE run_id = ? AND kind = ?",
                (spec.to_json(), helped or job_id, TRAINING_KIND),
            )
        if helped:  # nobody here shall look for its process
            work.execute(
                "UPDATE runs SET state = ? WHERE run_id = ?", (RunState.INTERRUPTED, helped)
            )


def _copy_rows(work: sqlite3.Connection, job_ids: Sequence[str]) -> None:
    for table in ("runs", "epochs"):
        _copy(work, table, f"run_id IN ({', '.join(_marks(job_ids))})", job_ids)


def _copy(work: sqlite3.Connection, table: str, where: str, values: Sequence[str]) -> None:
    # By their names: a store that was upgraded has its columns in another order than a new one.
    names = ", ".join(str(row[1]) for row in work.execute(f"PRAGMA main.table_info({table})"))
    work.execute(
        f"INSERT INTO main.{table} ({names}) SELECT {names} FROM here.{table} WHERE {where}",
        tuple(values),
    )


def _marks(values: Sequence[str]) -> list[str]:
    return ["?"] * len(values)


@contextmanager
def _new(target: Path) -> Iterator[None]:
    """An empty store at ``target``, all of which is in that one file after the body."""
    Database(target).close()
    yield
    with closing(sqlite3.connect(target)) as work:
        work.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def _beside(target: Path, other: Path) -> Iterator[sqlite3.Connection]:
    """A connection to ``target`` for one transaction, in which ``other`` is called ``here``."""
    with closing(sqlite3.connect(target, isolation_level=None, timeout=30)) as work:
        work.execute("ATTACH ? AS here", (str(other),))
        work.execute("BEGIN IMMEDIATE")
        try:
            yield work
        except BaseException:
            work.execute("ROLLBACK")
            raise
        work.execute("COMMIT")
        work.execute("DETACH here")
