"""Fine-tuning through the real worker: two phases, killed in the second, resumed, used."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from core.evaluation.predictions import Predictions
from core.images.film_array import film_array
from core.prediction.loading import load_run
from core.runs import launcher
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.lr_range import LRRangeTest
from core.specs import RunSpec
from core.store import PHASES, Store
from tests.core.runs.pretending import eventually
from tests.core.training.test_runs_for_real import films, processes_of, rounding, until

__all__ = ["films"]  # a fixture
TRAINING, FINE_TUNING = PHASES


@pytest.mark.large
def test_it_is_killed_resumed_and_the_tuned_network_classifies(films: Store) -> None:
    spec = RunSpec.build(
        dataset="phantoms", model="vgg16", weights="random", epochs=4, batch_size=8, image_size=32,
        schedule="cosine", find_learning_rate=True, augment=None, cache=False,
        fine_tune=1, fine_tune_epochs=12, fine_tune_learning_rate=1e-4,
    )  # fmt: skip
    ready = f"(epochs['phase'] == '{FINE_TUNING}').sum() >= 2"
    run = until(films, launcher.launch(films, spec), ready)
    assert run.pid is not None
    os.kill(run.pid, signal.SIGKILL)
    run = until(films, run, "not run.is_active")
    files = RunFiles(films.workspace.run_folder(run.run_id))
    assert files.resumes_after() > 4
    assert list(films.workspace.feature_cache.iterdir()) == [], "this run shares no cache"
    assert list(films.workspace.film_cache.iterdir()) == []
    tried = LRRangeTest.load_if_readable(files.rates)
    assert tried is not None

    launcher.resume(films, run.run_id)
    run = launcher.wait(films, run.run_id, timeout=200)
    assert run.state == "done", run.reason
    epochs = films.runs.epochs(run.run_id)
    assert epochs["epoch"].tolist() == list(range(1, 17))
    assert epochs["phase"].tolist() == [TRAINING] * 4 + [FINE_TUNING] * 12
    for phase, highest in ((TRAINING, tried.suggested or 1e-3), (FINE_TUNING, 1e-4)):
        rates = epochs.loc[epochs["phase"] == phase, "learning_rate"].to_numpy()
        assert (np.diff(rates) < 0).all(), "a cosine falls"
        assert highest / 4 < rates[0] < highest
    result = run.result
    assert result.fine_tuned == ("Block 5",)
    paces = epochs.groupby("phase")["seconds"].median()
    assert result.seconds_per_epoch == paces[TRAINING]
    assert result.fine_tune_seconds_per_epoch == paces[FINE_TUNING]
    assert result.learning_rate == (tried.suggested or spec.learning_rate)
    assert result.trainable_params == 32_962 + 3 * (9 * 512 * 512 + 512)
    losses = epochs.set_index("epoch")["loss"]
    assert losses.loc[16] < losses.loc[4], "the blocks learnt something"
    eventually(lambda: not files.scratch.exists())
    assert RunConfig.load(files.config).fine_tune == 1
    eventually(lambda: not processes_of(films))

    # Rebuilt from its files, the tuned network says the same of films.
    members = films.datasets.members("phantoms").head(6)
    ids, paths = members["film_id"].tolist(), members["path"].tolist()
    array = film_array(films.workspace, ids, paths, 32)
    probabilities, _ = load_run(films.workspace, run.run_id).classify(np.asarray(array))
    told = Predictions.load(files.predictions)
    np.testing.assert_array_equal(told.film_ids[:6], ids)
    np.testing.assert_allclose(told.probabilities[:6], probabilities, atol=rounding(run))
