"""EfficientNet-Lite, built by keras.applications' own EfficientNet [K].

Lite is EfficientNet without squeeze-and-excitation, with ReLU6 instead of swish, and with a
stem, a last convolution, a first and a last block that do not grow with the rest (Liu,
“Higher accuracy on vision models with EfficientNet-Lite”, TensorFlow blog, March 2020; the
numbers are those of tensorflow/tpu, ``efficientnet/lite/efficientnet_lite_builder.py``). So the
blocks are scaled here, and Keras is told to scale nothing.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import keras
import numpy as np
from keras.src.applications.efficientnet import EfficientNet


class Scale(NamedTuple):
    """How much wider (channels) and deeper (layers a block) than Lite0."""

    width: float
    depth: float


class _Stage(NamedTuple):
    kernel: int
    repeats: int
    channels_in: int
    channels_out: int
    expand: int
    stride: int


SCALES = {
    "efficientnetlite0": Scale(1.0, 1.0),
    "efficientnetlite1": Scale(1.0, 1.1),
    "efficientnetlite2": Scale(1.1, 1.2),
}

# Table 1 of the EfficientNet paper (arXiv:1905.11946), stages 2 to 8.
_STAGES = (
    _Stage(3, 1, 32, 16, 1, 1),
    _Stage(3, 2, 16, 24, 6, 2),
    _Stage(5, 2, 24, 40, 6, 2),
    _Stage(3, 3, 40, 80, 6, 2),
    _Stage(5, 3, 80, 112, 6, 1),
    _Stage(5, 4, 112, 192, 6, 2),
    _Stage(3, 1, 192, 320, 6, 1),
)
_DIVISOR = 8  # channels are a multiple of it
# Grey levels 0 to 255 become (x - 127) / 128; Keras's graph divides by 255 before.
_MEAN, _DEVIATION = 127 / 255, 128 / 255


def build_lite(*, name: str, **settings: Any) -> keras.Model:
    """Grey levels 0 to 255, float32 (S, S, 3) → feature map (h, w, 1280), weights as Keras draws.

    ``name``: a key of SCALES; ``settings``: as Keras's EfficientNet takes them. With
    ``include_top`` probabilities of ImageNet's 1,000 classes.
    """
    model = EfficientNet(
        width_coefficient=1,
        depth_coefficient=1,
        default_size=224,
        depth_divisor=_DIVISOR,
        activation="relu6",
        blocks_args=_blocks(SCALES[name]),
        name=name,
        **settings,
    )
    _set_normalisation(model)
    return model


def _set_normalisation(model: keras.Model) -> None:
    """Make the graph's own normalisation Lite's, for each of three channels."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.adapt_mean.assign(np.full(3, _MEAN, np.float32))
            layer.adapt_variance.assign(np.full(3, _DEVIATION**2, np.float32))
            layer.finalize_state()  # the layer computes with copies of its weights


def _blocks(scale: Scale) -> list[dict[str, int | bool]]:
    found = []
    for index, stage in enumerate(_STAGES):
        fixed = index in (0, len(_STAGES) - 1)
        found.append(
            {
                "kernel_size": stage.kernel,
                "repeats": stage.repeats if fixed else math.ceil(stage.repeats * scale.depth),
                # The stem before the first block keeps its 32 channels.
                "filters_in": stage.channels_in if not index else _wide(stage.channels_in, scale),
                "filters_out": _wide(stage.channels_out, scale),
                "expand_ratio": stage.expand,
                "id_skip": True,
                "strides": stage.stride,
                "se_ratio": 0,
            }
        )
    return found


def _wide(channels: int, scale: Scale) -> int:
    """Channels of a wider network: a multiple of eight, never a tenth less than asked for."""
    wanted = channels * scale.width
    rounded = max(_DIVISOR, int(wanted + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * wanted else rounded
