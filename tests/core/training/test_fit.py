"""Fitting, stopping and going on, with a head on made-up vectors: real Keras, no backbone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import keras
import numpy as np
import pytest

from core.errors import Cancelled, InputError, TrainingError
from core.evaluation.operating_point import OperatingPoint
from core.features.vectors import IN_MEMORY
from core.runs.clock import Clock
from core.runs.files import RunFiles
from core.specs import Optimizer, RunSpec
from core.store import Epoch, Run, RunState, Store
from core.training import callbacks, checkpoint, fitting, precision
from core.training.batches import RepeatedBatches, VectorBatches
from core.training.callbacks import BeginEpoch, ValidateVectors
from core.training.checkpoint import TrainingState
from core.training.fitting import OPTIMIZERS, Phase
from core.training.learners import FitArguments
from core.training.trainer import _evaluate, train
from tests.core.phantom_dataset import with_a_dataset

Queue = Callable[..., Run]
RNG = np.random.default_rng(0)
TRUTH = np.arange(24) % 2
VECTORS = (RNG.normal(size=(24, 6)) + TRUTH[:, None]).astype(np.float32)
TARGETS = np.eye(2, dtype=np.float32)[TRUTH]


class Quiet:
    """A reporter that can stop a run after so many batches."""

    def __init__(self, batches: int | None = None) -> None:
        self.left = batches
        self.told: list[dict[str, Any]] = []

    def stage(self, name: str, total: int = 0, unit: str = "", **more: Any) -> None:
        self.told.append({"stage": name, "total": total})

    def update(self, done: int, **more: Any) -> None:
        self.told.append({"done": done, **more})

    epoch = update

    def check(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled("stopped")


def learner(rows: slice = slice(0, 16), scale: float = 1.0) -> Any:
    keras.utils.set_random_seed(0)
    vector = keras.Input((6,))
    x = keras.layers.Dense(8, activation="relu")(vector)
    x = keras.layers.Dropout(0.3)(x)
    model = keras.Model(vector, keras.layers.Dense(2)(x))
    common = {"weights": None, "batch_size": 4, "seed": 0}
    checked = slice(16, 24)
    training = VectorBatches(
        [VECTORS[rows] * scale, VECTORS[rows] * scale * 1.1],
        targets=TARGETS[rows], shuffle=True, **common,
    )  # fmt: skip
    validation = VectorBatches(
        [VECTORS[checked]], targets=TARGETS[checked], shuffle=False, **common
    )
    arguments = {"x": training, "validation_data": validation}
    given = FitArguments(arguments, [BeginEpoch(training)])
    return SimpleNamespace(model=model, training=training, fit_arguments=lambda first: given)


@pytest.fixture(autouse=True)
def _save_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fitting, "CHECKPOINT_SECONDS", 0.0)


@pytest.fixture
def start(store: Store, queue: Queue) -> Callable[..., Run]:
    """An active run that is about to train."""

    def make(**fields: Any) -> Run:
        run = queue(**{"epochs": 6, "learning_rate": 0.01, **fields})
        store.runs.transition(run.run_id, RunState.PREPARING, pid=os.getpid())
        return run

    return make


def fit(store: Store, run: Run, reporter: Quiet, made: Any = None) -> tuple[TrainingState, Any]:
    store.runs.transition(run.run_id, RunState.PREPARING)
    made = made or learner()
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    phase = Phase("training", made, run.spec.epochs, run.spec.learning_rate)
    clock = Clock(time.time())
    state = fitting.fit(store, run, phase, TrainingState(), reporter, clock, files)
    return state, made.model


def test_a_resumed_run_is_the_run_that_was_not_stopped(store: Store, start: Any) -> None:
    whole, stopped = start(), start()
    reporter = Quiet()
    expected, model = fit(store, whole, reporter)
    told = [one for one in reporter.told if "done" in one]
    assert [one["done"] for one in told if one["batch"]][:4] == [1, 2, 3, 4]
    assert (told[-1]["done"], told[-1]["eta_seconds"]) == (24, 0)
    assert told[-1]["epoch"] == told[-1]["epochs"] == 6

    # A batch asks once when it ends, in training (4 an epoch) and validation (2): stop in the
    # middle of epoch 4.
    with pytest.raises(Cancelled):
        fit(store, stopped, Quiet(batches=3 * 6 + 2))
    files = RunFiles(store.workspace.run_folder(stopped.run_id))
    assert files.resumes_after() == 3
    assert store.runs.epochs(stopped.run_id)["epoch"].tolist() == [1, 2, 3]

    state, resumed = fit(store, stopped, Quiet())
    assert (state.epoch, state.best_epoch) == (6, expected.best_epoch)
    first, second = store.runs.epochs(whole.run_id), store.runs.epochs(stopped.run_id)
    assert second["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    columns = ["loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    np.testing.assert_allclose(second[columns], first[columns], rtol=1e-5)
    for one, other in zip(model.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    assert state.spent["train"] > 0


@pytest.mark.parametrize("in_memory", [IN_MEMORY, 0])
def test_a_stream_of_vectors_trains_what_epochs_train(
    store: Store, start: Any, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """The quick way of heads: the same films in the same order, the same numbers; with vectors to
    validate on that fill the memory or do not."""
    monkeypatch.setattr(callbacks, "IN_MEMORY", in_memory)
    monkeypatch.setattr(callbacks, "VALIDATED", 3)
    plain, quick = start(), start()
    fit(store, plain, Quiet())
    made = learner()
    validation = made.fit_arguments(0).keywords["validation_data"]
    made.fit_arguments = lambda first: FitArguments(
        {"x": RepeatedBatches(made.training, first), "steps_per_epoch": 4},
        [ValidateVectors(validation)],
    )
    with pytest.raises(Cancelled):
        fit(store, quick, Quiet(batches=14), made)
    reached = len(store.runs.epochs(quick.run_id))
    assert 0 < reached < 6
    fit(store, quick, Quiet(), made)
    columns = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"]
    first, second = (store.runs.epochs(run.run_id)[columns] for run in (plain, quick))
    np.testing.assert_allclose(second, first, rtol=1e-4)


def test_the_best_epoch_is_put_back_and_patience_survives_a_resume(
    store: Store, start: Any
) -> None:
    # Too fast on purpose: the last epoch is not the best one.
    settings = {"epochs": 60, "learning_rate": 0.3, "early_stopping": 4}
    whole, stopped = start(**settings), start(**settings)
    expected, model = fit(store, whole, Quiet())
    epochs = store.runs.epochs(whole.run_id)
    assert expected.stopped_early
    assert expected.epoch == len(epochs) == expected.best_epoch + 4
    assert expected.best_epoch == int(epochs["val_loss"].to_numpy().argmin()) + 1
    loss = model.evaluate(VECTORS[16:], TARGETS[16:], batch_size=4, verbose=0)[0]
    assert loss == pytest.approx(epochs["val_loss"].min(), rel=1e-4)

    # Stop two epochs before it would end: the patience used up by then must count.
    with pytest.raises(Cancelled):
        fit(store, stopped, Quiet(batches=(expected.epoch - 2) * 6 + 1))
    state, _ = fit(store, stopped, Quiet())
    assert (state.epoch, state.best_epoch) == (expected.epoch, expected.best_epoch)
    again, _ = fit(store, stopped, Quiet())  # interrupted while it evaluated
    assert again.epoch == expected.epoch, "nothing is trained beyond an early stop"


def test_a_torn_checkpoint_means_from_the_beginning(store: Store, start: Any) -> None:
    run = start(epochs=2)
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    files.checkpoint.mkdir()
    (files.checkpoint / checkpoint.STATE).write_bytes(b"PK torn")
    for number in (1, 2, 3, 4):
        store.runs.save_epoch(run.run_id, Epoch(number, 9.0, 0.0, 9.0, 0.0, 0.1, 1.0))
    state, _ = fit(store, run, Quiet())
    assert state.epoch == 2
    epochs = store.runs.epochs(run.run_id)
    assert epochs["epoch"].tolist() == [1, 2]
    assert (epochs["loss"] < 9).all()


def test_a_checkpoint_of_another_network_is_left_alone(tmp_path: Path) -> None:
    models = []
    for units in (2, 3):
        vector = keras.Input((6,))
        models.append(keras.Model(vector, keras.layers.Dense(units)(vector)))
        models[-1].compile(optimizer="nadam", loss="mse")
    one, other = models
    one.optimizer.build(one.trainable_variables)
    state = TrainingState(epoch=4, best_epoch=2, best_weights=one.get_weights())
    checkpoint.save_checkpoint(tmp_path, one, state)
    before = other.get_weights()[0].copy()
    assert checkpoint.load_checkpoint(tmp_path, other, "training") is None
    np.testing.assert_array_equal(before, other.get_weights()[0])
    loaded = checkpoint.load_checkpoint(tmp_path, one, "training")
    assert loaded is not None
    assert (loaded.epoch, loaded.best_epoch) == (4, 2)
    checkpoint.discard_checkpoint(tmp_path)
    assert checkpoint.load_checkpoint(tmp_path, one, "training") is None


def test_divergence_is_recorded_and_told(store: Store, start: Any) -> None:
    run = start(optimizer="sgd", learning_rate=1.0)
    with pytest.raises(TrainingError, match="smaller learning rate"):
        fit(store, run, Quiet(), learner(scale=1e20))
    loss = store.runs.epochs(run.run_id).iloc[0]["loss"]
    assert loss is None or np.isnan(loss), "a loss that is no number is stored as none"


def test_every_optimiser_of_a_spec_exists() -> None:
    assert set(OPTIMIZERS) == set(get_args(Optimizer))
    for name, kind in OPTIMIZERS.items():
        made = kind(learning_rate=0.25)
        assert type(made).__name__.lower() == name
        assert float(made.learning_rate) == 0.25


def test_numbers_of_each_split(store: Store, tmp_path: Any) -> None:
    split = np.array(["train"] * 2 + ["validation"] + ["test"] * 3)
    truth = np.array([0, 1, 0, 0, 0, 1])
    logits = np.array([[9, 0], [0, 9], [0, 0.1], [800, 0], [0, 9], [0, 9]], dtype=np.float32)
    data: Any = SimpleNamespace(
        classes=("covid", "healthy"),
        film_ids=np.array(list("abcdef")),
        split=split,
        y_true=truth,
        rows=lambda name: np.flatnonzero(split == name),
    )
    result = _evaluate(logits, data, RunFiles(tmp_path))
    assert result["train"].accuracy == 1.0
    assert result["train"].loss == pytest.approx(np.log1p(np.exp(-9.0)), rel=1e-3)
    assert result["test"].sensitivity == 0.5
    assert result["test"].specificity == 1.0
    assert result["test"].confusion == ((1, 1), (0, 1))
    assert np.isfinite(float(str(result["test"].loss))), "800 must not overflow"
    files = RunFiles(tmp_path)
    assert not files.operating_point.exists(), "one validation film of one class chooses nothing"
    split[1] = "validation"
    _evaluate(logits, data, files)
    chosen = OperatingPoint.load_if_readable(files.operating_point)
    assert chosen is not None
    assert chosen.chosen_by == "program"
    split[1] = "train"  # trained again on other films: the old threshold is not its own
    _evaluate(logits, data, files)
    assert not files.operating_point.exists()


def trained(store: Store, run: Run, batches: int | None = None) -> None:
    store.runs.transition(run.run_id, RunState.PREPARING, pid=os.getpid())
    train(store, store.runs.get(run.run_id), Quiet(batches), time.time())


def test_a_run_does_not_go_on_with_another_data_set_of_its_name(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precision, "candidates", lambda: [precision.FLOAT32])  # nothing is timed
    with_a_dataset(phantom_store, 12, 4, 4)
    asked = RunSpec.build(dataset="phantoms", model="cnn", epochs=3, batch_size=8, image_size=32)
    run = phantom_store.runs.create(asked)
    with pytest.raises(Cancelled):
        trained(phantom_store, run, batches=8)
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id))
    kept = files.resumes_after()
    assert kept in (1, 2)
    phantom_store.datasets.delete("phantoms")
    with_a_dataset(phantom_store, 8, 4, 8)
    with pytest.raises(InputError, match="“phantoms” is not what it was when this run began"):
        trained(phantom_store, run)
    assert phantom_store.runs.epochs(run.run_id)["epoch"].max() >= kept, "nothing is lost"
    phantom_store.datasets.delete("phantoms")
    with_a_dataset(phantom_store, 12, 4, 4)
    trained(phantom_store, run)
    assert phantom_store.runs.get(run.run_id).state == "done"
    assert phantom_store.runs.epochs(run.run_id)["epoch"].tolist() == [1, 2, 3]
