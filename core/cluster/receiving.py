"""What comes back from a node, put into the store and the row's folder: by the head, and by it
alone."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from core.cluster.parcels import Update
from core.cluster.vectors import take_vectors
from core.errors import DamagedError, NotFoundError
from core.files import remembered, written_whole
from core.runs.files import LOG, job_folder
from core.runs.pace import Paces, keep_pace, kept_paces
from core.store import (
    ACTIVE,
    Epoch,
    JobEnd,
    JobRow,
    RunChange,
    RunProgress,
    RunResult,
    RunState,
    Store,
)

BEAT_SECONDS = 2.0


@dataclass
class Receiver:
    """For one row. ``epochs``: what the head's store has of it, as far as this one has written."""

    store: Store
    job: JobRow
    _epochs: tuple[tuple[Any, ...], ...] = ()
    _said: tuple[RunState, str] | None = None
    _progress: RunProgress | None = None
    _beaten: float = 0.0

    @property
    def has_epochs(self) -> bool:
        """Whether an epoch has arrived."""
        return bool(self._epochs)

    def take(self, update: Update) -> None:
        """Write down an update; the files first, since the row says that they are there. Raises
        OSError and StoreError, and may then be called with it again."""
        folder = job_folder(self.store.workspace, self.job)
        if not folder.is_dir():
            return  # deleted meanwhile
        _write(folder, update)
        self._take_epochs(update.epochs)
        _take_notes(self.store, update.kept)
        if update.vectors and self.job.is_training:
            with suppress(NotFoundError):
                run = self.store.runs.get(self.job.job_id)
                take_vectors(self.store, run, update.vectors)
        self._take_row(update.row, over=update.over)

    def _take_epochs(self, epochs: tuple[tuple[Any, ...], ...]) -> None:
        if not self.job.is_training or epochs == self._epochs:
            return
        known = set(self._epochs)
        if self._epochs or epochs:
            last = max((one[0] for one in epochs), default=0)
            self.store.runs.forget_epochs_after(self.job.job_id, last)
        for one in epochs:
            if one not in known:
                self.store.runs.save_epoch(self.job.job_id, Epoch(*one))
        self._epochs = epochs

    def _take_row(self, row: Mapping[str, Any], *, over: bool) -> None:
        queue, job_id = self.store.queue, self.job.job_id
        if row.get("state") not in set(map(str, RunState)):
            return
        state = RunState(row["state"])
        progress = RunProgress.read(row.get("progress"))
        if state in (RunState.QUEUED, RunState.PREPARING) and not progress.stage:
            progress = RunProgress(stage="starting")
        if state in ACTIVE:
            said = (state, str(row.get("device", "")))
            if said != self._said:
                queue.transition(job_id, state, only_from=ACTIVE, device=said[1])
                self._said = said
            self._beat(progress)
        elif over:  # before that, its process may still be writing
            change: RunChange = {"reason": str(row.get("reason", "")), "finished_at": time.time()}
            if row.get("result"):
                with suppress(DamagedError):
                    change["result"] = _result(self.job, str(row["result"]))
            queue.transition(job_id, state, only_from=ACTIVE, **change)

    def _beat(self, progress: RunProgress) -> None:
        now = time.monotonic()
        if progress != self._progress:
            self.store.queue.beat(self.job.job_id, progress)
        elif now - self._beaten > BEAT_SECONDS:
            self.store.queue.beat(self.job.job_id)
        else:
            return
        self._progress, self._beaten = progress, now


def _result(job: JobRow, text: str) -> RunResult | JobEnd:
    return RunResult.from_json(text) if job.is_training else JobEnd.from_json(text)


def _write(folder: Path, update: Update) -> None:
    for name, content in update.files.items():
        target = _below(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(target) as temporary:
            temporary.write_bytes(content)
    for name in update.gone:
        file = _below(folder, name)
        file.unlink(missing_ok=True)
        if file.parent != folder and file.parent.is_dir() and not any(file.parent.iterdir()):
            file.parent.rmdir()
    if update.log:
        with (folder / LOG).open("ab") as stream:
            stream.write(update.log)


def _below(folder: Path, name: str) -> Path:
    """Where a node's file lies here: never outside of the folder, whatever its name says."""
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts:
        raise DamagedError(f"A node named a file “{name}”, which lies in no folder of its work.")
    return folder.joinpath(*parts)


def _take_notes(store: Store, notes: Mapping[str, str]) -> None:
    """What a node has measured of itself: how fast each arithmetic is, and what its work took."""
    workspace = store.workspace
    if text := notes.get(workspace.speeds.name):
        for key, value in _object(text).items():
            remembered(workspace.speeds, key, lambda value=value: value)  # type: ignore[misc]
    if text := notes.get(workspace.paces.name):
        with suppress(DamagedError):
            known = kept_paces(workspace).entries
            for pace in Paces.from_json(text).entries:
                if pace not in known:
                    keep_pace(workspace, pace)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
