"""Batch normalisation of a frozen network, worked into the convolutions before it [K].

In a network that does not learn, batch normalisation multiplies each channel by one number
and adds another. A convolution can do both with its own weights, so that about a quarter of
the arithmetic, and half of what a backend has to trace, is left out.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from core.models.graph import readers

_CONVOLUTIONS = (layers.Conv2D, layers.DepthwiseConv2D, layers.SeparableConv2D)


def fuse_batch_norm(model: keras.Model) -> keras.Model:
    """The same function of a film, with layers and weights of its own.

    ``model``: a flat functional graph in inference mode, whose policy is float32. Only where
    nothing else reads a convolution is the normalisation behind it folded; any other stays.
    The model itself comes back when there is nothing to fold.
    """
    norms = _norms_behind(model)
    if not norms:
        return model
    gone = {norm.name for norm in norms.values()}

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if layer.name in norms:
            config["use_bias"] = True
        # All weights are put in below; drawing millions of numbers first takes seconds.
        config |= {key: "zeros" for key in config if key.endswith("_initializer")}
        return type(layer).from_config(config)

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        return args[0] if layer.name in gone else layer(*args, **kwargs)

    lighter = keras.models.clone_model(model, clone_function=clone, call_function=call)
    for layer in lighter.layers:
        if not layer.weights:
            continue
        original = model.get_layer(layer.name)
        if layer.name in norms:
            layer.set_weights(_with_norm(original, norms[layer.name]))
        else:
            layer.set_weights(original.get_weights())
        if isinstance(layer, layers.Normalization):
            layer.finalize_state()  # the layer computes with copies of its weights
    return lighter


def _norms_behind(model: keras.Model) -> dict[str, layers.BatchNormalization]:
    """By the name of the convolution: the normalisation that alone reads its output."""
    found = {}
    reading = readers(model)
    for layer in model.layers:
        behind = reading[layer.name]
        if (
            type(layer) in _CONVOLUTIONS
            and layer.activation is keras.activations.linear
            and len(behind) == 1
            and type(behind[0]) is layers.BatchNormalization
        ):
            found[layer.name] = behind[0]
    return found


def _with_norm(
    convolution: keras.layers.Layer, norm: layers.BatchNormalization
) -> list[np.ndarray]:
    """The convolution's weights, its bias last, with the normalisation in them."""
    mean, variance = (_values(one) for one in (norm.moving_mean, norm.moving_variance))
    scale = 1 / np.sqrt(variance + norm.epsilon)
    if norm.scale:
        scale = scale * _values(norm.gamma)
    shift = -mean * scale
    if norm.center:
        shift = shift + _values(norm.beta)
    weights = [value.astype(np.float64) for value in convolution.get_weights()]
    if convolution.use_bias:
        shift = shift + weights.pop() * scale
    # A depthwise kernel (h, w, channels, multiplier) gives channels × multiplier.
    is_depthwise = isinstance(convolution, layers.DepthwiseConv2D)
    weights[-1] = weights[-1] * (scale.reshape(weights[-1].shape[2:]) if is_depthwise else scale)
    return [*weights, shift]


def _values(variable: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(variable), dtype=np.float64)
