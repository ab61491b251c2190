"""Random weights for a backbone, the same on every machine [K]."""

from __future__ import annotations

import keras
import numpy as np

from core.models.graph import ancestors, parents

_HE, _LECUN = 6, 3  # 3 × the variance times the inputs: a uniform distribution's limit, squared
_BEFORE_SWISH, _INSIDE_GATE, _BEHIND_GATE = 1.2, 0.01, 4


def draw_weights(backbone: keras.Model, seed: int) -> None:
    """Fill every kernel afresh with a uniform distribution, drawn by numpy.

    A random backbone is not stored, so it must come out bit for bit the same on a CPU, a
    GPU and each Keras backend; their own generators differ. Batch normalisation does nothing
    before training, so the kernels alone decide how large the pooled vectors become; the head
    learns when they are somewhere near 1. Measured on phantom films at 96 pixels:

    - He's variance (He et al. 2015, arXiv:1502.01852) keeps values alive through many layers
      of ReLU; with Keras's default, Glorot, VGG16's vectors come out at 0.0006.
    - Networks of separable convolutions have two kernels to a ReLU and add up many branches:
      they get LeCun's, half of that. With He's, NASNetLarge's channels came out so large that
      the head's ReLUs died in the second epoch.
    - A residual block adds its branch to what came in, so untrained blocks double the variance
      one after another: ResNet152's vectors came out at 10,000,000,000. The last kernel of
      each of N such branches gets 1/N of the variance (Taki 2017, arXiv:1709.02956), so that
      all of them together add about as much as there was; of two kernels that meet in a
      sum, each gets half. A network that scales its own branches (InceptionResNetV2) has no
      plain sums and keeps He's.
    - EfficientNetB0's vectors came out at 0.0000000000002. Its gates of squeeze and excitation
      start half open, so the kernel behind one gets four times the variance, and the one
      inside a hundredth, or the gate would amplify whatever opens it. Swish passes from a
      quarter (small values) to half (large ones) of what comes in; ReLU always half. So the
      kernel before it gets a fifth more: with none, B0 to B5 give vectors from 0.002 to 4,
      with √2 up to 600, with this 0.01 to 72 (two seeds each; VGG16's are at 68).

    Vectors and scalars (biases, batch normalisation, the mean and variance by which
    EfficientNet normalises films) keep their constant start.
    """
    generator = np.random.default_rng(seed)
    separable = any(isinstance(one, keras.layers.SeparableConv2D) for one in backbone.layers)
    factors = {} if separable else _factors(backbone)
    layers = {id(variable): layer for layer in backbone.layers for variable in layer.weights}
    for variable in backbone.weights:
        shape = tuple(variable.shape)
        if len(shape) < 2:
            continue
        layer = layers[id(variable)]
        inputs = int(np.prod(shape[:2] if _is_depthwise(layer, variable) else shape[:-1]))
        gain = (_LECUN if separable else _HE) * factors.get(layer.name, 1)
        limit = np.float32(np.sqrt(gain / inputs))
        unit = generator.random(shape, dtype=np.float32)
        variable.assign((unit * np.float32(2) - np.float32(1)) * limit)


def _is_depthwise(layer: keras.layers.Layer, variable: keras.Variable) -> bool:
    """Whether the kernel, (height, width, channels, 1), sees one channel at a time."""
    return isinstance(layer, keras.layers.DepthwiseConv2D) or "depthwise" in variable.path


def _factors(backbone: keras.Model) -> dict[str, float]:
    """By layer name: the factors on a kernel's variance that sums and gates ask for."""
    factors: dict[str, float] = {}
    ends: list[str] = []
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.Add):
            one, other = parents(layer)
            above_one, above_other = ancestors(one), ancestors(other)
            if one in above_other or other in above_one:
                ends.append(_last_kernel(other if one in above_other else one))
            else:
                for branch in (one, other):
                    factors[_last_kernel(branch)] = 1 / 2
    for end in ends:
        factors[end] = 1 / len(ends)
    for layer in backbone.layers:
        if getattr(layer, "activation", None) is keras.activations.silu and not layer.weights:
            factors[_last_kernel(layer)] = _BEFORE_SWISH
        if isinstance(layer, keras.layers.Multiply):
            for gate in parents(layer):
                if getattr(gate, "activation", None) is keras.activations.sigmoid:
                    factors[gate.name] = _INSIDE_GATE
        elif layer.weights and any(isinstance(up, keras.layers.Multiply) for up in parents(layer)):
            factors[layer.name] = factors.get(layer.name, 1) * _BEHIND_GATE
    return factors


def _last_kernel(layer: keras.layers.Layer) -> str:
    """Name of the layer with a kernel that ``layer``, itself included, follows first."""
    while not any(len(variable.shape) > 1 for variable in layer.weights):
        layer = parents(layer)[0]
    return str(layer.name)
