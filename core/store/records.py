"""A run as a file in its own folder, from which a lost store is filled again.

``record.json`` holds what the store knows of a run and of the data set it learns from, and the
hashes of the run's own files as they were when it ended.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from core.documents import Document, Json, Part
from core.errors import NotFoundError, SpecError
from core.specs import DatasetSpec
from core.store.corrections import CorrectedFilm
from core.store.damaged import dataset_spec, run_spec
from core.store.job_row import FINISHED, STATES, RunState
from core.store.origin import RunOrigin
from core.store.record_file import dataset_without_films, save_with_films, text_without_films
from core.store.remarks import RunRemarks
from core.store.run_result import LARGEST, RunResult
from core.store.runs import Epoch, Run

if TYPE_CHECKING:
    from core.store import Store

RECORD = "record.json"
REMARKS = "remarks.json"
HASHED = ("head.weights.h5", "tuned.npz")  # files whose damage nothing else would show


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
    before = RunRecord.load_if_readable(file) if made_with_another(store, run) else None
    if before is not None:  # a data set that came later has only the name of the run's own
        own = {"dataset": before.dataset, "folders": before.folders}
        record.model_copy(update=own).save(file)
    elif record.dataset is None:
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


def made_with_another(store: Store, run: Run) -> bool:
    """Whether the data set that the run was made with is gone, be there another one of its name
    with other films, or with the same ones dealt out otherwise. False where the run's record does
    not say what it was made with, and for a run from elsewhere."""
    file = store.workspace.run_folder(run.run_id) / RECORD
    try:
        kept = None if run.origin.is_from_elsewhere else dataset_without_films(file)
        then = kept and DatasetRecord.model_validate_json(json.dumps(kept))
    except (OSError, ValueError):
        return False
    if not then:
        return False
    try:
        now = store.datasets.get(run.spec.dataset)
    except NotFoundError:
        return True
    if then.created == now.created_at:
        return False
    try:
        whole = RunRecord.load(file).dataset
        alike = then.read_spec().model_copy(update={"name": now.name, "preset": now.spec.preset})
    except (NotFoundError, SpecError):
        return False
    films = ((one.film_id, one.class_index, one.split) for one in store.datasets.each(now.name))
    return alike != now.spec or whole is None or whole.members != tuple(films)


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
