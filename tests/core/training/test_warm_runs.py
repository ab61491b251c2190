"""Runs of several kinds, one after the other, from a process that has the software loaded: each is
what it would have been in a process of its own."""

from __future__ import annotations

import os
import shutil
import signal

import psutil
import pytest

from core.runs import launcher
from core.runs.files import RunFiles
from core.runs.upkeep import let_go
from core.runs.warm_time import WarmNote
from core.specs import RunSpec
from core.store import Run, Store
from tests.core.training.test_runs_for_real import films, until

__all__ = ["films"]  # a fixture
MINUTES = "THORAXLENS_WARM_MINUTES"
HEAD = {"model": "vgg16", "weights": "random", "epochs": 4}
CNN = {"model": "cnn", "epochs": 2}
# What one leaves behind must not change the next: arithmetic, seeds, optimisers, names of layers.
SPECS = (
    HEAD,
    CNN,
    {**HEAD, "seed": 7, "optimizer": "adam", "schedule": "cosine", "find_learning_rate": True},
    {**HEAD, "fine_tune": 1, "fine_tune_epochs": 2},
    {**HEAD, "head": "linear", "l2": 0.01, "augmented_copies": 1},
    {**CNN, "seed": 7},
    HEAD,
)


def spec_of(fields: dict[str, object]) -> RunSpec:
    return RunSpec.build(**{"dataset": "phantoms", "image_size": 32, "batch_size": 8, **fields})


def trained(store: Store, fields: dict[str, object]) -> tuple[str, list[object]]:
    """The hash of a run's answers, and the losses of its epochs."""
    run = launcher.wait(store, launcher.launch(store, spec_of(fields)).run_id, timeout=200)
    assert run.state == "done", run.reason
    losses = [(one.loss, one.val_loss) for one in store.runs.finished_epochs(run.run_id)]
    return RunFiles(store.workspace.run_folder(run.run_id)).answers(), [*losses]


def in_training(store: Store, **fields: object) -> Run:
    run = launcher.launch(store, spec_of({**CNN, "epochs": 400, **fields}))
    return until(store, run, "len(epochs) >= 1")


@pytest.mark.large
@pytest.mark.timeout(900)
def test_results_are_those_of_fresh_processes(
    films: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MINUTES, "10")
    warm = []
    for place, fields in enumerate(SPECS):
        warm.append(trained(films, fields))
        if place == 2:  # in between, one is killed and one breaks off
            killed = in_training(films)
            assert killed.pid is not None
            os.kill(killed.pid, signal.SIGKILL)
            assert "signal 9" in until(films, killed, "not run.is_active").reason
            diverging = spec_of({**HEAD, "optimizer": "sgd", "learning_rate": 1.0, "l2": 1000.0})
            broken = launcher.launch(films, diverging.changed(epochs=200))
            assert launcher.wait(films, broken.run_id, timeout=200).state == "failed"
    note = WarmNote.load(films.workspace.warm_note)
    log = (films.workspace.root / "dispatcher.log").read_text()
    assert log.count("software loaded by process") == 1, "one process for all of them"
    assert log.count(" is process ") == len(SPECS) + 2
    process = psutil.Process(note.pid)
    let_go(films)
    assert not process.is_running()

    # Films anew through the frozen part, with the arithmetic that was found fastest before.
    shutil.rmtree(films.workspace.feature_cache)
    films.workspace.feature_cache.mkdir()
    monkeypatch.setenv(MINUTES, "0")
    assert [trained(films, fields) for fields in SPECS] == warm
    assert not films.workspace.warm_note.exists()
