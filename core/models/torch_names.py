"""PyTorch's names of weights → the layers of our graphs [K].

One function a kind of network: it goes through the graph's layers in order and says under
which name PyTorch keeps each layer's arrays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
from keras import layers

# (our layer, PyTorch's name of it without the ending)
Pairs = Iterator[tuple[keras.layers.Layer, str]]


def fill_from_torch(
    model: keras.Model, arrays: Mapping[str, np.ndarray], pairs: Callable[[keras.Model], Pairs]
) -> None:
    """Put PyTorch's arrays into the layers that they belong to.

    Raises ValueError when one is missing or has another shape, or when a layer with weights
    is left as it was (the normalisation of films aside, which is set when a graph is built).
    """
    filled = set()
    for layer, name in pairs(model):
        layer.set_weights(_weights_of(layer, name, arrays))
        filled.add(layer.name)
    for layer in model.layers:
        if (
            layer.weights
            and layer.name not in filled
            and not isinstance(layer, layers.Normalization)
        ):
            raise ValueError(f"no weights for {layer.name}")


def efficientnet_lite(model: keras.Model) -> Pairs:
    """Names of EfficientNet-Lite-PyTorch, whose blocks are numbered through."""
    block, last = -1, ""
    inside = {
        "expand_conv": "_expand_conv", "expand_bn": "_bn0", "dwconv": "_depthwise_conv",
        "bn": "_bn1", "project_conv": "_project_conv", "project_bn": "_bn2",
    }  # fmt: skip
    outside = {
        "stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1",
        "predictions": "_fc",
    }  # fmt: skip
    for layer in model.layers:
        if not layer.weights:
            continue
        if layer.name in outside:
            yield layer, outside[layer.name]
        elif match := re.fullmatch(r"(block\d+[a-z])_(\w+)", layer.name):
            block += match[1] != last
            last = match[1]
            yield layer, f"_blocks.{block}.{inside[match[2]]}"


def densenet(model: keras.Model) -> Pairs:
    """Names of torchvision's DenseNet, which TorchXRayVision's has too."""
    outside = {"conv1_conv": "conv0", "conv1_bn": "norm0", "bn": "norm5"}
    parts = {"0_bn": "norm1", "1_conv": "conv1", "1_bn": "norm2", "2_conv": "conv2"}
    for layer in model.layers:
        if not layer.weights:
            continue
        if layer.name in outside:
            yield layer, f"features.{outside[layer.name]}"
        elif match := re.fullmatch(r"conv(\d)_block(\d+)_(\w+)", layer.name):
            block, number = int(match[1]) - 1, match[2]
            yield layer, f"features.denseblock{block}.denselayer{number}.{parts[match[3]]}"
        elif match := re.fullmatch(r"pool(\d)_(conv|bn)", layer.name):
            kind = "norm" if match[2] == "bn" else "conv"
            yield layer, f"features.transition{int(match[1]) - 1}.{kind}"


def _weights_of(
    layer: keras.layers.Layer, name: str, arrays: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    def array(ending: str) -> np.ndarray:
        try:
            return np.asarray(arrays[f"{name}.{ending}"], np.float32)
        except KeyError:
            raise ValueError(f"no {name}.{ending}") from None

    if isinstance(layer, layers.BatchNormalization):
        return [array(one) for one in ("weight", "bias", "running_mean", "running_var")]
    kernel = array("weight")
    if isinstance(layer, layers.Dense):
        kernel = kernel.T
    elif isinstance(layer, layers.DepthwiseConv2D):
        kernel = kernel.transpose(2, 3, 0, 1)  # (channels, 1, h, w) → (h, w, channels, 1)
    else:
        kernel = _for_channels(
            kernel.transpose(2, 3, 1, 0), layer
        )  # (out, in, h, w) → (h, w, in, out)
    return [kernel, array("bias")] if layer.use_bias else [kernel]


def _for_channels(kernel: np.ndarray, layer: keras.layers.Layer) -> np.ndarray:
    """A kernel for one grey channel, spread over three equal ones: the sum stays the same."""
    channels = layer.kernel.shape[2]
    return np.repeat(kernel / channels, channels, axis=2) if kernel.shape[2] == 1 else kernel
