"""Fitting one phase of a run [K]: compile, go on from a checkpoint, train, put the best back."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Unpack

import keras

from core.runs.clock import Clock
from core.runs.files import RunFiles
from core.runs.lr_range import LRRangeTest
from core.runs.reporter import Reporter, Superseded
from core.specs import RunSpec
from core.store import PHASES, Run, RunChange, RunState, Store
from core.training import backend, checkpoint
from core.training.callbacks import (
    BestEpoch,
    CancelOnRequest,
    Checkpoint,
    EpochRecorder,
    ReportProgress,
)
from core.training.checkpoint import TrainingState
from core.training.learners import FullTraining, Learner
from core.training.lr_finder import LOWEST, find_rate

TRAINING, FINE_TUNING = PHASES
CHECKPOINT_SECONDS = 1.0  # the most that a killed run has to do again, beside an epoch
# Batches to try learning rates on: a batch of films through the CNN takes seconds.
RATE_STEPS_VECTORS, RATE_STEPS_FILMS = 100, 40

OPTIMIZERS = {
    "nadam": keras.optimizers.Nadam,
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
}

log = logging.getLogger("thoraxlens.training")


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs: one of ``core.store.PHASES``, and what learns in it."""

    name: str
    learner: Learner
    epochs: int
    learning_rate: float
    xla: bool = False


def _compile(model: keras.Model, spec: RunSpec, rate: Any, xla: bool) -> None:
    model.compile(
        optimizer=OPTIMIZERS[spec.optimizer](learning_rate=rate),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=backend.jit_compile(xla),
    )
    # Now, not within the first step: TensorFlow would trace a branch for each variable, which takes
    # longer, and never lets go of them.
    model.optimizer.build(model.trainable_variables)


def learning_rate(
    learner: Learner, spec: RunSpec, xla: bool, files: RunFiles, reporter: Reporter
) -> float:
    """The learning rate to train with: the one asked for, or the one that a test suggests."""
    if not spec.find_learning_rate:
        return spec.learning_rate
    test = LRRangeTest.load_if_readable(files.rates)
    if test is None:
        _compile(learner.model, spec, LOWEST, xla)
        keras.utils.set_random_seed(spec.trained_seed)
        steps = RATE_STEPS_FILMS if isinstance(learner, FullTraining) else RATE_STEPS_VECTORS
        test = find_rate(learner.model, learner.training, steps, reporter)
        test.save(files.rates)
        log.info("learning rates tried: %s suggested", test.suggested or "none")
    return test.suggested or spec.learning_rate


def used_rate(spec: RunSpec, files: RunFiles) -> float:
    """What ``learning_rate`` gave, from the run's files."""
    test = LRRangeTest.load_if_readable(files.rates) if spec.find_learning_rate else None
    return (test.suggested if test else None) or spec.learning_rate


def fit(
    store: Store,
    run: Run,
    phase: Phase,
    before: TrainingState,
    reporter: Reporter,
    clock: Clock,
    files: RunFiles,
) -> TrainingState:
    """Train for one phase, after the phase that ended in the state ``before``; the best epoch's
    weights are in the model afterwards. Goes on from a checkpoint of this phase, if any."""
    spec, learner, model = run.spec, phase.learner, phase.learner.model
    steps = len(learner.training)
    rate: Any = phase.learning_rate
    if spec.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, phase.epochs * steps)
    _compile(model, spec, rate, phase.xla)
    # After building: what follows must not depend on how many numbers that drew.
    keras.utils.set_random_seed(spec.trained_seed)
    state = checkpoint.load_checkpoint(files.checkpoint, model, phase.name)
    if state is not None:
        clock.add_earlier(state.spent)
        state.films = before.films  # which one of an earlier version does not say
        log.info("going on after epoch %d", state.epoch)
    else:
        state = TrainingState(
            epoch=before.epoch,
            phase=phase.name,
            began=before.epoch,
            best_epoch=before.best_epoch,
            best_loss=before.best_loss,
            # What the phase before it left is the best so far.
            best_weights=checkpoint.values_of(checkpoint.changing(model)) if before.epoch else [],
            films=before.films,
        )
    store.runs.forget_epochs_after(run.run_id, state.epoch)
    move(store, run, RunState.TRAINING, (RunState.PREPARING, RunState.TRAINING))
    last = state.began + phase.epochs
    reporter.stage(phase.name, total=phase.epochs * steps, unit="batches", epochs=last)
    if not state.stopped_early and state.epoch < last:
        given = learner.fit_arguments(state.epoch)
        looks = learner.looks if isinstance(learner, FullTraining) else None
        with clock.stage("train"):
            model.fit(
                **given.keywords,
                epochs=last,
                initial_epoch=state.epoch,
                shuffle=False,
                verbose=0,
                callbacks=[
                    *given.callbacks,
                    CancelOnRequest(reporter),
                    ReportProgress(reporter, last, state.epoch, steps, state.began, looks),
                    EpochRecorder(store, run.run_id, last, phase.name),
                    BestEpoch(state, spec.early_stopping),
                    Checkpoint(files.checkpoint, state, clock, CHECKPOINT_SECONDS),
                ],
            )
    checkpoint.put(checkpoint.changing(model), state.best_weights)
    return state


def move(
    store: Store,
    run: Run,
    state: RunState,
    only_from: tuple[RunState, ...],
    **fields: Unpack[RunChange],
) -> None:
    """Change the run's state. Raises Superseded when it is not in ``only_from``."""
    if not store.runs.transition(run.run_id, state, only_from=only_from, **fields):
        raise Superseded("This run was taken over by another process, or deleted.")
