"""The queue: a row for each thing that is done in a process of its own, of any kind.

A training's row is its run; that of other work is named by its folder in the data folder. The
order of rows is the order in which they were asked for. State changes are compare-and-set: two
processes that both think they own a row cannot both win.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Unpack

from core.documents import Document
from core.errors import DamagedError, InputError, NotFoundError, SpecError
from core.people.asking import asker
from core.store.damaged import lenient
from core.store.database import Database
from core.store.job_row import (
    ACTIVE,
    BROKEN_OFF,
    STATES,
    TRAINING_KIND,
    UNFINISHED,
    JobArguments,
    JobRow,
    RunChange,
    RunState,
    TakenUp,
    job_row,
)
from core.store.progress import RunProgress

NOT_BEGUN = "Stopped before it started."


class Queue:
    """Reads and writes what rows of every kind have in common."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job_id: str, kind: str, arguments: Mapping[str, str]) -> bool:
        """Queue work that is no training, at the end of the line. Returns False when it is there
        and not over; a row that is over makes place."""
        marks = ", ".join("?" * len(UNFINISHED))
        asked = JobArguments(arguments=dict(arguments)).to_json()
        with self._database.work(write=True) as work:
            if work.execute(
                f"SELECT 1 FROM runs WHERE run_id = ? AND state IN ({marks})",
                (job_id, *UNFINISHED),
            ).fetchone():
                return False
            work.execute("DELETE FROM runs WHERE run_id = ?", (job_id,))
            work.execute(
                "INSERT INTO runs (run_id, kind, spec, state, created_at, who) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (job_id, kind, asked, RunState.QUEUED, time.time(), asker().name),
            )
        return True

    def find(self, job_id: str) -> JobRow | None:
        """The row of that name; None when there is none that can be read."""
        rows = self._job_rows("WHERE run_id = ?", (job_id,))
        return rows[0] if rows else None

    def unfinished(self) -> list[JobRow]:
        """All that waits or is at work, in the order in which it was asked for. A row that cannot
        be read is left out."""
        marks = ", ".join("?" * len(UNFINISHED))
        return self._job_rows(f"WHERE state IN ({marks})", UNFINISHED)

    def of_run(self, run_id: str) -> list[JobRow]:
        """The work on a run whose files lie in its folder: its audit, its external tests."""
        return self.below(f"runs/{run_id}")

    def below(self, folder: str) -> list[JobRow]:
        """The work whose folder lies in this one, named from the data folder."""
        start = f"{folder}/"
        return self._job_rows("WHERE substr(run_id, 1, ?) = ?", (len(start), start))

    def remove(self, job_id: str) -> None:
        """Forget a row that is no training, whatever its state."""
        with self._database.work(write=True) as work:
            work.execute("DELETE FROM runs WHERE run_id = ? AND kind != ?", (job_id, TRAINING_KIND))

    def transition(
        self,
        run_id: str,
        to: RunState,
        *,
        only_from: Iterable[RunState] = STATES,
        **change: Unpack[RunChange],
    ) -> bool:
        """Move a row to a state and change what belongs to it, if it is in ``only_from``.
        Returns whether it was. Raises TypeError for a field that ``RunChange`` has not."""
        # They become names of columns, so nothing else may get there.
        if odd := change.keys() - RunChange.__annotations__.keys():
            raise TypeError(f"A run's change has no {', '.join(sorted(odd))}.")
        allowed = list(only_from)
        values = {key: _column(value) for key, value in change.items()}
        sets = ", ".join(["state = ?", *(f"{key} = ?" for key in values)])
        marks = ", ".join("?" * len(allowed))
        with self._database.work(write=True) as work:
            changed = work.execute(
                f"UPDATE runs SET {sets} WHERE run_id = ? AND state IN ({marks})",
                (to, *values.values(), run_id, *allowed),
            ).rowcount
        return bool(changed)

    def beat(self, run_id: str, progress: RunProgress | None = None) -> None:
        """Note that the worker lives, and what it is doing when that changed."""
        with self._database.work(write=True) as work:
            if progress is None:
                work.execute(
                    "UPDATE runs SET heartbeat_at = ? WHERE run_id = ?", (time.time(), run_id)
                )
            else:
                work.execute(
                    "UPDATE runs SET heartbeat_at = ?, progress = ? WHERE run_id = ?",
                    (time.time(), progress.to_json(), run_id),
                )

    def touch(self, run_id: str) -> None:
        """Write to a row what stands there. Raises StoreError where nobody can write,
        BusyError, soon, where another process is at it."""
        with self._database.work(write=True, patience=0.5) as work:
            work.execute("UPDATE runs SET pid = pid WHERE run_id = ?", (run_id,))

    def request_cancel(self, run_id: str) -> str:
        """Ask for a stop; what is queued is cancelled at once. Returns the state after. Raises
        NotFoundError."""
        if self.transition(
            run_id,
            RunState.CANCELLED,
            only_from=[RunState.QUEUED],
            reason=NOT_BEGUN,
            finished_at=time.time(),
        ):
            return RunState.CANCELLED
        with self._database.work(write=True) as work:
            work.execute(
                "UPDATE runs SET cancel_at = ? WHERE run_id = ? AND cancel_at IS NULL",
                (time.time(), run_id),
            )
            row = work.execute("SELECT state FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise NotFoundError(f"There is no run {run_id}. It may have been deleted.")
        return str(row["state"])

    def cancel_requested(self, run_id: str) -> bool:
        """Whether a stop was asked for; True as well when the row has been deleted."""
        with self._database.work() as work:
            row = work.execute("SELECT cancel_at FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        return row is None or row["cancel_at"] is not None

    def requeue(self, run_id: str) -> None:
        """Put a stopped run back in the queue, to go on from its last checkpoint.

        Raises InputError when it is not stopped.
        """
        if not self._take_up_again(run_id, BROKEN_OFF, ""):
            raise InputError(f"Only a stopped run can be resumed; {run_id} is not stopped.")

    def lost_node(self, run_id: str, reason: str) -> bool:
        """Put what was at work on a machine that is gone back in the queue, to go on elsewhere.
        ``reason``: what happened, a sentence. Returns False for what is not at work, and for what
        somebody has asked to stop."""
        return self._take_up_again(run_id, ACTIVE, "AND cancel_at IS NULL", reason)

    def _take_up_again(
        self, run_id: str, only_from: Iterable[RunState], more: str, reason: str | None = None
    ) -> bool:
        """``reason``: why it broke off, where its row does not say it yet."""
        states = list(only_from)
        marks = ", ".join("?" * len(states))
        where = f"run_id = ? AND state IN ({marks}) {more}"
        with self._database.work(write=True) as work:
            work.execute(
                "INSERT INTO taken_up SELECT run_id, ?, node, COALESCE(?, reason) FROM runs "
                f"WHERE {where}",
                (time.time(), reason, run_id, *states),
            )
            changed = work.execute(
                "UPDATE runs SET state = ?, reason = '', cancel_at = NULL, finished_at = NULL, "
                f"pid = NULL, pid_started = NULL, progress = ? WHERE {where}",
                (RunState.QUEUED, RunProgress().to_json(), run_id, *states),
            ).rowcount
        return bool(changed)

    def taken_up(self, since: float = 0.0) -> list[TakenUp]:
        """What broke off and was put back in the queue, since a time (seconds since 1970), newest
        first."""
        with self._database.work() as work:
            work.text_factory = lenient
            rows = work.execute(
                "SELECT taken_up.run_id, kind, at, taken_up.node, taken_up.reason FROM taken_up "
                "JOIN runs USING (run_id) WHERE at >= ? ORDER BY taken_up.rowid DESC",
                (since,),
            ).fetchall()
        return [
            TakenUp(str(job_id), str(kind), float(at), str(node), str(why))
            for job_id, kind, at, node, why in rows
        ]

    def _job_rows(self, where: str, values: Iterable[object]) -> list[JobRow]:
        with self._database.work() as work:
            work.text_factory = lenient
            rows = work.execute(f"SELECT * FROM runs {where} ORDER BY rowid", tuple(values))
            found = []
            for row in rows.fetchall():
                with suppress(SpecError, DamagedError):
                    found.append(job_row(row))
        return found


def _column(value: object) -> object:
    """As the database has it."""
    return value.to_json() if isinstance(value, Document) else value
