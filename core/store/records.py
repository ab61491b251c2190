"""A run as a file in its own folder, from which a lost store is filled again.

``record.json`` holds what the store knows of a run and of the data set it learns from, and the
hashes of the run's own files as they were when it ended.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.documents import Document, Json, Part
from core.errors import InputError, NotFoundError, SpecError
from core.people.asking import asks
from core.people.roles import Deed
from core.specs import DatasetSpec
from core.store.corrections import CorrectedFilm, CorrectedFilms
from core.store.damaged import dataset_spec, run_spec
from core.store.job_row import FINISHED, STATES, RunState
from core.store.origin import RunOrigin
from core.store.record_file import save_with_films, text_without_films
from core.store.remarks import RunRemarks
from core.store.run_result import LARGEST, RunResult
from core.store.runs import Epoch, Run
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.store import Store

RECORD = "record.json"
REMARKS = "remarks.json"
HASHED = ("head.weights.h5", "tuned.npz")  # files whose damage nothing else would show
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


class DatasetRecord(Part):
    """A data set with its films. ``members``: film id, index of its class, split."""

    spec: Json
    created: str
    members: tuple[tuple[str, int, str], ...]
    corrected: tuple[CorrectedFilm, ...] = ()

    def read_spec(self) -> DatasetSpec:
        """Raises SpecError."""
        return dataset_spec(json.dumps(self.spec))


class RunRecord(Document):
    """What the store knows of a run. ``stamp``: tells one end of the run from its next.
    ``files``: name → SHA-256 in hex. ``folders``: where the films of its data set came from."""

    # 2: where the run comes from; 3: corrected findings; 4: which machine it ran on; 5: who
    # started it
    VERSION: ClassVar[int] = 5
    SPOKEN: ClassVar[str] = "The record of this run"

    stamp: str
    run_id: str
    spec: Json
    state: str
    reason: str
    device: str
    created_at: float = Field(gt=-LARGEST, lt=LARGEST)
    started_at: float | None
    finished_at: float | None
    result: Json
    epochs: tuple[Epoch, ...]
    files: dict[str, str]
    dataset: DatasetRecord | None
    folders: tuple[str, ...]
    origin: RunOrigin = RunOrigin()
    node: str = ""
    who: str = ""

    def read_result(self) -> RunResult:
        """Raises DamagedError."""
        return RunResult.from_json(json.dumps(self.result))


def keep_records(store: Store) -> None:
    """Write the record of every run that has changed its state since the last one. Raises
    OSError on a full disk."""
    for run in store.runs.all():
        folder = store.workspace.run_folder(run.run_id)
        if run.state in FINISHED and folder.is_dir() and _stamp_in(folder) != _stamp(run):
            keep_record(store, run)


def keep_record(store: Store, run: Run) -> None:
    """Write the run's record into its folder, which is there. Raises OSError."""
    file = store.workspace.run_folder(run.run_id) / RECORD
    record = _record(store, run, with_films=False)
    if record.dataset is None:
        record.save(file)
    else:
        save_with_films(record, file, store.datasets.each(run.spec.dataset))
    keep_remarks(store, run)


def keep_remarks(store: Store, run: Run) -> None:
    """Write what people say of the run into its folder, if that is there and they say anything.
    Apart from the record: it changes while the run does not, and goes nowhere with it. Raises
    OSError."""
    file = store.workspace.run_folder(run.run_id) / REMARKS
    if file.parent.is_dir() and (file.exists() or run.remarks != RunRemarks()):
        run.remarks.save(file)


def run_record(store: Store, run: Run) -> RunRecord:
    """All that the store knows of the run and its data set, and the hashes of its files."""
    return _record(store, run, with_films=True)


def _record(store: Store, run: Run, *, with_films: bool) -> RunRecord:
    folder = store.workspace.run_folder(run.run_id)
    dataset, folders = _dataset_of(store, run, with_films=with_films)
    return RunRecord(
        stamp=_stamp(run),
        run_id=run.run_id,
        spec=json.loads(run.spec.to_json()),
        state=run.state,
        reason=run.reason,
        device=run.device,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        result=run.result.as_json_object(),
        epochs=tuple(store.runs.finished_epochs(run.run_id)),
        files=_hashes(folder) if run.state == RunState.DONE else {},
        dataset=dataset,
        folders=folders,
        origin=run.origin,
        node=run.node,
        who=run.who,
    )


def check_record(record: RunRecord) -> RunRecord:
    """The record itself. Raises SpecError when a part of it means nothing to this version."""
    run_spec(json.dumps(record.spec))
    record.read_result()
    if record.dataset is not None:
        record.dataset.read_spec()
    if record.state not in STATES:
        raise SpecError(f"This version knows no state “{record.state}”.")
    return record


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


def damaged_file(folder: Path) -> Path | None:
    """The first of a run's files that is not what it was when the run ended; None when all are,
    and for a run of an earlier version, which kept no hashes."""
    try:
        record = RunRecord.from_json(text_without_films(folder / RECORD))
    except (OSError, UnicodeDecodeError, NotFoundError):
        return None
    wanted = record.files
    now = _hashes(folder)
    return next(
        (folder / name for name in HASHED if name in wanted and now.get(name) != wanted[name]), None
    )


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
        kept = record.dataset
        if kept is None:
            return
        spec = kept.read_spec()
        if spec.name.lower() in map(str.lower, self._datasets):
            return
        self._datasets.append(spec.name)
        work.execute(
            "INSERT INTO datasets VALUES (?, ?, ?, ?)",
            (
                spec.name,
                spec.to_json(),
                kept.created,
                CorrectedFilms(films=kept.corrected).to_json(),
            ),
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


def _dataset_of(
    store: Store, run: Run, *, with_films: bool
) -> tuple[DatasetRecord | None, tuple[str, ...]]:
    """The run's data set, and the folders that its films came from."""
    if run.origin.is_from_elsewhere:  # one of that name here is another
        return None, ()
    name = run.spec.dataset
    try:
        stored = store.datasets.get(name)
    except NotFoundError:
        return None, ()
    films = store.datasets.each(name) if with_films else ()
    kept = DatasetRecord(
        spec=json.loads(stored.spec.to_json()),
        created=stored.created_at,
        members=tuple((one.film_id, one.class_index, one.split) for one in films),
        corrected=stored.corrected,
    )
    named = store.datasets.sources(name)
    return kept, tuple(one.root for one in store.catalogue.sources() if one.name in named)


def _read(folder: Path) -> RunRecord:
    """The run's record. Raises NotFoundError, or SpecError when a part of it is not whole."""
    record = check_record(RunRecord.load(folder / RECORD))
    if record.run_id != folder.name:
        raise SpecError("This is not the record of the run in this folder.")
    return record


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _stamp(run: Run) -> str:
    """What tells one end of a run from its next."""
    return f"{run.state} {run.finished_at}"


def _stamp_in(folder: Path) -> str:
    # Not as a RunRecord: this is asked for every run at once.
    try:
        return str(json.loads(text_without_films(folder / RECORD))["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for name in HASHED:
        if (folder / name).is_file():
            with (folder / name).open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
