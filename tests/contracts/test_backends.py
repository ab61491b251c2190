"""Training, classifying and explaining on each of Keras's backends, by the product's own code.

TensorFlow is what the app comes with. PyTorch and JAX are tested where they are installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.explain.methods import BY_GRADIENT
from core.features.shards import SUFFIX, record_of
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Run, RunState, Store, open_store
from core.workspace import PROJECT_ROOT, open_workspace
from tests.pages.runs import make_dataset

OTHERS = ("torch", "jax")
NETWORKS = ("cnn", "vgg16")


@dataclass(frozen=True)
class Trained:
    """What one backend left behind: its store, its runs by network, and what it printed."""

    store: Store
    runs: dict[str, Run]
    printed: dict[str, Any]

    def answer(self, model: str) -> dict[str, Any]:
        found: dict[str, Any] = self.printed["answers"][self.runs[model].run_id]
        return found

    def files(self, model: str) -> RunFiles:
        return RunFiles(self.store.workspace.run_folder(self.runs[model].run_id))


@pytest.fixture(scope="module")
def trained(
    _phantom_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Trained]:
    """Trains both networks on a backend, once; skips where it is not installed."""
    done: dict[str, Trained] = {}

    def on(backend: str) -> Trained:
        if importlib.util.find_spec(backend) is None:
            pytest.skip(f"{backend} is not installed (pip install -r requirements-backends.txt)")
        if backend not in done:
            root = tmp_path_factory.mktemp(backend) / "data"
            shutil.copytree(_phantom_workspace, root)
            done[backend] = _train(root, backend)
        return done[backend]

    return on


def _train(root: Path, backend: str) -> Trained:
    store = open_store(open_workspace(root))
    make_dataset(store, size=32)
    waiting = {}
    # TensorFlow has whole tests of its own: here it is what the others' vectors are held against.
    for model in NETWORKS if backend in OTHERS else ("vgg16",):
        spec = RunSpec.build(
            dataset="tiny", model=model, weights="random", epochs=1, batch_size=8, augment=None
        )
        waiting[model] = store.runs.create(spec).run_id
        store.runs.transition(waiting[model], RunState.PREPARING)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.contracts.one_backend", str(root), *waiting.values()],
        cwd=PROJECT_ROOT,
        env={**os.environ, "KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    runs = {model: store.runs.get(run_id) for model, run_id in waiting.items()}
    for run in runs.values():
        assert run.state == "done", f"{run.reason}\n{ran.stdout}"
    return Trained(store, runs, json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("backend", OTHERS)
def test_another_backend_leaves_tensorflow_alone(
    trained: Callable[[str], Trained], backend: str
) -> None:
    there = trained(backend)
    assert backend in there.printed["libraries"]
    assert "tensorflow" not in there.printed["libraries"]
    for model in NETWORKS:
        assert there.runs[model].result.backend == backend


@pytest.mark.parametrize("model", NETWORKS)
@pytest.mark.parametrize("backend", OTHERS)
def test_a_run_is_trained_measured_and_kept(
    trained: Callable[[str], Trained], backend: str, model: str
) -> None:
    there = trained(backend)
    result, epochs = there.runs[model].result, there.store.runs.epochs(there.runs[model].run_id)
    assert len(epochs) == result.epochs == 1
    assert epochs[["loss", "accuracy", "val_loss", "val_accuracy"]].notna().all().all()
    for split in ("train", "validation", "test"):
        assert 0 <= result.of(split).accuracy <= 1
    told = Predictions.load(there.files(model).predictions)
    assert set(told.film_ids) == set(there.store.datasets.members("tiny")["film_id"])
    np.testing.assert_allclose(told.probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("model", NETWORKS)
@pytest.mark.parametrize("backend", OTHERS)
def test_a_film_is_classified_as_in_training_and_explained(
    trained: Callable[[str], Trained], backend: str, model: str
) -> None:
    there = trained(backend)
    answer = there.answer(model)
    told = Predictions.load(there.files(model).predictions)
    (row,) = np.flatnonzero(told.film_ids == answer["film"])
    np.testing.assert_allclose(answer["probabilities"], told.probabilities[row], atol=1e-4)
    heat = np.asarray(answer["heat"])
    assert heat.ndim == 2
    assert np.isfinite(heat).all()
    assert heat.min() >= 0
    assert heat.max() in (0, 1), "the strongest place is 1, unless none speaks for the class"
    np.testing.assert_allclose(answer["without_heat"], answer["probabilities"], atol=1e-5)
    by_method = {name: np.asarray(heats) for name, heats in answer["methods"].items()}
    assert set(by_method) == set(BY_GRADIENT)
    best = int(np.argmax(answer["probabilities"]))
    np.testing.assert_allclose(by_method["hires_cam"][best], heat, atol=1e-5)
    for heats in by_method.values():
        assert heats.shape == (2, *heat.shape)
        assert np.isfinite(heats).all()
        assert set(heats.max(axis=(1, 2))) <= {0, 1}


@pytest.mark.parametrize("backend", OTHERS)
def test_the_frozen_part_says_the_same_on_every_backend(
    trained: Callable[[str], Trained], backend: str
) -> None:
    """Drawn alike, so vectors that one backend kept are good for another."""
    here, there = trained("tensorflow"), trained(backend)
    hashes = {RunConfig.load(one.files("vgg16").config).backbone_hash for one in (here, there)}
    assert len(hashes) == 1
    caches = [one.store.workspace.feature_cache for one in (here, there)]
    kept = {path.name for path in caches[0].glob(f"*{SUFFIX}")}
    assert kept == {path.name for path in caches[1].glob(f"*{SUFFIX}")}
    assert kept
    for name in kept:
        records = [np.fromfile(one / name, dtype=record_of(512)) for one in caches]
        assert records[0]["film"].tolist() == records[1]["film"].tolist()
        ours, theirs = (one["vector"] for one in records)
        assert ours.std() > 0.01
        np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-5 * np.abs(ours).max())
