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
from typing import TYPE_CHECKING, Any

from core.errors import NotFoundError, SpecError
from core.files import written_whole
from core.store.damaged import check_result, dataset_spec, number_of, object_of, run_spec
from core.store.runs import FINISHED, STATES, Epoch, Run
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.store import Store

RECORD = "record.json"
HASHED = ("head.weights.h5", "tuned.npz")  # files whose damage nothing else would show
LOST = (
    "The store was lost while this run was waiting or training; it was found again in its folder."
)


@dataclass(frozen=True)
class Recovery:
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


def keep_records(store: Store) -> None:
    """Write the record of every run that has changed its state since the last one. Raises
    OSError on a full disk."""
    for run in store.runs.all():
        folder = store.workspace.run_folder(run.run_id)
        if run.state in FINISHED and folder.is_dir() and _stamp_in(folder) != _stamp(run):
            keep_record(store, run)


def keep_record(store: Store, run: Run) -> None:
    """Write the run's record into its folder, which is there. Raises OSError."""
    folder = store.workspace.run_folder(run.run_id)
    document = {
        "version": 1,
        "stamp": _stamp(run),
        "run_id": run.run_id,
        "spec": json.loads(run.spec.to_json()),
        "state": run.state,
        "reason": run.reason,
        "device": run.device,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "result": run.result,
        "epochs": [asdict(one) for one in store.runs.finished_epochs(run.run_id)],
        "files": _hashes(folder) if run.state == "done" else {},
        **_dataset_of(store, run),
    }
    with written_whole(folder / RECORD) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def damaged_file(folder: Path) -> Path | None:
    """The first of a run's files that is not what it was when the run ended; None when all are,
    and for a run of an earlier version, which kept no hashes."""
    try:
        kept = json.loads((folder / RECORD).read_text(encoding="utf-8"))["files"]
        wanted = {str(name): str(digest) for name, digest in kept.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    now = _hashes(folder)
    return next(
        (folder / name for name in HASHED if name in wanted and now.get(name) != wanted[name]), None
    )


def recovery_note(workspace: Workspace) -> Path:
    """What the last recovery found; there until somebody has read it."""
    return workspace.root / "recovered.json"


def recovered(workspace: Workspace) -> Recovery | None:
    """What was found again in the place of a lost store, if nobody has said that they know."""
    try:
        kept = json.loads(recovery_note(workspace).read_text(encoding="utf-8"))
        parts = {key: tuple(map(str, kept[key])) for key in kept if key != "at"}
        return Recovery(at=float(kept["at"]), **parts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
            except (OSError, ValueError, KeyError, TypeError, SpecError):
                self._unknown.append(str(folder))
        for record in sorted(records, key=lambda one: one["created_at"]):
            self._put(work, record)
        if self._runs or self._unknown:
            found = Recovery(
                time.time(),
                tuple(self._runs),
                tuple(self._datasets),
                tuple(self._unknown),
                tuple(sorted(self._folders)),
            )
            with written_whole(recovery_note(self.workspace)) as temporary:
                temporary.write_text(json.dumps(asdict(found)), encoding="utf-8")

    def _run_folders(self) -> list[Path]:
        try:
            return [one for one in self.workspace.runs.iterdir() if one.is_dir()]
        except OSError:
            return []

    def _put(self, work: sqlite3.Connection, record: dict[str, Any]) -> None:
        work.execute(
            "INSERT INTO runs (run_id, spec, state, reason, device, created_at, started_at, "
            "finished_at, result) VALUES (:run_id, :spec, :state, :reason, :device, :created_at, "
            ":started_at, :finished_at, :result)",
            record,
        )
        work.executemany(
            "INSERT INTO epochs VALUES (:run_id, :epoch, :loss, :accuracy, :val_loss, "
            ":val_accuracy, :learning_rate, :seconds, :phase)",
            [{"run_id": record["run_id"], **one} for one in record["epochs"]],
        )
        self._runs.append(record["run_id"])
        self._folders |= set(record["folders"])
        kept = record["dataset"]
        if kept is None or kept["name"].lower() in map(str.lower, self._datasets):
            return
        self._datasets.append(kept["name"])
        work.execute(
            "INSERT INTO datasets VALUES (?, ?, ?)", (kept["name"], kept["spec"], kept["created"])
        )
        work.executemany(
            "INSERT INTO dataset_films VALUES (?, ?, ?, ?, ?)",
            [(kept["name"], place, *member) for place, member in enumerate(kept["members"])],
        )


def _dataset_of(store: Store, run: Run) -> dict[str, Any]:
    """The run's data set with its films, and the folders that those came from."""
    try:
        stored = store.datasets.get(run.spec.dataset)
        members = store.datasets.listed(run.spec.dataset)
    except NotFoundError:
        return {"dataset": None, "folders": []}
    named = store.catalogue.sources_of([one.film_id for one in members])
    return {
        "dataset": {
            "spec": json.loads(stored.spec.to_json()),
            "created": stored.created_at,
            "members": [(one.film_id, one.class_index, one.split) for one in members],
        },
        "folders": [one.root for one in store.catalogue.sources() if one.name in named],
    }


def _read(folder: Path) -> dict[str, Any]:
    """The record as rows for the store. Raises one of many errors when it is not whole."""
    kept = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    spec = run_spec(json.dumps(kept["spec"]))
    check_result(object_of(json.dumps(kept["result"]), "result"))
    if kept["run_id"] != folder.name or kept["state"] not in STATES:
        raise ValueError("not this folder's record")
    over = kept["state"] in FINISHED
    row = {name: kept[name] for name in ("run_id", "device", "started_at", "finished_at")}
    return row | {
        "spec": spec.to_json(),
        "state": kept["state"] if over else "interrupted",
        "reason": str(kept["reason"]) if over else LOST,
        "created_at": number_of(kept["created_at"], "time"),
        "result": json.dumps(kept["result"]),
        "epochs": [asdict(Epoch(**one)) for one in kept["epochs"]],
        "dataset": _dataset_in(kept["dataset"]),
        "folders": [str(one) for one in kept["folders"]],
    }


def _dataset_in(kept: Any) -> dict[str, Any] | None:
    if kept is None:
        return None
    spec = dataset_spec(json.dumps(kept["spec"]))
    members = [(str(film_id), int(place), str(split)) for film_id, place, split in kept["members"]]
    return {
        "name": spec.name,
        "spec": spec.to_json(),
        "created": str(kept["created"]),
        "members": members,
    }


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _stamp(run: Run) -> str:
    """What tells one end of a run from its next."""
    return f"{run.state} {run.finished_at}"


def _stamp_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / RECORD).read_text(encoding="utf-8"))["stamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for name in HASHED:
        if (folder / name).is_file():
            with (folder / name).open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found
