"""What happens around each batch and epoch [K]. Order matters: record, judge, then save."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from core.errors import TrainingError
from core.features.vectors import IN_MEMORY
from core.runs.clock import Clock
from core.runs.estimate import EVALUATING
from core.runs.reporter import Reporter
from core.runs.time_left import EpochPace
from core.store import PHASES, Epoch, Store
from core.training import checkpoint
from core.training.batches import Batches
from core.training.checkpoint import TrainingState

Logs = dict[str, float] | None

VALIDATED = 1024  # vectors at a time, where there are too many for one pass

log = logging.getLogger("thoraxlens.training")


class BeginEpoch(keras.callbacks.Callback):
    """Tells the batches which epoch comes, so that its order and changes are drawn."""

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.batches.begin_epoch(epoch)


class ValidateVectors(keras.callbacks.Callback):
    """Adds validation loss and accuracy to the epoch's logs, all films in one pass; of so many that
    their vectors would fill the memory, part by part.

    Keras's own validation takes longer than the epoch of a head. It must stand before
    the callbacks that read these numbers.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches = batches
        count = len(batches.targets)
        few = batches.inputs(np.arange(1)).nbytes * count <= IN_MEMORY
        self._at_once = count if few else VALIDATED
        self._kept = batches.inputs(np.arange(count)) if few else None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs is None:
            return
        losses, right = [], []
        targets = self.batches.targets
        for start in range(0, len(targets), self._at_once):
            rows = np.arange(start, min(start + self._at_once, len(targets)))
            inputs = self.batches.inputs(rows) if self._kept is None else self._kept
            logits = self.model(inputs, training=False)
            lost = keras.losses.categorical_crossentropy(targets[rows], logits, from_logits=True)
            losses.append(keras.ops.convert_to_numpy(lost))
            hits = keras.metrics.categorical_accuracy(targets[rows], logits)
            right.append(keras.ops.convert_to_numpy(hits))
        logs["val_loss"] = float(np.concatenate(losses).mean())
        logs["val_accuracy"] = float(np.concatenate(right).mean())


class CancelOnRequest(keras.callbacks.Callback):
    """Raises Cancelled within a batch, whether training, validating or predicting."""

    def __init__(self, reporter: Reporter) -> None:
        super().__init__()
        self.reporter = reporter

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.reporter.check()

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.reporter.check()

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.reporter.check()


class ReportProgress(keras.callbacks.Callback):
    """Says after each batch how far a phase is, and when it may end at this pace.

    The phase began after epoch ``began`` and ends with ``epochs``; this session goes on
    after ``first``. ``looks``: all films as a multiple of the validation films, where both go
    through the same network: validation then tells how long the evaluation takes.
    """

    def __init__(
        self,
        reporter: Reporter,
        epochs: int,
        first: int,
        batches: int,
        began: int = 0,
        looks: float | None = None,
    ) -> None:
        super().__init__()
        self.reporter = reporter
        self.epochs = epochs
        self.start = began
        self.first = first
        self.epoch = first
        self.pace = EpochPace(batches)
        self.looks = looks
        self.began = time.monotonic()
        self.seconds_per_epoch: float | None = None

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.epoch = epoch
        self.pace.begin()
        self._tell(0)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.pace.batch()
        self._tell(batch + 1)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self.pace.tested()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.pace.end()
        self.seconds_per_epoch = (time.monotonic() - self.began) / (epoch + 1 - self.first)
        if self.looks and (validation := self.pace.validation) and self.reporter.forecast:
            # The evaluation traces the network once more.
            taken = self.pace.tracing + self.looks * validation
            self.reporter.forecast.learn(EVALUATING, taken)
        self._tell(self.pace.batches)

    def _tell(self, batch: int) -> None:
        eta = self.pace.left(batch, self.epochs - self.epoch - 1)
        pace = self.seconds_per_epoch
        self.reporter.epoch(
            (self.epoch - self.start) * self.pace.batches + batch,
            epoch=self.epoch + 1,
            epochs=self.epochs,
            batch=batch,
            batches=self.pace.batches,
            eta_seconds=None if eta is None else round(eta, 1),
            seconds_per_epoch=None if pace is None else round(pace, 3),
        )


class EpochRecorder(keras.callbacks.Callback):
    """Writes each epoch to the store and the log; raises TrainingError on divergence."""

    def __init__(self, store: Store, run_id: str, epochs: int, phase: str = PHASES[0]) -> None:
        super().__init__()
        self.store = store
        self.run_id = run_id
        self.epochs = epochs
        self.phase = phase
        self.began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self.began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        values = {key: _finite((logs or {}).get(key)) for key in (logs or {})}
        rate = _finite(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        row = Epoch(
            epoch=epoch + 1,
            loss=values.get("loss"),
            accuracy=values.get("accuracy"),
            val_loss=values.get("val_loss"),
            val_accuracy=values.get("val_accuracy"),
            learning_rate=rate,
            seconds=time.monotonic() - self.began,
            phase=self.phase,
        )
        self.store.runs.save_epoch(self.run_id, row)
        log.info(
            "epoch %d of %d: loss %s, accuracy %s, validation loss %s, accuracy %s, %.2f s",
            row.epoch,
            self.epochs,
            *(_short(one) for one in (row.loss, row.accuracy, row.val_loss, row.val_accuracy)),
            row.seconds,
        )
        if row.loss is None:
            raise TrainingError(
                f"The loss stopped being a number in epoch {row.epoch}: training diverged. "
                "Start a run with a smaller learning rate."
            )


class BestEpoch(keras.callbacks.Callback):
    """Remembers the weights of the lowest validation loss, and stops when it does not fall
    any more for ``patience`` epochs (None: never)."""

    def __init__(self, state: TrainingState, patience: int | None) -> None:
        super().__init__()
        self.state = state
        self.patience = patience

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        state, values = self.state, logs or {}
        loss = _finite(values.get("val_loss", values.get("loss")))
        state.epoch = epoch + 1
        # The first epoch is kept whatever its loss, so that there is always one to restore.
        if not state.best_weights or (loss is not None and loss < state.best_loss):
            state.best_loss = math.inf if loss is None else loss
            state.best_epoch = epoch + 1
            state.best_weights = checkpoint.values_of(checkpoint.changing(self.model))
            state.waited = 0
        else:
            state.waited += 1
        if self.patience is not None and state.waited >= self.patience:
            state.stopped_early = True
            self.model.stop_training = True


class Checkpoint(keras.callbacks.Callback):
    """Saves after an epoch what a resumed run needs, unless that was saved less than
    ``every`` seconds ago, or nine times as long ago as saving took; comes last. Epochs of a
    head take less time than saving it, and a fine-tuned block has millions of weights."""

    def __init__(self, folder: Path, state: TrainingState, clock: Clock, every: float) -> None:
        super().__init__()
        self.every = every
        self.due = -math.inf
        self.folder = folder
        self.state = state
        self.clock = clock

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        began = time.monotonic()
        if began < self.due:
            return
        self.state.spent = self.clock.spent()
        checkpoint.save_checkpoint(self.folder, self.model, self.state)
        ended = time.monotonic()
        self.due = ended + max(self.every, 9 * (ended - began)) if self.every else ended


def _finite(value: Any) -> float | None:
    if value is None or not math.isfinite(float(value)):
        return None
    return float(value)


def _short(value: float | None) -> str:
    return "—" if value is None else f"{value:.4f}"
