"""The two ways to train a network [K]: all of it on films, or its head on cached vectors.

Both offer the same: a Keras model to fit, what to feed it, and logits of all films.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import keras
import numpy as np

from core.datasets.training_data import TrainingData, balanced_weights
from core.features.scaling import Scaling
from core.features.source import FeatureSource, Variant
from core.features.vectors import BATCH, Extract, features
from core.models.build import first_dense_layer
from core.models.preprocess import preprocess
from core.runs.reporter import Reporter
from core.specs import RunSpec
from core.training.backend import without_tuning
from core.training.batches import Batches, FilmBatches, RepeatedBatches, VectorBatches
from core.training.callbacks import BeginEpoch, ValidateVectors

HEADS_AT_ONCE = 256  # vectors through the head in one go


@dataclass(frozen=True)
class FitArguments:
    """What ``fit`` is given: its arguments for the data, and callbacks that come first."""

    keywords: Mapping[str, object]
    callbacks: list[keras.callbacks.Callback]


class Learner(Protocol):
    """``model``: what is fitted, its weights are the run's weights."""

    model: keras.Model
    training: Batches

    def fit_arguments(self, first: int) -> FitArguments:
        """From epoch ``first`` on (from 0)."""

    def fuse_scaling(self) -> None:
        """Training is over: the model takes over how its inputs were scaled, if they were."""

    def logits(self, reporter: Reporter) -> np.ndarray:
        """float32 (n, k) of all films of the data set as they are, in its order."""


@dataclass(frozen=True)
class Plan:
    """What both ways need to know. ``preprocessing`` is a kind of core.models.preprocess."""

    spec: RunSpec
    data: TrainingData
    preprocessing: str
    weigh_classes: bool

    def common(self, split: str) -> dict[str, object]:
        """The arguments that ``Batches`` takes for the films of one split."""
        rows = self.data.rows(split)
        training = split == "train"
        weights = balanced_weights(self.data.y_true[rows], len(self.data.classes))
        return {
            "targets": self.data.one_hot()[rows],
            "weights": weights if training and self.weigh_classes else None,
            "batch_size": self.spec.batch_size,
            "seed": self.spec.trained_seed,
            "shuffle": training,
        }


def passes_of(spec: RunSpec, data: TrainingData) -> list[tuple[np.ndarray, Variant]]:
    """Rows of ``data`` and how they are shown: first all films as they are, then those to train
    on, once for each augmented copy."""
    passes = [(np.arange(len(data.films)), Variant())]
    if spec.augment is not None:
        passes += [
            (data.rows("train"), Variant(spec.augment, spec.seed, number))
            for number in range(spec.augmented_copies)
        ]
    return passes


def feature_source(
    spec: RunSpec, data: TrainingData, preprocessing: str, backbone: str, channels: int
) -> FeatureSource:
    """All films of a data set. ``backbone``: the hash of the frozen weights and the arithmetic;
    ``preprocessing``: a kind of ``core.models.preprocess``."""
    return FeatureSource(
        data.films,
        data.film_ids,
        spec.model,
        backbone,
        preprocessing,
        channels,
        spec.vector_blocks,
    )


class FullTraining:
    """Trains every weight, on films that are augmented afresh in each epoch."""

    def __init__(self, model: keras.Model, plan: Plan) -> None:
        self.model = model
        self._plan = plan
        self.training: Batches = self._batches("train")
        has_validation = len(plan.data.rows("validation")) > 0
        self.validation = self._batches("validation") if has_validation else None
        # All films as a multiple of the validation films, for how long the evaluation takes.
        checked = len(plan.data.rows("validation"))
        self.looks = len(plan.data.films) / checked if checked else None

    def fit_arguments(self, first: int) -> FitArguments:
        checked = None if self.validation is None else without_tuning(self.validation)
        arguments = {"x": without_tuning(self.training), "validation_data": checked}
        return FitArguments(arguments, [BeginEpoch(self.training)])

    def fuse_scaling(self) -> None:
        """Films are what it learnt from."""

    def _batches(self, split: str) -> FilmBatches:
        data, spec = self._plan.data, self._plan.spec
        return FilmBatches(
            data.films,
            data.rows(split),
            self._plan.preprocessing,
            spec.augment if split == "train" else None,
            **self._plan.common(split),
        )

    def logits(self, reporter: Reporter) -> np.ndarray:
        films = self._plan.data.films
        reporter.stage("evaluating", total=len(films), unit="films")
        parts = []
        for start in range(0, len(films), BATCH):
            # Always BATCH films: another shape would be traced and compiled again.
            rows = np.minimum(np.arange(start, start + BATCH), len(films) - 1)
            count = min(BATCH, len(films) - start)
            inputs = preprocess(np.asarray(films[rows]), self._plan.preprocessing)
            parts.append(np.asarray(self.model.predict_on_batch(inputs))[:count])
            reporter.update(start + count)
        return np.concatenate(parts)


class HeadTraining:
    """Trains the head on vectors that the frozen part gave once (see features.py)."""

    def __init__(
        self,
        head: keras.Model,
        extract: Extract,
        plan: Plan,
        backbone: str,
        cache: Path,
        reporter: Reporter,
        announce: Callable[[list[str], int], None] = lambda keys, channels: None,
    ) -> None:
        """``extract`` is the frozen part, called only when a vector is not in ``cache`` yet;
        ``backbone`` says what those in there must come from. ``announce``: told the keys of all
        passes and the length of a vector before they begin."""
        self.model = head
        spec, data = plan.spec, plan.data
        channels = int(head.input.shape[-1])
        source = feature_source(spec, data, plan.preprocessing, backbone, channels)
        passes, training = passes_of(spec, data), data.rows("train")
        announce([source.key(variant) for _, variant in passes], channels)
        reporter.stage("features", sum(len(rows) for rows, _ in passes), "films")
        before = found = 0
        vectors = []
        for rows, variant in passes:
            already = 0

            def tell(done: int, had: int, before: int = before, found: int = found) -> None:
                nonlocal already
                already = had
                reporter.update(before + done, already=found + had)

            vectors.append(features(cache, source, rows, variant, extract, tell))
            before += len(rows)
            found += already
        self.fresh = before - found  # films that went through the frozen part just now
        self._plain, *variants = vectors
        self._scaling = None
        apart = spec.head == "linear" or spec.vector_blocks > 1
        if apart or spec.weights == "random":
            self._scaling = Scaling.of(self._plain.take(training), by_channel=apart)
        checked = data.rows("validation")
        self.training: Batches = VectorBatches(
            [self._plain.take(training), *variants], scaling=self._scaling, **plan.common("train")
        )
        self.validation = (
            VectorBatches(
                [self._plain.take(checked)], scaling=self._scaling, **plan.common("validation")
            )
            if len(checked)
            else None
        )

    def fit_arguments(self, first: int) -> FitArguments:
        steps = len(self.training)
        arguments = {"x": RepeatedBatches(self.training, first), "steps_per_epoch": steps}
        validate = [] if self.validation is None else [ValidateVectors(self.validation)]
        return FitArguments(arguments, validate)

    def fuse_scaling(self) -> None:
        if self._scaling is not None:
            first = first_dense_layer(self.model)
            first.set_weights(self._scaling.into(*first.get_weights()))
            self._scaling = None

    def logits(self, reporter: Reporter) -> np.ndarray:
        reporter.stage("evaluating", total=len(self._plain), unit="films")
        parts = []
        for start in range(0, len(self._plain), HEADS_AT_ONCE):
            vectors = self._plain[slice(start, start + HEADS_AT_ONCE)]
            parts.append(keras.ops.convert_to_numpy(self.model(vectors, training=False)))
            reporter.update(start + len(vectors))
        return np.concatenate(parts)
