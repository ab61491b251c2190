"""Folding where the real networks do not go: what may not be folded must stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from core.models.bn_fusion import fuse_batch_norm

RNG = np.random.default_rng(0)
FILMS = RNG.normal(size=(2, 8, 8, 3)).astype(np.float32)


def norms_of(model: keras.Model) -> int:
    return sum(isinstance(layer, layers.BatchNormalization) for layer in model.layers)


def disturbed(model: keras.Model) -> keras.Model:
    """With weights that no initialiser gives."""
    for layer in model.layers:
        layer.set_weights([RNG.uniform(0.5, 1.5, one.shape) for one in layer.get_weights()])
    return model


def answers(model: keras.Model) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(model(FILMS, training=False)))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(
    "convolution",
    [
        lambda bias: layers.Conv2D(4, 3, strides=2, use_bias=bias),
        lambda bias: layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=bias),
        lambda bias: layers.SeparableConv2D(4, 3, depth_multiplier=2, use_bias=bias),
    ],
    ids=["convolution", "depthwise", "separable"],
)
def test_each_kind_with_and_without_each_part(
    convolution: Callable[[bool], Any], bias: bool, scale: bool, center: bool
) -> None:
    film = keras.Input((8, 8, 3))
    x = convolution(bias)(film)
    x = layers.BatchNormalization(scale=scale, center=center)(x)
    model = disturbed(keras.Model(film, layers.ReLU()(x)))
    lighter = fuse_batch_norm(model)
    assert (norms_of(model), norms_of(lighter)) == (1, 0)
    np.testing.assert_allclose(answers(lighter), answers(model), rtol=1e-4, atol=1e-4)


def test_what_something_else_reads_too_stays() -> None:
    film = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3)(film)
    model = disturbed(keras.Model(film, layers.Add()([x, layers.BatchNormalization()(x)])))
    assert fuse_batch_norm(model) is model


def test_an_activation_in_between_stays() -> None:
    film = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="relu")(film)
    model = disturbed(keras.Model(film, layers.BatchNormalization()(x)))
    assert fuse_batch_norm(model) is model


def test_the_model_given_is_left_as_it_was() -> None:
    film = keras.Input((8, 8, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, use_bias=False)(film))
    model = disturbed(keras.Model(film, x))
    before, weights = answers(model), model.get_weights()
    fuse_batch_norm(model)
    assert (answers(model) == before).all()
    assert all((a == b).all() for a, b in zip(weights, model.get_weights(), strict=True))
