"""A data folder with a bit of everything in it, and its backup."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.backup.writing import backup
from core.runs.files import LastEpoch, RunFiles
from core.store import Run, RunState, Store
from tests.core.travel.whole_run import make_whole_run
from tests.pages.runs import make_run


@pytest.fixture
def run(phantom_store: Store) -> Run:
    """A finished run with audit, threshold and external test; nobody loads its network."""
    return make_whole_run(phantom_store, b"what a head has learnt", "0" * 64)


@pytest.fixture
def training(run: Run, phantom_store: Store) -> Run:
    """A run whose training is under way, with a checkpoint of two epochs."""
    made = make_run(phantom_store, RunState.TRAINING, epochs=2, pid=1, pid_started=1.0)
    files = RunFiles(phantom_store.workspace.run_folder(made.run_id)).create()
    files.checkpoint.mkdir()
    LastEpoch(epoch=2).save(files.last_epoch)
    (files.checkpoint / "state.npz").write_bytes(b"what it goes on from")
    files.log.write_text("Epoch 1\nEpoch 2\n")
    files.scratch.mkdir()
    (files.scratch / "films.npy").write_bytes(bytes(1000))
    return made


@pytest.fixture
def file(training: Run, phantom_store: Store, tmp_path: Path) -> Path:
    """The backup of that folder, films by reference."""
    return backup(phantom_store, tmp_path / "backup.zip").path
