"""One run from the films to the result, inside its worker [K]."""

from __future__ import annotations

import logging
import shutil
import time

import keras
import numpy as np
import pandas as pd

from core.datasets.training_data import TrainingData, load_training_data
from core.errors import InputError
from core.evaluation.metrics import evaluate
from core.evaluation.operating_point import choose_operating_point
from core.evaluation.predictions import Predictions
from core.evaluation.repeats import check_other_folds
from core.features.loans import PassesUnderWay
from core.features.vectors import BATCH
from core.models.build import save_head
from core.models.network import HeadForm, Network
from core.models.registry import get_network
from core.models.weights import resolve_weights
from core.runs.clock import Clock
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.measuring import Measuring
from core.runs.reporter import Reporter
from core.specs import SPLITS, RunSpec
from core.statistics.softmax import log_softmax, softmax
from core.store import Run, RunningNumbers, RunResult, RunState, SplitNumbers, Store
from core.training import backend, checkpoint, precision
from core.training.checkpoint import TrainingState
from core.training.fine_tuning import save_tuned, unfreeze
from core.training.fitting import FINE_TUNING, TRAINING, Phase, fit, learning_rate, move, used_rate
from core.training.learners import FullTraining, HeadTraining, Learner, Plan
from core.training.network import TrainableNetwork
from core.training.precision import Mode
from core.version import software
from core.workspace import Workspace

log = logging.getLogger("thoraxlens.training")


def train(store: Store, run: Run, reporter: Reporter, started: float) -> None:
    """Carry the run out, or on from its checkpoint, up to the state ``done``.

    ``started``: when this process began, seconds since 1970. Raises Cancelled when a stop
    was asked for, ThoraxLensError for what the owner can act on.
    """
    backend.prepare()
    clock = Clock(started)
    spec, files = run.spec, RunFiles(store.workspace.run_folder(run.run_id)).create()
    caches = store.workspace if spec.cache else Workspace(files.scratch)
    dataset = store.datasets.get(spec.dataset).spec
    size = spec.image_size or dataset.image_size
    network = get_network(spec.model)
    last, form = network.last_blocks(spec.fine_tune), HeadForm.of(spec)
    choice = spec.preprocessing or dataset.preprocessing
    kind = network.preprocessing_for(choice, spec.weights)

    reporter.stage("films", unit="films")
    reading = _Teller(reporter, "films", "films")
    with clock.stage("decode"):
        data = load_training_data(
            store, spec.dataset, size, reading, repeat=spec.repeat, caches=caches
        )
    _must_go_on_with(data, files, spec)
    check_other_folds(store, run, data.film_ids[data.rows("test")].tolist())
    measuring = Measuring(store, run, network, data, size)
    reporter.forecast = measuring.forecast()
    log.info("%d films of %d × %d pixels", len(data.films), size, size)

    trainable = _trainable(store, run, network, size, kind, data, reporter, files)
    mode = _mode(store, spec, size, trainable, reporter)
    weigh = spec.class_weighting or dataset.balance == "class_weights"
    plan = Plan(spec, data, kind, weigh)
    tunes = bool(last)
    model, state, seen = trainable.learns, TrainingState(films=data.which()), 0
    if not tunes or checkpoint.phase(files.checkpoint) != FINE_TUNING:
        with clock.stage("features"):
            learner = _learner(trainable, plan, mode, caches, files, reporter)
        seen = learner.fresh if isinstance(learner, HeadTraining) else 0
        with clock.stage("train"):
            rate = learning_rate(learner, spec, mode.xla, files, reporter)
        phase = Phase(TRAINING, learner, spec.epochs, rate, mode.xla)
        state = fit(store, run, phase, state, reporter, clock, files)
        learner.fuse_scaling()
    if tunes:
        model = trainable.whole()
        mode.apply(model)
        unfreeze(model, last)
        learner = FullTraining(model, plan)
        rate = spec.fine_tune_learning_rate
        phase = Phase(FINE_TUNING, learner, spec.fine_tune_epochs, rate, mode.xla)
        state = fit(store, run, phase, state, reporter, clock, files)

    move(store, run, RunState.EVALUATING, (RunState.PREPARING, RunState.TRAINING))
    with clock.stage("evaluate"):
        numbers = _evaluate(learner.logits(reporter), data, files)
    save_head(model, files.weights)
    if tunes:
        save_tuned(model, last, files.tuned)
    epochs = store.runs.epochs(run.run_id)
    # The median: a first epoch also traces the graph.
    medians = epochs.groupby("phase")["seconds"].median()
    seconds = {str(phase): float(taken) for phase, taken in medians.items()}
    counts = {str(phase): int(count) for phase, count in epochs["phase"].value_counts().items()}
    result = RunResult(
        **numbers,
        total_params=network.counts(size, len(data.classes), form).total,
        trainable_params=int(sum(np.prod(one.shape) for one in model.trainable_weights)),
        seconds_per_epoch=seconds[TRAINING],
        epochs=state.epoch,
        best_epoch=state.best_epoch,
        stopped_early=state.stopped_early or counts[TRAINING] < spec.epochs,
        learning_rate=used_rate(spec, files),
        running=_running(epochs[epochs["epoch"] == state.best_epoch]),
        seconds=clock.spent(),
        precision_mode=mode.name,
        backend=keras.backend.backend(),
        software=software(keras.backend.backend()),
    )
    if tunes:
        result = result.model_copy(
            update={
                "fine_tuned": tuple(one.title for one in last),
                "fine_tune_seconds_per_epoch": seconds[FINE_TUNING],
            }
        )
    reporter.check()
    move(store, run, RunState.DONE, (RunState.EVALUATING,), result=result, finished_at=time.time())
    measuring.keep(clock, counts, seconds, decoded=reading.total, seen=seen, arithmetic=mode.name)
    checkpoint.discard_checkpoint(files.checkpoint)
    shutil.rmtree(files.scratch, ignore_errors=True)
    log.info("done; best epoch %d, test: %s", state.best_epoch, numbers["test"])


def _must_go_on_with(data: TrainingData, files: RunFiles, spec: RunSpec) -> None:
    """Raises InputError where the checkpoint has learnt from other films, or from these dealt out
    otherwise: it may have learnt from what it would be tested on."""
    if checkpoint.learnt_from(files.checkpoint) not in ("", data.which()):
        raise InputError(
            f"The data set “{spec.dataset}” is not what it was when this run began: its films, or "
            "how they are dealt out, have changed. To go on would mix the two. Start a new run."
        )


def _trainable(
    store: Store,
    run: Run,
    network: Network,
    size: int,
    kind: str,
    data: TrainingData,
    reporter: Reporter,
    files: RunFiles,
) -> TrainableNetwork:
    spec = run.spec
    reporter.stage("weights", unit="bytes")
    weights = resolve_weights(store.workspace, network, spec, _Teller(reporter, "weights", "bytes"))
    reporter.stage("model")
    trainable = TrainableNetwork(
        network, spec, size, len(data.classes), weights, store.workspace.backbones
    )
    RunConfig(
        run_id=run.run_id,
        model=spec.model,
        classes=data.classes,
        image_size=size,
        preprocessing=kind,
        dropout=spec.dropout,
        seed=spec.seed,
        weights=str(weights) if weights else "random",
        backbone_hash=trainable.backbone,
        fine_tune=spec.fine_tune if network.is_frozen else 0,
        vector_blocks=spec.vector_blocks,
        head=spec.head,
    ).save(files.config)
    log.info("%s, %s weights", network.title, weights or "random")
    return trainable


def _mode(
    store: Store, spec: RunSpec, size: int, network: TrainableNetwork, reporter: Reporter
) -> Mode:
    """How to compute. A frozen backbone mostly looks at films, the CNN mostly learns."""
    reporter.stage("model")
    speeds = store.workspace.speeds
    if network.is_frozen:
        return network.extraction_mode(speeds, reporter.check)
    films = np.random.default_rng(0).random((BATCH, size, size, 3), dtype=np.float32)

    def step(way: Mode) -> precision.Step:
        model = keras.models.clone_model(network.learns)
        return precision.training_step(model, way, films)

    return precision.choose_mode(speeds, spec.model, size, BATCH, step, reporter.check)


def _learner(
    network: TrainableNetwork,
    plan: Plan,
    mode: Mode,
    caches: Workspace,
    files: RunFiles,
    reporter: Reporter,
) -> Learner:
    if not network.is_frozen:
        mode.apply(network.learns)
        return FullTraining(network.learns, plan)

    def extract(films: np.ndarray) -> np.ndarray:
        return network.extract(films, mode)

    def announce(keys: list[str], channels: int) -> None:
        files.scratch.mkdir(exist_ok=True)
        told = PassesUnderWay(keys=tuple(keys), arithmetic=mode.name, channels=channels)
        told.save(files.passes)

    backbone = f"{network.backbone} {mode.name}"
    cache = caches.feature_cache
    return HeadTraining(network.learns, extract, plan, backbone, cache, reporter, announce)


def _running(best: pd.DataFrame) -> RunningNumbers:
    """What training measured in the best epoch, its one row; none where it is not there."""

    def number(name: str) -> float | None:
        return None if best.empty or best[name].isna().all() else float(best[name].iloc[0])

    return RunningNumbers(loss=number("loss"), accuracy=number("accuracy"))


def _evaluate(logits: np.ndarray, data: TrainingData, files: RunFiles) -> dict[str, SplitNumbers]:
    """Save the predictions; what each split came to."""
    logs = log_softmax(logits)
    predictions = Predictions(
        data.classes, data.film_ids, data.split, data.y_true, softmax(logits).astype(np.float32)
    )
    predictions.save(files.predictions)
    _choose_threshold(predictions, files)
    losses = -logs[np.arange(len(logs)), data.y_true]
    # By the most probable class, as the curves of the epochs are: the decision rule can change
    # later, and pages then read what came of it from the predictions.
    result: dict[str, SplitNumbers] = {}
    for split in SPLITS:
        rows = data.rows(split)
        found = evaluate(predictions.take(rows))
        loss = float(losses[rows].mean()) if len(rows) else None
        result[split] = SplitNumbers(accuracy=found.accuracy, loss=loss)
        if split == "test":
            result[split] = SplitNumbers(
                accuracy=found.accuracy,
                loss=loss,
                sensitivity=found.sensitivity,
                specificity=found.specificity,
                confusion=tuple(map(tuple, found.confusion.tolist())),
            )
    return result


def _choose_threshold(predictions: Predictions, files: RunFiles) -> None:
    """Give the run the threshold that its answers go by, once, and say that the program did.
    Without validation films of both kinds there is none: the most probable class counts."""
    try:
        choose_operating_point(predictions, by="program").save(files.operating_point)
    except InputError as error:
        files.operating_point.unlink(missing_ok=True)
        log.info("no threshold: %s", error)


class _Teller:
    """A ``progress(done, total)`` for work that learns its total only when it begins. ``total``: 0
    where there was nothing to do."""

    def __init__(self, reporter: Reporter, stage: str, unit: str) -> None:
        self._reporter = reporter
        self._stage = stage
        self._unit = unit
        self.total = 0

    def __call__(self, done: int, total: int) -> None:
        if self.total != total:
            self.total = total
            self._reporter.stage(self._stage, total=total, unit=self._unit)
        self._reporter.update(done)
