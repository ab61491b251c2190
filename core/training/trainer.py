"""One run from the films to the result, inside its worker [K]."""

from __future__ import annotations

import logging
import time
from typing import Any

import keras
import numpy as np

from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.models.build import backbone_hash, build_model, is_frozen, save_head
from core.models.registry import get_model, preprocessing_kind
from core.models.weights import resolve_weights
from core.specs import SPLITS
from core.store import Run, Store
from core.training import backend, checkpoint
from core.training.artefacts import RunCard, RunFiles
from core.training.callbacks import (
    BeginEpoch,
    BestEpoch,
    CancelOnRequest,
    Checkpoint,
    EpochRecorder,
    Progress,
)
from core.training.checkpoint import TrainingState
from core.training.clock import Clock
from core.training.data import TrainingData, load
from core.training.learners import FilmLearner, HeadLearner, Learner, Plan
from core.training.reporter import Reporter, Superseded

OPTIMIZERS = {
    "nadam": keras.optimizers.Nadam,
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
}

log = logging.getLogger("thoraxlens.training")


def train(store: Store, run: Run, reporter: Reporter, started: float) -> None:
    """Carry the run out, or on from its checkpoint, up to the state ``done``.

    ``started``: when this process began, seconds since 1970. Raises Cancelled when a stop
    was asked for, ThoraxLensError for what the owner can act on.
    """
    backend.prepare()
    clock = Clock(started)
    spec, files = run.spec, RunFiles(store.workspace.run_folder(run.run_id)).create()
    dataset = store.datasets.get(spec.dataset).spec
    size = spec.image_size or dataset.image_size
    kind = preprocessing_kind(spec.model, spec.preprocessing or dataset.preprocessing)

    reporter.stage("films", unit="films")
    with clock.stage("decode"):
        data = load(store, spec.dataset, size, _teller(reporter, "films", "films"))
    log.info("%d films of %d × %d pixels", len(data.films), size, size)

    model, backbone = _build(store, run, size, kind, data, reporter, files)
    plan = Plan(spec, data, kind, spec.class_weighting or dataset.balance == "class_weights")
    with clock.stage("features"):
        learner = _learner(store, model, plan, backbone, reporter)

    state = _fit(store, run, learner, reporter, clock, files)

    _move(store, run, "evaluating", ("preparing", "training"))
    with clock.stage("evaluate"):
        result = _evaluate(learner.logits(reporter), data, files)
    save_head(model, files.weights)
    epochs = store.runs.epochs(run.run_id)
    best = epochs[epochs["epoch"] == state.best_epoch]
    result |= {
        "total_params": model.count_params(),
        "trainable_params": int(sum(np.prod(one.shape) for one in model.trainable_weights)),
        # The median: the first epoch also traces the graph.
        "seconds_per_epoch": float(epochs["seconds"].median()),
        "epochs": state.epoch,
        "best_epoch": state.best_epoch,
        "stopped_early": state.stopped_early,
        "running": {
            key: None if best.empty or best[key].isna().all() else float(best[key].iloc[0])
            for key in ("loss", "accuracy")
        },
        "seconds": clock.spent(),
        "precision_mode": "float32",
        "backend": keras.backend.backend(),
    }
    reporter.check()
    _move(store, run, "done", ("evaluating",), result=result, finished_at=time.time())
    checkpoint.discard(files.checkpoint)
    log.info("done; best epoch %d, test: %s", state.best_epoch, result["test"])


def _build(
    store: Store,
    run: Run,
    size: int,
    kind: str,
    data: TrainingData,
    reporter: Reporter,
    files: RunFiles,
) -> tuple[keras.Model, str]:
    spec = run.spec
    reporter.stage("weights", unit="bytes")
    weights = resolve_weights(store.workspace, spec, _teller(reporter, "weights", "bytes"))
    reporter.stage("model")
    model = build_model(
        spec.model,
        image_size=size,
        classes=len(data.classes),
        dropout=spec.dropout,
        weights=weights or "random",
        seed=spec.seed,
    )
    backbone = backbone_hash(model)
    RunCard(
        run_id=run.run_id,
        model=spec.model,
        classes=data.classes,
        image_size=size,
        preprocessing=kind,
        dropout=spec.dropout,
        seed=spec.seed,
        weights=str(weights) if weights else "random",
        backbone_hash=backbone,
    ).save(files.card)
    log.info("%s, %s weights", get_model(spec.model).title, weights or "random")
    return model, backbone


def _learner(
    store: Store, model: keras.Model, plan: Plan, backbone: str, reporter: Reporter
) -> Learner:
    if is_frozen(model):
        return HeadLearner(model, plan, backbone, store.workspace.feature_cache, reporter)
    return FilmLearner(model, plan)


def _fit(
    store: Store, run: Run, learner: Learner, reporter: Reporter, clock: Clock, files: RunFiles
) -> TrainingState:
    spec, model = run.spec, learner.model
    model.compile(
        optimizer=OPTIMIZERS[spec.optimizer](learning_rate=spec.learning_rate),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=backend.jit_compile(),
    )
    # After building: what follows must not depend on how many numbers that drew.
    keras.utils.set_random_seed(spec.seed)
    state = checkpoint.load(files.checkpoint, model) or TrainingState()
    clock.add_earlier(state.spent)
    store.runs.forget_epochs_after(run.run_id, state.epoch)
    if state.epoch:
        log.info("going on after epoch %d", state.epoch)
    _move(store, run, "training", ("preparing",))
    steps = len(learner.training)
    reporter.stage("training", total=spec.epochs * steps, unit="batches", epochs=spec.epochs)
    if not state.stopped_early and state.epoch < spec.epochs:
        with clock.stage("train"):
            model.fit(
                learner.training,
                validation_data=learner.validation,
                epochs=spec.epochs,
                initial_epoch=state.epoch,
                shuffle=False,
                verbose=0,
                callbacks=[
                    BeginEpoch(learner.training),
                    CancelOnRequest(reporter),
                    Progress(reporter, spec.epochs, state.epoch, steps),
                    EpochRecorder(store, run.run_id, spec.epochs),
                    BestEpoch(state, spec.early_stopping),
                    Checkpoint(files.checkpoint, state, clock),
                ],
            )
    model.set_weights(state.best_weights)
    return state


def _evaluate(logits: np.ndarray, data: TrainingData, files: RunFiles) -> dict[str, Any]:
    logits = logits.astype(np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    predictions = Predictions(
        data.classes, data.film_ids, data.split, data.truth, np.exp(logs).astype(np.float32)
    )
    predictions.save(files.predictions)
    losses = -logs[np.arange(len(logs)), data.truth]
    result: dict[str, Any] = {}
    for split in SPLITS:
        rows = data.rows(split)
        numbers = evaluate(predictions.take(rows))
        result[split] = {
            "accuracy": numbers.accuracy,
            "loss": float(losses[rows].mean()) if len(rows) else None,
        }
        if split == "test":
            result[split] |= {
                "sensitivity": numbers.sensitivity,
                "specificity": numbers.specificity,
                "confusion": numbers.confusion.tolist(),
            }
    return result


def _teller(reporter: Reporter, stage: str, unit: str) -> Any:
    """A ``progress(done, total)`` for work that learns its total only when it begins."""
    told: list[int] = []

    def tell(done: int, total: int) -> None:
        if told != [total]:
            told[:] = [total]
            reporter.stage(stage, total=total, unit=unit)
        reporter.update(done)

    return tell


def _move(store: Store, run: Run, state: str, only_from: tuple[str, ...], **fields: Any) -> None:
    if not store.runs.transition(run.run_id, state, only_from=only_from, **fields):
        raise Superseded("This run was taken over by another process, or deleted.")
