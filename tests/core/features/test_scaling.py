"""Vectors of a random backbone are brought to size, and the head takes it over."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from core.datasets.training_data import TrainingData
from core.features import scaling as module
from core.features.scaling import Scaling
from core.features.vectors import FeatureVectors
from core.models.build import build_head
from core.models.registry import get_network
from core.specs import RunSpec
from core.training.learners import HeadTraining, Plan

CHANNELS = 512  # of VGG16
RNG = np.random.default_rng(0)


def kept(count: int) -> FeatureVectors:
    """Vectors as they lie on disk: far from 0, and hardly different from each other."""
    vectors = RNG.normal(70, 30, CHANNELS) + RNG.normal(0, 5, (count, CHANNELS))
    return FeatureVectors(vectors.astype(np.float32), np.arange(count))


def test_scaled_vectors_have_mean_0_and_deviation_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 16)  # more parts than one
    vectors = kept(50)
    scaling = Scaling.of(vectors)
    scaled = scaling(vectors[slice(None)])
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-4)
    assert scaled.var(axis=0).mean() == pytest.approx(1, abs=1e-3)


def test_each_channel_can_have_its_own_unit_but_none_enlarges_rounding() -> None:
    values = RNG.normal(0, 1, (60, 3)) * [100, 1, 1e-9] + [5, 5, 5]
    vectors = FeatureVectors(values.astype(np.float32), np.arange(60))
    scaled = Scaling.of(vectors, by_channel=True)(vectors[slice(None)])
    np.testing.assert_allclose(scaled.std(axis=0)[:2], 1, rtol=1e-3)
    assert np.abs(scaled[:, 2]).max() < 1e-3
    kernel = RNG.normal(0, 0.1, (3, 2)).astype(np.float32)
    taken, moved = Scaling.of(vectors, by_channel=True).into(kernel, np.zeros(2, np.float32))
    plain = vectors[slice(None)].astype(np.float64)
    np.testing.assert_allclose(plain @ taken + moved, scaled @ kernel, atol=2e-3)


def test_vectors_that_are_all_alike_are_not_divided_by_0() -> None:
    vectors = kept(3).take(np.array([1, 1, 1]))
    scaled = Scaling.of(vectors)(vectors[slice(None)])
    assert np.isfinite(scaled).all()


def test_a_layer_for_plain_vectors_answers_alike() -> None:
    vectors = kept(20)
    plain = vectors[slice(None)]
    scaling = Scaling.of(vectors)
    kernel = RNG.normal(0, 0.1, (CHANNELS, 7)).astype(np.float32)
    bias = RNG.normal(size=7).astype(np.float32)
    expected = scaling(plain) @ kernel + bias
    taken, moved = scaling.into(kernel, bias)
    assert taken.dtype == moved.dtype == np.float32
    np.testing.assert_allclose(plain @ taken + moved, expected, atol=2e-3)


def learner_for(weights: str, tmp_path: Path) -> tuple[HeadTraining, np.ndarray]:
    """A head over a made-up backbone whose vectors are large and much alike."""
    count = 24
    truth = np.arange(count) % 2
    films = RNG.integers(0, 256, (count, 32, 32), dtype=np.uint8)
    split = np.array(["train"] * 16 + ["validation"] * 8)
    ids = np.array([f"{number:064d}" for number in range(count)])
    data = TrainingData(("covid", "healthy"), films, ids, split, truth)
    base = RNG.normal(70, 30, CHANNELS)
    made = base + RNG.normal(0, 5, (count, CHANNELS)) + 4 * truth[:, None]
    seen = iter(range(0, count, 8))

    def extract(batch: np.ndarray) -> np.ndarray:
        start = next(seen)
        return made[start : start + len(batch)].astype(np.float32)

    spec = RunSpec.build(
        dataset="made up", model="vgg16", weights=weights, epochs=1, augment=None, batch_size=8
    )
    head = build_head(get_network("vgg16"), classes=2, dropout=0.3, seed=0)
    quiet: Any = SimpleNamespace(stage=lambda *_, **__: None, update=lambda *_, **__: None)
    plan = Plan(spec, data, "rescale", weigh_classes=False)
    return HeadTraining(head, extract, plan, "made up", tmp_path, quiet), made.astype(np.float32)


def test_only_vectors_of_random_networks_are_scaled(tmp_path: Path) -> None:
    learner, made = learner_for("random", tmp_path / "random")
    assert np.abs(learner.training.inputs(np.arange(16)).mean(axis=0)).max() < 1e-3
    file = tmp_path / "weights.h5"
    file.write_bytes(b"")
    learner, made = learner_for(str(file), tmp_path / "file")
    np.testing.assert_array_equal(learner.training.inputs(np.arange(16)), made[:16])
    learner.fuse_scaling()
    np.testing.assert_array_equal(learner.training.inputs(np.arange(16)), made[:16])


def test_after_training_the_head_takes_what_the_backbone_gives(tmp_path: Path) -> None:
    learner, made = learner_for("random", tmp_path)
    learner.model.compile(
        keras.optimizers.Nadam(1e-2), keras.losses.CategoricalCrossentropy(from_logits=True)
    )
    given = learner.fit_arguments(0)
    learner.model.fit(
        **given.keywords, epochs=20, shuffle=False, callbacks=given.callbacks, verbose=0
    )
    scaled = learner.training.inputs(np.arange(16))
    expected = keras.ops.convert_to_numpy(learner.model(scaled, training=False))
    learner.fuse_scaling()
    quiet: Any = SimpleNamespace(stage=lambda *_, **__: None, update=lambda *_, **__: None)
    logits = learner.logits(quiet)
    direct = keras.ops.convert_to_numpy(learner.model(made, training=False))
    np.testing.assert_allclose(logits, direct, atol=1e-5)
    np.testing.assert_allclose(logits[:16], expected, atol=1e-2)
    truth = np.arange(16) % 2
    assert (logits[:16].argmax(axis=1) == truth).all(), "it learnt what it could not unscaled"
