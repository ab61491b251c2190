"""Grad-CAM of a Keras model [K]: one forward pass and one short backward pass.

The model is cut at its last feature map. Only the part after the cut, the head, is
differentiated, so an explanation costs hardly more than a prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from core.explain.cam import grad_cam
from core.models.build import last_feature_layer

BEST = -1  # in place of a class index: each film's own most probable class

# (films, class index) → logits, feature maps, gradients of the chosen logits
Explainer = Callable[[np.ndarray, int], tuple[Any, Any, Any]]


class CamModel:
    """A model that says where it looked. Keep one a model: the graph is compiled once."""

    def __init__(self, model: keras.Model, layer: str | None = None) -> None:
        """``layer``: the feature map to explain at, by default the last one. An earlier map
        has more places, each of which sees less of the film."""
        feature_map = model.get_layer(layer or last_feature_layer(model)).output
        body = keras.Model(model.input, feature_map)
        head = keras.Model(feature_map, model.output)
        self._explain = _explainer(body, head)

    def explain(
        self, x: np.ndarray, class_index: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Preprocessed films float32 (n, H, W, 3) → logits (n, k), heats (n, h, w).

        Heats are float32 in [0, 1], at the size of the feature map, for ``class_index``,
        or for each film's most probable class when None.
        """
        logits, features, gradients = (
            np.asarray(keras.ops.convert_to_numpy(value), dtype=np.float32)
            for value in self._explain(
                np.ascontiguousarray(x, dtype=np.float32),
                BEST if class_index is None else class_index,
            )
        )
        heats = [grad_cam(*pair) for pair in zip(features, gradients, strict=True)]
        return logits, np.stack(heats)


def _score(logits: Any, class_index: Any) -> Any:
    """Sum over films of the chosen class's logit. Films do not influence each other (all
    layers are in inference mode), so its gradient is each film's own."""
    chosen = keras.ops.where(class_index < 0, keras.ops.argmax(logits, axis=-1), class_index)
    return keras.ops.sum(logits * keras.ops.one_hot(chosen, logits.shape[-1], dtype=logits.dtype))


def _explainer(body: keras.Model, head: keras.Model) -> Explainer:
    """The one function that asks which backend it is: Keras has no gradient of its own."""
    return {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[keras.backend.backend()](
        body, head
    )


def _tensorflow(body: keras.Model, head: keras.Model) -> Explainer:
    import tensorflow as tf

    # Any number of films fits the signature, so TensorFlow traces the model only once. There is
    # no Python “if” to translate, and the translator leaves files in the system's temporary
    # folder when a process is ended.
    @tf.function(
        input_signature=(
            tf.TensorSpec((None, *body.input.shape[1:]), tf.float32),
            tf.TensorSpec((), tf.int64),
        ),
        autograph=False,
    )
    def explain(x: Any, class_index: Any) -> tuple[Any, Any, Any]:
        features = body(x, training=False)
        with tf.GradientTape() as tape:
            tape.watch(features)
            logits = head(features, training=False)
            score = _score(logits, class_index)
        return logits, features, tape.gradient(score, features)

    return lambda x, class_index: explain(tf.constant(x), tf.constant(class_index, tf.int64))


def _torch(body: keras.Model, head: keras.Model) -> Explainer:
    import torch

    def explain(x: np.ndarray, class_index: int) -> tuple[Any, Any, Any]:
        with torch.no_grad():
            features = body(x, training=False)
        features = features.detach().requires_grad_(True)
        with torch.enable_grad():
            logits = head(features, training=False)
            score = _score(logits, keras.ops.convert_to_tensor(class_index, dtype="int64"))
        (gradients,) = torch.autograd.grad(score, features)
        return logits.detach(), features.detach(), gradients

    return explain


def _jax(body: keras.Model, head: keras.Model) -> Explainer:
    import jax

    def run(part: keras.Model, state: Any, x: Any) -> Any:
        return part.stateless_call(*state, x, training=False)[0]

    def state_of(part: keras.Model) -> Any:
        return [
            [variable.value for variable in variables]
            for variables in (part.trainable_variables, part.non_trainable_variables)
        ]

    def score(features: Any, head_state: Any, class_index: Any) -> Any:
        logits = run(head, head_state, features)
        return _score(logits, class_index), logits

    # The weights go in as arguments: as constants they would be compiled into the program.
    @jax.jit
    def explain(states: Any, x: Any, class_index: Any) -> tuple[Any, Any, Any]:
        features = run(body, states[0], x)
        gradients, logits = jax.grad(score, has_aux=True)(features, states[1], class_index)
        return logits, features, gradients

    states = [state_of(body), state_of(head)]
    return lambda x, class_index: explain(states, x, class_index)
