"""Where the files of one run are. No Keras here: pages read these too."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path


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
    def checkpoint(self) -> Path:
        """Folder of the state to resume from; emptied when the run is done."""
        return self.folder / "checkpoint"

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
        return self.folder / "log.txt"

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
        try:
            return int(json.loads((self.checkpoint / "epoch.json").read_text())["epoch"])
        except (OSError, ValueError, KeyError, TypeError, OverflowError):
            return 0
