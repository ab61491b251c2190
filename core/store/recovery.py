"""A store filled from the records of runs: with one that came from elsewhere, or with all of them
when it was lost."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.documents import Document
from core.errors import InputError, NotFoundError, SpecError
from core.names import name_key
from core.people.asking import asks
from core.people.roles import Deed
from core.store.corrections import CorrectedFilms
from core.store.damaged import run_spec
from core.store.job_row import FINISHED, RunState
from core.store.records import RECORD, REMARKS, DatasetRecord, RunRecord, check_record
from core.store.remarks import RunRemarks
from core.store.runs import Run
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.store import Store

LOST = (
    "The store was lost while this run was waiting or training; it was found again in its folder."
)


class Recovery(Document):
    """What was found again when the store had been lost. ``runs``: their ids. ``datasets``:
    names. ``unknown``: folders among the runs that say too little of themselves. ``folders``:
    where the films lay, to be imported again. ``at``: seconds since 1970."""

    at: float = 0.0
    runs: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in words."""
        words = ["The store of this data folder was lost or empty, so a new one was made."]
        if self.runs:
            sets = f" and {_count(len(self.datasets), 'data set')}" if self.datasets else ""
            found = _count(len(self.runs), "run")
            words.append(f"{found}{sets} were found again in the folders of the runs.")
        if self.unknown:
            words.append(
                "These folders say too little of themselves to be found again; nothing in them "
                f"was changed: {', '.join(self.unknown)}."
            )
        words.append("Films must be imported again; they then are back in their data sets too.")
        if self.folders:
            words.append(f"They lay in: {', '.join(self.folders)}.")
        return " ".join(words)


def add_run(store: Store, record: RunRecord) -> Run:
    """Put a run into the store that comes with a record. Raises InputError when its id is taken,
    SpecError as ``check_record`` does."""
    check_record(record)
    with store.database.work(write=True) as work:
        known = work.execute("SELECT 1 FROM runs WHERE run_id = ?", (record.run_id,)).fetchone()
        if known:
            raise InputError(f"There is a run {record.run_id} already.")
        _insert(work, record, RunRemarks())
    return store.runs.get(record.run_id)


def recovery_note(workspace: Workspace) -> Path:
    """What the last recovery found; there until somebody has read it."""
    return workspace.root / "recovered.json"


@asks(Deed.SETTLE)
def recovery_read(workspace: Workspace) -> None:
    """Somebody has read it."""
    recovery_note(workspace).unlink(missing_ok=True)


def recovered(workspace: Workspace) -> Recovery | None:
    """What was found again in the place of a lost store, if nobody has said that they know."""
    return Recovery.load_if_readable(recovery_note(workspace))


@dataclass
class Rebuilding:
    """Fills a new store from the folders of runs; called within the transaction that makes it."""

    workspace: Workspace
    _runs: list[str] = field(default_factory=list)
    _datasets: list[str] = field(default_factory=list)
    _unknown: list[str] = field(default_factory=list)
    _folders: set[str] = field(default_factory=set)

    def __call__(self, work: sqlite3.Connection) -> None:
        for kept in (self._runs, self._datasets, self._unknown, self._folders):
            kept.clear()
        records = []
        for folder in sorted(self._run_folders()):
            try:
                records.append(_read(folder))
            except (NotFoundError, SpecError):
                # Its name may hold bytes that are no text.
                self._unknown.append(str(folder).encode(errors="replace").decode())
        for record in sorted(records, key=lambda one: one.created_at):
            self._put(work, record)
        self._put_datasets(work, [one.dataset for one in records if one.dataset])
        if self._runs or self._unknown:
            found = Recovery(
                at=time.time(),
                runs=tuple(self._runs),
                datasets=tuple(self._datasets),
                unknown=tuple(self._unknown),
                folders=tuple(sorted(self._folders)),
            )
            found.save(recovery_note(self.workspace))

    def _run_folders(self) -> list[Path]:
        try:
            return [one for one in self.workspace.runs.iterdir() if one.is_dir()]
        except OSError:
            return []

    def _put(self, work: sqlite3.Connection, record: RunRecord) -> None:
        file = self.workspace.run_folder(record.run_id) / REMARKS
        _insert(work, record, RunRemarks.load_if_readable(file) or RunRemarks())
        self._runs.append(record.run_id)
        self._folders |= set(record.folders)

    def _put_datasets(self, work: sqlite3.Connection, found: Sequence[DatasetRecord]) -> None:
        """Of those that bore one name after each other the latest, which is the one there was."""
        in_turn = sorted(found, key=lambda one: one.created)
        latest = {name_key(one.read_spec().name): one for one in in_turn}
        for kept in sorted(latest.values(), key=lambda one: one.created):
            spec, corrected = kept.read_spec(), CorrectedFilms(films=kept.corrected).to_json()
            self._datasets.append(spec.name)
            work.execute(
                "INSERT INTO datasets VALUES (?, ?, ?, ?)",
                (spec.name, spec.to_json(), kept.created, corrected),
            )
            work.executemany(
                "INSERT INTO dataset_films VALUES (?, ?, ?, ?, ?)",
                [(spec.name, place, *member) for place, member in enumerate(kept.members)],
            )


def _insert(work: sqlite3.Connection, record: RunRecord, remarks: RunRemarks) -> None:
    over = record.state in FINISHED
    row = {
        **record.model_dump(
            include={"run_id", "device", "node", "created_at", "started_at", "finished_at", "who"}
        ),
        "spec": run_spec(json.dumps(record.spec)).to_json(),
        "state": record.state if over else RunState.INTERRUPTED,
        "reason": record.reason if over else LOST,
        "result": record.read_result().to_json(),
        "origin": record.origin.to_json(),
        "remarks": remarks.to_json(),
    }
    work.execute(
        "INSERT INTO runs (run_id, spec, state, reason, device, node, created_at, started_at, "
        "finished_at, result, origin, remarks, who) VALUES (:run_id, :spec, :state, :reason, "
        ":device, :node, :created_at, :started_at, :finished_at, :result, :origin, :remarks, :who)",
        row,
    )
    work.executemany(
        "INSERT INTO epochs VALUES (:run_id, :epoch, :loss, :accuracy, :val_loss, "
        ":val_accuracy, :learning_rate, :seconds, :phase)",
        [{"run_id": record.run_id, **asdict(one)} for one in record.epochs],
    )


def _read(folder: Path) -> RunRecord:
    """The run's record. Raises NotFoundError, or SpecError when a part of it is not whole."""
    record = check_record(RunRecord.load(folder / RECORD))
    if record.run_id != folder.name:
        raise SpecError("This is not the record of the run in this folder.")
    return record


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"
