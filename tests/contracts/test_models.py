"""What every architecture of the registry must do. A new row is tested by being there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import keras
import numpy as np
import pytest

from core.datasets.phantom import draw
from core.errors import InputError
from core.explain.keras_cam import CamModel
from core.models.block_layers import layers_of_blocks
from core.models.bn_fusion import fuse_batch_norm
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
from core.models.graph import parents
from core.models.network import HEAD_UNITS, STUDY_SIZE, Network
from core.models.preprocess import KINDS, preprocess
from core.models.registry import NETWORKS, get_network

SEED = 5
# These do everything that a run does, on films that are small for speed but large enough that
# a feature map has more than one place. The rest is built once and looked at.
SIZES = {
    "cnn": 32,
    "vgg16": 64,
    "nasnetlarge": 96,
    "inceptionresnetv2": 139,
    "densenet121": 64,
    "efficientnetlite0": 64,
    "efficientnetb0": 64,
    "resnet50": 64,
}
OTHERS = [name for name in NETWORKS if name not in SIZES]
# Each has a smaller sister here, which sends films through the same kind of layers.
TOO_LARGE_TO_RUN = {"resnet152", "resnet152v2", "densenet201", "efficientnetb6", "efficientnetb7"}
LARGE = 17_000_000  # parameters, from which on a network is built in make test-large only
# What a network computes on a small film, as a multiple of its share by pixels.
ROUNDED = (0.6, 1.25)
# What stored runs with random weights were trained on; must never change.
DRAWN = {
    "vgg16": "9031b9e2a2e2f395",
    "nasnetlarge": "6602a57f8f001ceb",
    "inceptionresnetv2": "0c59d4736604ae85",
}


@dataclass
class Built:
    spec: Network
    size: int
    model: keras.Model
    films: np.ndarray  # preprocessed, float32 (3, S, S, 3)

    @cached_property
    def whole(self) -> np.ndarray:
        """Logits of the films, all of the graph at once."""
        return np.asarray(keras.ops.convert_to_numpy(self.model(self.films, training=False)))


@pytest.fixture(scope="module", params=list(SIZES))
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    spec = get_network(request.param)
    size = SIZES[spec.name]
    model = build_model(spec, image_size=size, classes=2, dropout=0.3, weights="random", seed=SEED)
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
    check_counts(built.model, built.size)


def multiply_adds(model: keras.Model) -> int:
    """What one film takes: each weight of a convolution is used at each place of its map."""
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Dense):
            total += sizes_of([layer.kernel])
        elif isinstance(layer, keras.layers.SeparableConv2D):
            kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
            total += layer.output.shape[1] * layer.output.shape[2] * sizes_of(kernels)
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            total += layer.output.shape[1] * layer.output.shape[2] * sizes_of([layer.kernel])
    return total


def check_counts(model: keras.Model, size: int) -> None:
    """For two classes as built, and for any other number by the head's arithmetic."""
    spec = get_network(model.name)
    # On films so small, some networks cut off more of the edges than on those of 224 pixels.
    share = multiply_adds(model) / (1e9 * spec.multiply_adds * (size / STUDY_SIZE) ** 2)
    assert ROUNDED[0] < share < ROUNDED[1], share
    counts = spec.counts(size, 2)
    assert model.count_params() == counts.total
    assert sizes_of(model.trainable_variables) == counts.trainable
    four = spec.counts(size, 4)
    assert four.total - counts.total == four.trainable - counts.trainable == 2 * (HEAD_UNITS + 1)
    if is_frozen(model):  # does not depend on the size of the films
        assert counts.total == spec.counts().total
        assert counts.trainable == spec.counts().trainable
        assert four == spec.counts(224, 4)


@pytest.mark.parametrize("name", ["cnn", "vgg16"])
def test_counts_hold_at_the_study_size_with_four_classes(name: str) -> None:
    model = build_model(
        get_network(name), image_size=224, classes=4, dropout=0.5, weights=None, seed=SEED
    )
    counts = get_network(name).counts(224, 4)
    assert model.count_params() == counts.total
    assert sizes_of(model.trainable_variables) == counts.trainable
    assert model.input.shape == (None, 224, 224, 3)
    assert model.output.shape == (None, 4)
    if name in DRAWN:  # the same at every size
        assert backbone_hash(model).startswith(DRAWN[name])


def test_random_weights_are_those_of_stored_runs(built: Built) -> None:
    if built.spec.name in DRAWN:
        assert backbone_hash(built.model).startswith(DRAWN[built.spec.name])
    else:
        assert bool(backbone_hash(built.model)) == is_frozen(built.model)


def test_the_graph_is_flat_and_ends_in_logits(built: Built) -> None:
    check_graph(built.model)


def check_graph(model: keras.Model) -> None:
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    assert model.layers[-1].name == "logits"
    assert model.layers[-1].activation is keras.activations.linear
    features = model.get_layer(last_feature_layer(model)).output
    assert features.shape[-1] == get_network(model.name).feature_channels


def test_random_vectors_are_of_a_useful_size(built: Built) -> None:
    if is_frozen(built.model):
        check_vectors(built.model, built.size)


def check_vectors(model: keras.Model, size: int) -> None:
    """Neither vanished nor exploded, and different from film to film."""
    films = np.stack([draw(n, covid_like=n > 0, size=size).pixels for n in range(3)])
    x = preprocess(films, get_network(model.name).preprocessing)
    vectors = keras.ops.convert_to_numpy(feature_model(model)(x, training=False))
    scale = abs(vectors).mean()
    assert np.isfinite(vectors).all()
    assert 1e-3 < scale < 1e3
    assert vectors.std(axis=0).mean() > 1e-4 * scale


def test_blocks_are_cut_cleanly(built: Built) -> None:
    check_blocks(built.model)


def check_blocks(model: keras.Model) -> None:
    """More blocks hold more, and nothing frozen reads from what is unfrozen."""
    there = get_network(model.name).blocks
    titles = [block.title for block in there]
    assert len(set(titles)) == len(titles)
    if not is_frozen(model):
        assert not titles
        return
    assert len(titles) >= 3
    backbone = model.layers[: model.layers.index(model.get_layer("pool"))]
    fewer = layers_of_blocks(model, [])
    assert fewer == []
    for count in range(1, len(titles) + 1):
        layers = layers_of_blocks(model, there[:count])
        assert set(fewer) < set(layers) <= set(backbone)
        gained = set(layers) - set(fewer)
        assert sizes_of([weight for layer in gained for weight in layer.weights]) > 0
        frozen = set(backbone) - set(layers)
        assert all(set(parents(layer)) <= frozen for layer in frozen)
        assert backbone[-1] in layers
        fewer = layers
    assert len(fewer) < len(backbone)  # the film and what stands before the first block
    with pytest.raises(InputError, match="blocks that can be fine-tuned"):
        get_network(model.name).last_blocks(len(titles) + 1)


@pytest.mark.parametrize(
    "name",
    [
        name
        if get_network(name).counts().total < LARGE
        else pytest.param(name, marks=pytest.mark.large)
        for name in OTHERS
    ],
)
def test_every_other_network_is_what_its_row_says(name: str) -> None:
    spec = get_network(name)
    size = spec.min_image_size
    model = build_model(
        get_network(name), image_size=size, classes=2, dropout=0.3, weights="random", seed=0
    )
    check_counts(model, size)
    check_graph(model)
    check_blocks(model)
    assert model.get_layer("pool").output.shape == (None, spec.feature_channels)
    assert spec.preprocessing in KINDS
    if name not in TOO_LARGE_TO_RUN:
        check_vectors(model, size)
    keras.backend.clear_session()


def test_features_and_head_make_the_whole(built: Built) -> None:
    if not is_frozen(built.model):
        assert trained_part(built.model) is built.model
        return
    pooled = feature_model(built.model)(built.films, training=False)
    assert pooled.shape == (3, built.spec.feature_channels)
    parts = keras.ops.convert_to_numpy(head_model(built.model)(pooled, training=False))
    np.testing.assert_allclose(parts, built.whole, atol=1e-4)


def test_folded_normalisation_changes_nothing(built: Built) -> None:
    if is_frozen(built.model):
        check_folding(built.model, built.films)


@pytest.mark.large  # not because a network is, but because there are so many
@pytest.mark.parametrize("name", [name for name in OTHERS if name not in TOO_LARGE_TO_RUN])
def test_normalisation_of_every_other_network_can_be_folded(name: str) -> None:
    size = get_network(name).min_image_size
    model = build_model(
        get_network(name), image_size=size, classes=2, dropout=0.3, weights="random", seed=0
    )
    films = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    check_folding(model, films)
    keras.backend.clear_session()


def check_folding(model: keras.Model, films: np.ndarray) -> None:
    """With stored averages and factors that a training might have left."""
    plain = feature_model(model)
    norms = [one for one in plain.layers if isinstance(one, keras.layers.BatchNormalization)]
    before = [norm.get_weights() for norm in norms]
    rng = np.random.default_rng(1)
    for norm, values in zip(norms, before, strict=True):
        moved = [one * rng.uniform(0.7, 1.4, one.shape) for one in values]
        norm.set_weights([one + 0.1 * (one == 0) * rng.normal(size=one.shape) for one in moved])
    lighter = fuse_batch_norm(plain)
    expected, got = (
        keras.ops.convert_to_numpy(one(films, training=False)) for one in (plain, lighter)
    )
    for norm, values in zip(norms, before, strict=True):
        norm.set_weights(values)
    np.testing.assert_allclose(got, expected, atol=1e-5 * abs(expected).max())
    left = sum(isinstance(one, keras.layers.BatchNormalization) for one in lighter.layers)
    # Where normalisation comes before the convolution, about half of it cannot be folded.
    assert left <= 0.55 * len(norms)
    assert (lighter is plain) == (not norms)


def test_a_heat_map_finds_a_place(built: Built) -> None:
    cam = CamModel(built.model)
    logits, heats = cam.explain(built.films)
    np.testing.assert_allclose(logits, built.whole, atol=1e-4)
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
