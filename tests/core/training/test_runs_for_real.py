"""Whole runs through the real dispatcher and worker, on phantom films."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

from core.evaluation.operating_point import OperatingPoint, choose_operating_point
from core.evaluation.predictions import Predictions
from core.features.shards import SUFFIX
from core.images.film_array import film_array
from core.runs import launcher
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.upkeep import refresh
from core.specs import RunSpec
from core.store import Run, Store
from core.training.precision import candidates
from core.version import software, thoraxlens_version
from core.workspace import PROJECT_ROOT
from tests.core.phantom_dataset import with_a_dataset
from tests.core.runs.pretending import eventually


@pytest.fixture
def films(phantom_store: Store) -> Store:
    """The store with the data set “phantoms”: 24 films to train on, 8 and 8 to check."""
    return with_a_dataset(phantom_store, 12, 4, 4, image_size=64)


def until(store: Store, run: Run, ready: str, seconds: float = 120) -> Run:
    """Wait for an expression about ``run`` and its ``epochs`` to hold."""

    def holds() -> bool:
        refresh(store)
        now, epochs = store.runs.get(run.run_id), store.runs.epochs(run.run_id)
        assert now.state != "failed", now.reason
        return bool(eval(ready, {"run": now, "epochs": epochs}))

    eventually(holds, seconds)
    return store.runs.get(run.run_id)


def rounding(run: Run) -> float:
    """How far the probabilities that a run told may lie from those of its network in float32:
    where a processor has 16-bit arithmetic, a run may have used it."""
    return 1e-4 if run.result.precision_mode == "float32" else 0.02


def processes_of(store: Store) -> list[str]:
    """Command lines of our processes that work on this store."""
    root = str(store.workspace.root)
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["status"] != psutil.STATUS_ZOMBIE and root in (
            process.info["cmdline"] or []
        ):
            found.append(" ".join(process.info["cmdline"]))
    return found


def test_a_cnn_is_stopped_resumed_and_done(films: Store) -> None:
    spec = RunSpec.build(
        dataset="phantoms",
        model="cnn",
        epochs=400,
        batch_size=8,
        image_size=32,
        class_weighting=True,
    )
    run = until(films, launcher.launch(films, spec), "len(epochs) >= 2")
    asked = time.monotonic()
    launcher.stop(films, run.run_id)
    run = until(films, run, "not run.is_active")
    took = time.monotonic() - asked
    assert (run.state, run.reason) == ("cancelled", "Stopped at your request.")
    assert took < 9, "a batch and five seconds, and then the signal"
    eventually(lambda: not processes_of(films))
    files = RunFiles(films.workspace.run_folder(run.run_id))
    trained = files.resumes_after()
    assert 1 <= trained <= films.runs.epochs(run.run_id)["epoch"].max()

    # Resume with few epochs left, so that the test ends: the spec is frozen, the row is not.
    shorter = spec.changed(epochs=trained + 1, weights="random")
    with sqlite3.connect(films.workspace.database) as connection:
        connection.execute("UPDATE runs SET spec = ?", (shorter.to_json(),))
    connection.close()
    launcher.resume(films, run.run_id)
    run = launcher.wait(films, run.run_id, timeout=240)
    assert run.state == "done", run.reason
    epochs = films.runs.epochs(run.run_id)
    assert epochs["epoch"].tolist() == list(range(1, trained + 2))
    assert epochs.notna().all().all()

    result = run.result
    assert (result.total_params, result.epochs) == (436_194, trained + 1)
    assert result.trainable_params == 436_194 - 128
    assert 1 <= result.best_epoch <= trained + 1
    assert result.backend == "tensorflow"
    assert result.software == software("tensorflow")
    assert (result.software or {})["thoraxlens"] == thoraxlens_version() != "unknown"
    assert "unknown" not in (result.software or {}).values()
    assert result.learning_rate == run.spec.learning_rate
    assert result.precision_mode in {mode.name for mode in candidates()}
    assert (result.seconds or {})["total"] > (result.seconds or {})["train"] > 0
    assert np.asarray(result.of("test").confusion).sum() == 8
    assert not result.stopped_early
    for split in ("train", "validation", "test"):
        assert 0 <= result.of(split).accuracy <= 1
        assert result.of(split).loss > 0
    assert run.device == "CPU"
    assert run.progress.stage == "evaluating"

    predictions = Predictions.load(files.predictions)
    point = OperatingPoint.load_if_readable(files.operating_point)
    assert point is not None
    assert point == choose_operating_point(predictions, by="program"), (
        "chosen once, when the training ended"
    )
    assert [len(predictions.of(one)) for one in ("train", "validation", "test")] == [24, 8, 8]
    assert set(predictions.film_ids) == set(films.datasets.members("phantoms")["film_id"])
    card = RunConfig.load(files.config)
    assert (card.classes, card.image_size, card.preprocessing) == (
        ("covid", "healthy"), 32, "rescale"
    )  # fmt: skip
    assert card.backbone_hash == ""
    assert not files.checkpoint.exists()
    left = {
        "head.weights.h5", "log.txt", "operating_point.json", "predictions.npz", "record.json",
        "run.json",
    }  # fmt: skip
    # The dispatcher may be writing the record just now, beside it.
    eventually(lambda: {one.name for one in files.folder.iterdir()} == left)
    log = launcher.log_tail(films.workspace, run.run_id)
    assert "epoch 1 of 400" in log
    assert f"going on after epoch {trained}" in log
    assert "Traceback" not in log


REBUILD = """
import sys, json, numpy as np
from pathlib import Path
from core.models.build import build_model, backbone_hash, load_head
from core.models.preprocess import preprocess
from core.models.registry import get_network
folder, films = Path(sys.argv[1]), np.load(sys.argv[2])
card = json.loads((folder / "run.json").read_text())
model = build_model(get_network(card["model"]), image_size=card["image_size"], classes=2,
                    dropout=card["dropout"], weights=card["weights"], seed=card["seed"])
assert backbone_hash(model) == card["backbone_hash"] != ""
load_head(model, folder / "head.weights.h5")
logits = model.predict_on_batch(preprocess(films, card["preprocessing"]))
print(json.dumps(np.asarray(logits).tolist()))
"""


def test_a_backbone_is_killed_resumed_and_its_files_rebuild_it(films: Store) -> None:
    spec = RunSpec.build(
        dataset="phantoms",
        model="vgg16",
        weights="random",
        epochs=60,
        batch_size=8,
        image_size=32,
        augmented_copies=1,
    )
    run = until(films, launcher.launch(films, spec), "len(epochs) >= 3")
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    run = until(films, run, "not run.is_active")
    files = RunFiles(films.workspace.run_folder(run.run_id))
    trained = files.resumes_after()
    assert run.state == "interrupted"
    assert run.reason == (
        "The training process was killed (signal 9). Often the machine ran out of memory. "
        f"Resume goes on from epoch {trained + 1}."
    )
    assert 1 <= trained < 60, "what was told last may not be kept yet"
    kept = sorted(films.workspace.feature_cache.glob(f"*{SUFFIX}"))
    passes = {one.stem.split("-")[0] for one in kept}
    assert len(passes) == 2, "the films as they are, and an augmented view"
    written = [one.read_bytes() for one in kept]

    launcher.resume(films, run.run_id)
    run = launcher.wait(films, run.run_id, timeout=240)
    assert run.state == "done", run.reason
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == list(range(1, 61))
    assert [one.read_bytes() for one in kept] == written, "no film passed the network twice"
    assert run.result.trainable_params == 32_962
    assert "Traceback" not in launcher.log_tail(films.workspace, run.run_id)
    eventually(lambda: not processes_of(films))

    # What was told from cached vectors is what the whole network says of the films.
    members = films.datasets.members("phantoms").head(6)
    array = film_array(films.workspace, members["film_id"].tolist(), members["path"].tolist(), 32)
    path = films.workspace.root / "six.npy"
    np.save(path, array)
    done = subprocess.run(
        [sys.executable, "-c", REBUILD, str(files.folder), str(path)],
        cwd=PROJECT_ROOT, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    logits = np.asarray(json.loads(done.stdout.splitlines()[-1]))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    told = Predictions.load(files.predictions)
    np.testing.assert_array_equal(told.film_ids[:6], members["film_id"])
    np.testing.assert_allclose(told.probabilities[:6], expected, atol=rounding(run))
