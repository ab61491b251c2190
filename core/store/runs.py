"""Training runs: what was asked for, how far it is, and what came out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Unpack

from core.errors import DamagedError, InputError, NotFoundError, SpecError
from core.names import name_key
from core.people.asking import asker
from core.specs import RunSpec
from core.store.damaged import (
    Damaged,
    lenient,
    run_spec,
    text_of,
)
from core.store.job_row import (
    ACTIVE,
    STATES,
    TRAINING_KIND,
    RunState,
    checked_process,
)
from core.store.origin import RunOrigin
from core.store.progress import RunProgress
from core.store.queue import Queue
from core.store.remarks import RemarksChange, RunRemarks, checked_remarks
from core.store.run_result import RunResult

if TYPE_CHECKING:
    import pandas as pd


PHASES = ("training", "fine-tuning")  # of a run's epochs; the second only where asked for


@dataclass(frozen=True)
class Epoch:
    """One finished epoch, counted from 1. ``seconds``: wall time of the epoch, validation
    included. ``phase``: one of PHASES. A value that could not be computed is None, never 0."""

    epoch: int
    loss: float | None
    accuracy: float | None
    val_loss: float | None
    val_accuracy: float | None
    learning_rate: float | None
    seconds: float
    phase: str = "training"


@dataclass(frozen=True)
class Run:
    """One run as the store knows it. Times are seconds since 1970 (UTC).

    ``progress``: what the worker last said. ``result``: without a number until it is done.
    ``origin``: where it comes from, what it was called there, and its licence. ``remarks``: what
    people here say of it. ``node``: the name of the machine that it works or worked on; empty
    before it starts, and where nobody knows it. ``who``: who started it or took it in, empty where
    nobody was asked.
    """

    run_id: str
    spec: RunSpec
    state: RunState
    reason: str = ""
    device: str = ""
    pid: int | None = None
    pid_started: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None
    heartbeat_at: float | None = None
    cancel_at: float | None = None
    progress: RunProgress = field(default_factory=RunProgress)
    result: RunResult = field(default_factory=RunResult)
    origin: RunOrigin = field(default_factory=RunOrigin)
    remarks: RunRemarks = field(default_factory=RunRemarks)
    node: str = ""
    who: str = ""

    @property
    def title(self) -> str:
        """What tables call the run: what people call it, or model and data set; which of its
        group, the id's short tail unless it was named here, and a mark for one that was not
        trained here by a person."""
        named = [self.called] if self.called else [self.spec.model, self.spec.dataset]
        tail = "" if self.remarks.title else self.run_id[-4:]
        parts = [*named, self.repeat, tail, self.origin.mark]
        return " · ".join(one for one in parts if one)

    @property
    def called(self) -> str:
        """What people call it: the title that it was given here, else the one that it came with;
        empty where it has neither."""
        return self.remarks.title or self.origin.title

    @property
    def repeat(self) -> str:
        """“seed 2 of 5” or “fold 2 of 5”; empty for a run that stands alone."""
        one = self.spec.repeat
        return f"{one.kind.removesuffix('s')} {one.index + 1} of {one.count}" if one else ""

    @property
    def job_id(self) -> str:
        """The name of its row in the queue."""
        return self.run_id

    @property
    def kind(self) -> str:
        return TRAINING_KIND

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


class Runs(Queue):
    """Reads and writes runs: the rows of the queue that are trainings, and their epochs."""

    def create(self, spec: RunSpec, origin: RunOrigin | None = None) -> Run:
        """Queue a run. Its id sorts by time and is safe in paths and addresses. ``origin``: a
        person's own training when None."""
        now = time.time()
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
        created = 0
        while not created:  # two runs of one second may draw the same four digits
            run_id = f"{stamp}-{secrets.token_hex(2)}"
            with self._database.work(write=True) as work:
                created = work.execute(
                    "INSERT INTO runs (run_id, spec, state, created_at, origin, who) "
                    "VALUES (?, ?, 'queued', ?, ?, ?) ON CONFLICT DO NOTHING",
                    (run_id, spec.to_json(), now, (origin or RunOrigin()).to_json(), asker().name),
                ).rowcount
        return self.get(run_id)

    def get(self, run_id: str) -> Run:
        """Raises NotFoundError, or DamagedError when it is there and cannot be read."""
        with self._database.work() as work:
            work.text_factory = lenient
            row = work.execute(
                "SELECT * FROM runs WHERE run_id = ? AND kind = ?", (run_id, TRAINING_KIND)
            ).fetchone()
        if row is None:
            raise NotFoundError(f"There is no run {run_id}. It may have been deleted.")
        return _run(row)

    def all(self, states: Iterable[RunState] = STATES) -> list[Run]:
        """Runs in these states, newest first. One that cannot be read is among ``damaged``."""
        wanted = list(states)
        found = []
        for row in self._rows(f"AND state IN ({', '.join('?' * len(wanted))})", wanted):
            with suppress(DamagedError):
                found.append(_run(row))
        return found

    def damaged(self) -> list[Damaged]:
        """The runs that cannot be read, newest first, each with a sentence."""
        found = []
        for row in self._rows():
            try:
                _run(row)
            except DamagedError as error:
                found.append(Damaged(str(row["run_id"]), str(error)))
        return found

    def _rows(self, more: str = "", values: Sequence[str] = ()) -> list[Any]:
        # By the order in which they were queued: a clock that was set back must not change it.
        with self._database.work() as work:
            work.text_factory = lenient
            return work.execute(
                f"SELECT * FROM runs WHERE kind = ? {more} ORDER BY rowid DESC",
                (TRAINING_KIND, *values),
            ).fetchall()

    def group(self, group: str) -> list[Run]:
        """The runs of one ``RepeatSpec.group`` that there still are, in their order.

        Raises NotFoundError when there is none.
        """
        runs = [run for run in self.all() if run.spec.repeat and run.spec.repeat.group == group]
        if not runs:
            raise NotFoundError(f"There are no runs of a group {group}. They may be deleted.")
        return sorted(runs, key=lambda run: run.spec.repeat.index if run.spec.repeat else 0)

    def queued(self) -> list[Run]:
        """Waiting runs, the longest-waiting first."""
        return self.all([RunState.QUEUED])[::-1]

    def remark(self, run_ids: Sequence[str], **change: Unpack[RemarksChange]) -> None:
        """Note what people say of a run, or of all runs of one group alike.

        Raises NotFoundError for a run that is not there, InputError for a text that is too long
        and for a title that stands for another run: nobody could tell them apart.
        """
        wanted = checked_remarks(change)
        with self._database.work(write=True) as work:
            work.text_factory = lenient
            rows = work.execute("SELECT * FROM runs WHERE kind = ?", (TRAINING_KIND,)).fetchall()
            known = {str(row["run_id"]): row for row in rows}
            for run_id in run_ids:
                if run_id not in known:
                    raise NotFoundError(f"There is no run {run_id}. It may have been deleted.")
            if wanted.get("title"):
                _must_be_free(wanted["title"], [known[one] for one in known.keys() - run_ids])
            for run_id in run_ids:
                now = RunRemarks.read(known[run_id]["remarks"]).model_copy(update=dict(wanted))
                work.execute(
                    "UPDATE runs SET remarks = ? WHERE run_id = ?", (now.to_json(), run_id)
                )

    def delete(self, run_id: str) -> None:
        """Forget a run and its epochs. Raises InputError while it is active."""
        with self._database.work(write=True) as work:
            marks = ", ".join("?" * len(ACTIVE))
            gone = work.execute(
                f"DELETE FROM runs WHERE run_id = ? AND state NOT IN ({marks})", (run_id, *ACTIVE)
            ).rowcount
        if not gone:
            run = self.get(run_id)
            raise InputError(f"The run is {run.state}. Stop it before you delete it.")

    def delete_damaged(self, run_id: str) -> None:
        """Forget a run that cannot be read, whatever its state. Raises InputError for one that
        can: ``delete`` looks at its state."""
        if all(one.name != run_id for one in self.damaged()):
            raise InputError(f"The run {run_id} can be read. Delete it like any other.")
        with self._database.work(write=True) as work:
            work.execute("DELETE FROM runs WHERE CAST(run_id AS TEXT) = ?", (run_id,))

    def save_epoch(self, run_id: str, epoch: Epoch) -> None:
        """Write one epoch; a resumed run overwrites an epoch that it repeats."""
        with self._database.work(write=True) as work:
            work.execute(
                "INSERT OR REPLACE INTO epochs VALUES (:run_id, :epoch, :loss, :accuracy, "
                ":val_loss, :val_accuracy, :learning_rate, :seconds, :phase)",
                {"run_id": run_id, **asdict(epoch)},
            )

    def forget_epochs_after(self, run_id: str, epoch: int) -> None:
        """Drop epochs later than ``epoch``: a resumed run does them again."""
        with self._database.work(write=True) as work:
            work.execute("DELETE FROM epochs WHERE run_id = ? AND epoch > ?", (run_id, epoch))

    def epochs(self, run_id: str) -> pd.DataFrame:
        """One row an epoch, in order, with the columns of ``Epoch``."""
        import pandas as pd  # only here: see core/store/__init__.py

        columns = list(Epoch.__dataclass_fields__)
        rows = [astuple(epoch) for epoch in self.finished_epochs(run_id)]
        return pd.DataFrame(rows, columns=columns)

    def finished_epochs(self, run_id: str) -> list[Epoch]:
        """The same as a list, for those who do not draw it."""
        columns = ", ".join(Epoch.__dataclass_fields__)
        with self._database.work() as work:
            rows = work.execute(
                f"SELECT {columns} FROM epochs WHERE run_id = ? ORDER BY epoch", (run_id,)
            ).fetchall()
        return [epoch for row in rows if (epoch := _epoch(row)) is not None]


def _must_be_free(title: str, others: Iterable[Any]) -> None:
    """Raises InputError."""
    for row in others:
        with suppress(DamagedError):
            other = _run(row)
            if name_key(other.called) == name_key(title):
                raise InputError(f"Another run is called “{other.called}”. Choose another title.")


def _epoch(row: Any) -> Epoch | None:
    """None for a row that says nothing of when and how long; a number that is none is unknown."""
    values = dict(row)
    known = {key: one for key, one in values.items() if isinstance(one, int | float)}
    if not isinstance(values["epoch"], int) or "seconds" not in known:
        return None
    phase = values["phase"] if values["phase"] in PHASES else PHASES[0]
    # Any: a row's values, of which Epoch's fields take some as int and some as float or None.
    numbers: dict[str, Any] = {key: known.get(key) for key in values if key != "phase"}
    return Epoch(**numbers, phase=phase)


def _run(row: Any) -> Run:
    """Raises DamagedError."""
    return _parsed(tuple(row[name] for name in Run.__dataclass_fields__))


# Each page that shows runs asks for all of them several times a second, and most are over.
@lru_cache(4096)
def _parsed(row: tuple[Any, ...]) -> Run:
    """Of the values of ``Run``'s fields as the database has them. Raises DamagedError."""
    columns = dict(zip(Run.__dataclass_fields__, row, strict=True))
    try:
        values = checked_process(columns, columns)
        values["spec"] = run_spec(text_of(values["spec"], "description"))
        values["result"] = RunResult.from_json(text_of(values["result"], "result"), "what is kept")
        values["origin"] = RunOrigin.from_json(text_of(values["origin"], "origin"))
        text_of(values["who"], "who")
    except (SpecError, DamagedError) as error:
        raise DamagedError(
            f"The run {columns['run_id']} cannot be read. {error} It was changed by hand, damaged "
            "on the disk or written by another version of ThoraxLens. Delete it, or leave it: the "
            "other runs are not affected."
        ) from None
    values["progress"] = RunProgress.read(values["progress"])
    values["remarks"] = RunRemarks.read(values["remarks"])
    return Run(**values)
