"""What every architecture of the registry must do. A new row is tested by being there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from core.explain.keras_cam import CamModel
from core.models.build import (
    backbone_hash,
    build_model,
    feature_model,
    head_model,
    is_frozen,
    last_feature_layer,
    load_head,
    save_head,
    trained_part,
)
from core.models.registry import MODELS, ModelSpec, get_model, parameter_counts

SEED = 5
# Small films for speed; large enough that a feature map has more than one place.
SIZES = {"cnn": 32, "vgg16": 64, "nasnetlarge": 96, "inceptionresnetv2": 139}


@dataclass
class Built:
    spec: ModelSpec
    size: int
    model: keras.Model
    films: np.ndarray  # preprocessed, float32 (3, S, S, 3)


@pytest.fixture(scope="module", params=list(MODELS))
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    spec = get_model(request.param)
    size = SIZES.get(spec.name, max(96, spec.min_image_size))
    model = build_model(
        spec.name, image_size=size, classes=2, dropout=0.3, weights="random", seed=SEED
    )
    # Without training, both logits may be negative everywhere, and then no place speaks for
    # either class. With opposite weights one of them is positive.
    kernel = model.get_layer("logits").kernel
    kernel.assign(kernel * np.array([1, 0]) + kernel[:, :1] * np.array([0, -1]))
    films = np.random.default_rng(0).normal(size=(3, size, size, 3)).astype(np.float32)
    yield Built(spec, size, model, films)
    keras.backend.clear_session()


def sizes_of(variables: list[keras.Variable]) -> int:
    return sum(int(np.prod(variable.shape)) for variable in variables)


def copies(variables: list[keras.Variable]) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in variables]


def test_counts_are_exact(built: Built) -> None:
    counts = parameter_counts(built.spec.name, built.size, 2)
    assert built.model.count_params() == counts.total
    assert sizes_of(built.model.trainable_variables) == counts.trainable
    if is_frozen(built.model):  # does not depend on the size of the films
        assert counts.total == built.spec.total_params
        assert counts.trainable == built.spec.trainable_params


def test_counts_hold_at_the_study_size_with_four_classes(built: Built) -> None:
    """The same seed gives the same random backbone, whatever stands around it."""
    model = build_model(
        built.spec.name, image_size=224, classes=4, dropout=0.5, weights=None, seed=SEED
    )
    counts = parameter_counts(built.spec.name, 224, 4)
    assert model.count_params() == counts.total
    assert sizes_of(model.trainable_variables) == counts.trainable
    assert model.input.shape == (None, 224, 224, 3)
    assert model.output.shape == (None, 4)
    assert backbone_hash(model) == backbone_hash(built.model)


def test_the_graph_is_flat_and_ends_in_logits(built: Built) -> None:
    assert not any(isinstance(layer, keras.Model) for layer in built.model.layers)
    assert built.model.layers[-1].name == "logits"
    assert built.model.layers[-1].activation is keras.activations.linear
    features = built.model.get_layer(last_feature_layer(built.model)).output
    assert features.shape[-1] == built.spec.feature_channels


def test_features_and_head_make_the_whole(built: Built) -> None:
    if not is_frozen(built.model):
        assert trained_part(built.model) is built.model
        return
    whole = keras.ops.convert_to_numpy(built.model(built.films, training=False))
    pooled = feature_model(built.model)(built.films, training=False)
    assert pooled.shape == (3, built.spec.feature_channels)
    parts = keras.ops.convert_to_numpy(head_model(built.model)(pooled, training=False))
    np.testing.assert_allclose(parts, whole, atol=1e-4)


def test_grad_cam_finds_a_place(built: Built) -> None:
    cam = CamModel(built.model)
    logits, heats = cam.explain(built.films)
    whole = keras.ops.convert_to_numpy(built.model(built.films, training=False))
    np.testing.assert_allclose(logits, whole, atol=1e-4)
    features = built.model.get_layer(last_feature_layer(built.model)).output
    both = np.stack([heats, cam.explain(built.films, 0)[1], cam.explain(built.films, 1)[1]])
    assert heats.shape == (3, *features.shape[1:3])
    assert both.dtype == np.float32
    assert np.isfinite(both).all()
    assert both.min() >= 0
    assert both.max() == 1
    assert both.std(axis=(-2, -1)).max() > 0.01


def test_one_step_changes_only_what_is_trainable(built: Built) -> None:
    before = backbone_hash(built.model)
    trainable = copies(built.model.trainable_variables)
    built.model.compile(
        optimizer=keras.optimizers.Nadam(0.01),
        run_eagerly=True,  # compiling takes a minute for a large backbone, one step seconds
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    built.model.train_on_batch(built.films[:2], np.array([0, 1]))
    after = copies(built.model.trainable_variables)
    # The Dense layer may have dead units, so each array must change, not each number.
    assert all((old != new).any() for old, new in zip(trainable, after, strict=True))
    assert backbone_hash(built.model) == before
    assert bool(before) == is_frozen(built.model)


def test_what_was_learnt_comes_back(built: Built, tmp_path: Path) -> None:
    file = tmp_path / "head.weights.h5"
    learnt = copies(trained_part(built.model).weights)
    before = backbone_hash(built.model)
    save_head(built.model, file)
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    for variable in built.model.trainable_variables:
        variable.assign(variable + 1.0)
    load_head(built.model, file)
    back = copies(trained_part(built.model).weights)
    assert all((old == new).all() for old, new in zip(learnt, back, strict=True))
    assert backbone_hash(built.model) == before
