"""Where the files of one run are. No Keras here: pages read these too."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from core.documents import Document
from core.store import JobRow
from core.workspace import Workspace

LOG = "log.txt"  # in a folder of work: everything its worker printed, over all its sessions
LAST_EPOCH = "epoch.json"  # in a checkpoint's folder: a ``LastEpoch``


class LastEpoch(Document):
    """Beside a checkpoint: the last finished epoch that it holds, counted from 1 over all phases,
    for those that cannot load Keras."""

    epoch: Annotated[int, Field(ge=0)] = 0


def job_folder(workspace: Workspace, job: JobRow) -> Path:
    """Where the files of a row of the queue lie."""
    return workspace.run_folder(job.job_id) if job.is_training else workspace.root / job.job_id


@dataclass(frozen=True)
class RunFiles:
    """Where one run keeps what. ``folder`` is ``workspace.run_folder(run_id)``."""

    folder: Path

    @property
    def weights(self) -> Path:
        """The head's weights; all weights for the CNN, which has no frozen part."""
        return self.folder / "head.weights.h5"

    @property
    def tuned(self) -> Path:
        """What fine-tuning made of the backbone's last blocks; only after fine-tuning."""
        return self.folder / "tuned.npz"

    @property
    def rates(self) -> Path:
        """What came of trying learning rates; only where that was asked for."""
        return self.folder / "rates.json"

    @property
    def scratch(self) -> Path:
        """In place of the caches, for a run that shares none; gone when the run is done."""
        return self.folder / "scratch"

    @property
    def passes(self) -> Path:
        """What a training says of its films while they pass through its frozen network, for those
        who help it (``core.features.loans``)."""
        return self.scratch / "passes.json"

    @property
    def checkpoint(self) -> Path:
        """Folder of the state to resume from; emptied when the run is done."""
        return self.folder / "checkpoint"

    @property
    def last_epoch(self) -> Path:
        """A ``LastEpoch``."""
        return self.checkpoint / LAST_EPOCH

    @property
    def predictions(self) -> Path:
        return self.folder / "predictions.npz"

    def answers(self) -> str:
        """SHA-256 in hex of the saved predictions, which change when the run is trained again."""
        kept = self.predictions.read_bytes() if self.predictions.is_file() else b""
        return hashlib.sha256(kept).hexdigest()

    @property
    def operating_point(self) -> Path:
        """The threshold and temperature that answers go by (``core.evaluation``)."""
        return self.folder / "operating_point.json"

    @property
    def vectors(self) -> Path:
        """What the gate compares films with, where a run was trained elsewhere and the films
        that it has learnt from are not here (``core.gate.similarity``)."""
        return self.folder / "vectors.npz"

    @property
    def log(self) -> Path:
        """Everything the worker printed, over all its sessions."""
        return self.folder / LOG

    @property
    def config(self) -> Path:
        """What it takes to build the run's network again (``core.runs.config``)."""
        return self.folder / "run.json"

    def create(self) -> RunFiles:
        """Make the folder; safe to repeat. Returns itself."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self

    def resumes_after(self) -> int:
        """The last epoch that a resumed run need not repeat; 0 when it starts afresh."""
        return (LastEpoch.load_if_readable(self.last_epoch) or LastEpoch()).epoch
