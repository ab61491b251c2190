"""Heads without a hidden layer, and heads on the vectors of several blocks."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from core.errors import InputError
from core.explain.heat import added_maps, heat_map
from core.explain.keras_cam import CamModel
from core.models.build import (
    build_head,
    build_model,
    feature_maps,
    feature_model,
    head_model,
    load_head,
    save_head,
)
from core.models.network import STUDY_HEAD, HeadForm
from core.models.registry import NETWORKS, get_network
from core.specs import RunSpec

LITE = ("efficientnetlite0", "efficientnetlite1", "efficientnetlite2")
SIZE = 64
FORM = HeadForm("linear", 4)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return build_model(
        get_network("efficientnetlite0"),
        image_size=SIZE, classes=2, dropout=0.0, weights="random", seed=0, form=FORM,
    )  # fmt: skip


@pytest.fixture(scope="module")
def films() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize("name", LITE[::2])  # the second has the channels of the first
def test_blocks_end_with_as_many_channels_as_the_table_says(name: str) -> None:
    network = get_network(name)
    every = HeadForm(blocks=network.most_vectors)
    assert network.most_vectors == len(network.blocks)
    built = build_model(
        network, image_size=32, classes=3, dropout=0.3, weights="random", seed=0, form=every
    )
    maps = feature_maps(built)
    assert tuple(one.shape[-1] for one in maps) == network.block_channels
    sides = [one.shape[1] for one in maps]
    assert sides == sorted(sides), "the later a block, the fewer places"
    counts = network.counts(32, 3, every)
    assert built.count_params() == counts.total
    assert sum(int(np.prod(one.shape)) for one in built.trainable_weights) == counts.trainable


def test_a_vector_is_the_mean_of_each_map(model: keras.Model, films: np.ndarray) -> None:
    maps = keras.Model(model.input, feature_maps(model))(films, training=False)
    means = np.concatenate([np.asarray(one).mean(axis=(1, 2)) for one in maps], axis=1)
    vectors = np.asarray(feature_model(model)(films, training=False))
    assert vectors.shape == (2, get_network("efficientnetlite0").vector_length(4))
    np.testing.assert_allclose(vectors, means, rtol=1e-4, atol=1e-5)


def test_a_linear_head_is_one_layer_and_travels(model: keras.Model, tmp_path: Path) -> None:
    network = get_network("efficientnetlite0")
    head = build_head(network, classes=2, dropout=0.0, seed=3, form=HeadForm("linear", 4, 0.5))
    assert [one.name for one in head.layers if one.weights] == ["logits"]
    assert head.losses, "it is penalised while it learns"
    assert not head_model(model).losses, "and no longer when fine-tuning goes on with it"
    save_head(model, tmp_path / "head.weights.h5")
    load_head(head, tmp_path / "head.weights.h5")
    vectors = np.random.default_rng(1).normal(size=(3, 1664)).astype(np.float32)
    np.testing.assert_allclose(
        np.asarray(head(vectors, training=False)), np.asarray(head_model(model)(vectors)), atol=1e-6
    )


def test_the_penalty_is_l2_times_the_squares_of_the_kernels() -> None:
    network = get_network("efficientnetlite0")
    for kind in ("linear", "dense"):
        head = build_head(network, classes=2, dropout=0.0, seed=0, form=HeadForm(kind, 1, 0.25))
        kernels = [np.asarray(one) for one in head.trainable_weights if len(one.shape) == 2]
        expected = 0.25 * sum(float((one**2).sum()) for one in kernels)
        assert float(sum(head.losses)) == pytest.approx(expected, rel=1e-5)


def test_the_heat_is_what_each_place_adds_to_the_score(
    model: keras.Model, films: np.ndarray
) -> None:
    """A linear head's logit is its bias and a sum over the places of all maps."""
    cam = CamModel(model)
    maps = [np.asarray(one) for one in cam.features(films)]
    logits, heats = cam.explain(films, 0)
    kernel, bias = (np.asarray(one) for one in model.get_layer("logits").get_weights())
    side = max(one.shape[1] for one in maps)
    assert heats.shape == (2, side, side)
    added, start = np.zeros((2, side, side)), 0
    for one in maps:
        weights = kernel[start : start + one.shape[-1], 0]
        start += one.shape[-1]
        share = one @ weights / (side * side)
        added += share.repeat(side // one.shape[1], axis=1).repeat(side // one.shape[2], axis=2)
    np.testing.assert_allclose(added.sum(axis=(1, 2)) + bias[0], logits[:, 0], rtol=1e-3, atol=1e-4)
    warm = np.maximum(added, 0)
    np.testing.assert_allclose(heats, warm / warm.max(axis=(1, 2), keepdims=True), atol=1e-3)


def test_maps_whose_sides_do_not_fit_are_added_with_the_same_sum() -> None:
    maps = [np.ones((2, 2, 1), np.float32), np.ones((5, 5, 3), np.float32)]
    slopes = [np.full((2, 2, 1), 1 / 4, np.float32), np.full((5, 5, 3), 1 / 25, np.float32)]
    values, gradients = added_maps(maps, slopes)
    assert values.shape == gradients.shape == (5, 5, 4)
    assert float((values * gradients).sum()) == pytest.approx(1 + 3, rel=1e-5)
    assert heat_map(values, gradients).shape == (5, 5)


def test_an_earlier_map_leaves_out_what_comes_after_it(
    model: keras.Model, films: np.ndarray
) -> None:
    _, late = CamModel(model).explain(films, 0)
    _, early = CamModel(model, "block4a_expand_conv").explain(films, 0)
    assert early.shape[1] > late.shape[1]
    assert np.isfinite(early).all()


def test_more_blocks_than_a_network_offers_are_refused() -> None:
    for name, blocks in (("vgg16", 2), ("efficientnetlite0", 8)):
        network = get_network(name)
        with pytest.raises(InputError, match=f"{network.title} can have the vectors of at most"):
            network.vector_length(blocks)
        with pytest.raises(InputError, match="Choose fewer"):
            network.counts(224, 2, HeadForm(blocks=blocks))


def test_a_run_says_the_form_of_its_head() -> None:
    fields = {"dataset": "any", "model": "efficientnetlite0"}
    assert HeadForm.of(RunSpec.build(**fields)) == STUDY_HEAD
    asked = RunSpec.build(**fields, head="linear", vector_blocks=4, l2=0.5)
    assert HeadForm.of(asked) == HeadForm("linear", 4, 0.5)


def test_only_lite_networks_offer_several_vectors_and_the_others_say_so() -> None:
    assert [name for name, one in NETWORKS.items() if one.most_vectors > 1] == sorted(LITE)
