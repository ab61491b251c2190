"""Grad-CAM of a Keras model [K]: one forward pass and one short backward pass.

The model is cut at its last feature map. Only the part after the cut, the head, is
differentiated, so an explanation costs hardly more than a prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from core.explain.cam import grad_cam, why_blank
from core.models.build import last_feature_layer

BEST = -1  # in place of a class index: each film's own most probable class

# films → feature maps
Body = Callable[[np.ndarray], Any]
# (feature maps, a class index a film) → logits, gradients of the chosen logits
Head = Callable[[Any, np.ndarray], tuple[Any, Any]]


@dataclass(frozen=True)
class Heats:
    """Of n films: ``logits`` (n, k), ``heats`` float32 (n, h, w) in [0, 1], and ``why_blank``,
    for each film why its heat has no warm place (empty where it has one)."""

    logits: np.ndarray
    heats: np.ndarray
    why_blank: tuple[str, ...]


class CamModel:
    """A model that says where it looked. Keep one a model: the graph is compiled once."""

    def __init__(self, model: keras.Model, layer: str | None = None) -> None:
        """``layer``: the feature map to explain at, by default the last one. An earlier map
        has more places, each of which sees less of the film."""
        feature_map = model.get_layer(layer or last_feature_layer(model)).output
        body = keras.Model(model.input, feature_map)
        head = keras.Model(feature_map, model.output)
        self._body, self._head = _parts(body, head)

    def explain(
        self, x: np.ndarray, class_index: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Preprocessed films float32 (n, H, W, 3) → logits (n, k), heats (n, h, w).

        Heats are float32 in [0, 1], at the size of the feature map, for ``class_index``,
        or for each film's most probable class when None.
        """
        chosen = np.full(len(x), BEST if class_index is None else class_index)
        found = self.heats(self.features(x), chosen)
        return found.logits, found.heats

    def features(self, x: np.ndarray) -> Any:
        """The feature maps of preprocessed films float32 (n, H, W, 3): the long part of the work,
        after which ``heats`` costs little, for one class or several."""
        return self._body(np.ascontiguousarray(x, dtype=np.float32))

    def heats(self, features: Any, chosen: np.ndarray) -> Heats:
        """What ``features`` returned, explained for the class ``chosen`` (int (n,)) of each
        film; ``BEST`` for its most probable one."""
        logits, gradients = self._head(features, np.asarray(chosen, dtype=np.int64))
        logits, features, gradients = (
            np.asarray(keras.ops.convert_to_numpy(value), dtype=np.float32)
            for value in (logits, features, gradients)
        )
        pairs = list(zip(features, gradients, strict=True))
        heats = [grad_cam(*pair) for pair in pairs]
        return Heats(
            logits,
            np.stack(heats),
            tuple(
                "" if heat.any() else why_blank(*pair)
                for heat, pair in zip(heats, pairs, strict=True)
            ),
        )


def _score(logits: Any, class_index: Any) -> Any:
    """Sum over films of the chosen class's logit. Films do not influence each other (all
    layers are in inference mode), so its gradient is each film's own."""
    chosen = keras.ops.where(class_index < 0, keras.ops.argmax(logits, axis=-1), class_index)
    return keras.ops.sum(logits * keras.ops.one_hot(chosen, logits.shape[-1], dtype=logits.dtype))


def _parts(body: keras.Model, head: keras.Model) -> tuple[Body, Head]:
    """The one function that asks which backend it is: Keras has no gradient of its own."""
    return {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[keras.backend.backend()](
        body, head
    )


def _tensorflow(body: keras.Model, head: keras.Model) -> tuple[Body, Head]:
    import tensorflow as tf

    # Any number of films fits the signatures, so TensorFlow traces each part only once. There
    # is no Python “if” to translate, and the translator leaves files in the system's temporary
    # folder when a process is ended.
    @tf.function(
        input_signature=(tf.TensorSpec((None, *body.input.shape[1:]), tf.float32),),
        autograph=False,
    )
    def look(x: Any) -> Any:
        return body(x, training=False)

    @tf.function(
        input_signature=(
            tf.TensorSpec((None, *body.output.shape[1:]), body.output.dtype),
            tf.TensorSpec((None,), tf.int64),
        ),
        autograph=False,
    )
    def explain(features: Any, chosen: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            tape.watch(features)
            logits = head(features, training=False)
            score = _score(logits, chosen)
        return logits, tape.gradient(score, features)

    return (
        lambda x: look(tf.constant(x)),
        lambda features, chosen: explain(features, tf.constant(chosen, tf.int64)),
    )


def _torch(body: keras.Model, head: keras.Model) -> tuple[Body, Head]:
    import torch

    def look(x: np.ndarray) -> Any:
        with torch.no_grad():
            return body(x, training=False).detach()

    def explain(features: Any, chosen: np.ndarray) -> tuple[Any, Any]:
        features = features.detach().requires_grad_(True)
        with torch.enable_grad():
            logits = head(features, training=False)
            score = _score(logits, keras.ops.convert_to_tensor(chosen, dtype="int64"))
        (gradients,) = torch.autograd.grad(score, features)
        return logits.detach(), gradients

    return look, explain


def _jax(body: keras.Model, head: keras.Model) -> tuple[Body, Head]:
    import jax

    def run(part: keras.Model, state: Any, x: Any) -> Any:
        return part.stateless_call(*state, x, training=False)[0]

    def state_of(part: keras.Model) -> Any:
        return [
            [variable.value for variable in variables]
            for variables in (part.trainable_variables, part.non_trainable_variables)
        ]

    def score(features: Any, head_state: Any, chosen: Any) -> Any:
        logits = run(head, head_state, features)
        return _score(logits, chosen), logits

    # The weights go in as arguments: as constants they would be compiled into the program.
    @jax.jit
    def look(state: Any, x: Any) -> Any:
        return run(body, state, x)

    @jax.jit
    def explain(state: Any, features: Any, chosen: Any) -> tuple[Any, Any]:
        gradients, logits = jax.grad(score, has_aux=True)(features, state, chosen)
        return logits, gradients

    body_state, head_state = state_of(body), state_of(head)
    return (
        lambda x: look(body_state, x),
        lambda features, chosen: explain(head_state, features, chosen),
    )
