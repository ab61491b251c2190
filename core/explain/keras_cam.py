"""HiResCAM, Grad-CAM and Grad-CAM++ of a Keras model [K]: one forward pass and one short backward
pass for all three.

The model is cut at its last feature map. Only the part after the cut, the head, is
differentiated, so an explanation costs hardly more than a prediction. Where the head reads
several maps, each is cut, and their heats are added: each place counts with what it adds to the
score, whichever map it is seen in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from core.explain.heat import added_maps, heat_map, why_blank
from core.explain.methods import DEFAULT, Method
from core.models.build import feature_maps

BEST = -1  # in place of a class index: each film's own most probable class

# films → feature maps, one array each
Body = Callable[[np.ndarray], list[Any]]
# (feature maps, a class index a film) → logits, gradients of the chosen logits for each map
Head = Callable[[list[Any], np.ndarray], tuple[Any, list[Any]]]


@dataclass(frozen=True)
class Heats:
    """Of n films: ``logits`` (n, k), ``heats`` float32 (n, h, w) in [0, 1], and ``why_blank``,
    for each film why its heat has no warm place (empty where it has one)."""

    logits: np.ndarray
    heats: np.ndarray
    why_blank: tuple[str, ...]


@dataclass(frozen=True)
class Slopes:
    """Of n films: ``logits`` (n, k), and for each its feature map and the gradients of one class's
    logit with respect to it, float32 (h, w, channels)."""

    logits: np.ndarray
    pairs: list[tuple[np.ndarray, np.ndarray]]

    def heats(self, method: Method = DEFAULT) -> Heats:
        """By one of ``core.explain.methods.BY_GRADIENT``."""
        heats = [heat_map(*pair, method) for pair in self.pairs]
        return Heats(
            self.logits,
            np.stack(heats),
            tuple(
                "" if heat.any() else why_blank(*pair, method)
                for heat, pair in zip(heats, self.pairs, strict=True)
            ),
        )


class CamModel:
    """A model that says where it looked. Keep one a model: the graph is compiled once."""

    def __init__(self, model: keras.Model, layer: str | None = None) -> None:
        """``layer``: the feature map to explain at, by default the last one. An earlier map
        has more places, each of which sees less of the film."""
        maps = feature_maps(model, layer)
        body = keras.Model(model.input, maps)
        head = keras.Model(maps, model.output)
        self._body, self._head = _parts(body, head)

    def explain(
        self, x: np.ndarray, class_index: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Preprocessed films float32 (n, H, W, 3) → logits (n, k), heats (n, h, w).

        Heats (HiResCAM) are float32 in [0, 1], at the size of the feature map, for
        ``class_index``, or for each film's most probable class when None.
        """
        chosen = np.full(len(x), BEST if class_index is None else class_index)
        found = self.heats(self.features(x), chosen)
        return found.logits, found.heats

    def features(self, x: np.ndarray) -> list[Any]:
        """The feature maps of preprocessed films float32 (n, H, W, 3): the long part of the work,
        after which ``heats`` costs little, for one class or several."""
        return self._body(np.ascontiguousarray(x, dtype=np.float32))

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Preprocessed films float32 (n, H, W, 3) → logits float32 (n, k), without heats."""
        return _plain(self._head(self.features(x), np.zeros(len(x), np.int64))[0])

    def heats(self, features: list[Any], chosen: np.ndarray, method: Method = DEFAULT) -> Heats:
        """What ``features`` returned, explained for the class ``chosen`` (int (n,)) of each
        film; ``BEST`` for its most probable one."""
        return self.slopes(features, chosen).heats(method)

    def slopes(self, features: list[Any], chosen: np.ndarray) -> Slopes:
        """The same before a method is chosen: the backward pass, which serves them all."""
        logits, gradients = self._head(features, np.asarray(chosen, dtype=np.int64))
        logits = _plain(logits)
        maps, slopes = ([_plain(one) for one in each] for each in (features, gradients))
        return Slopes(
            logits,
            [
                added_maps([one[film] for one in maps], [one[film] for one in slopes])
                for film in range(len(logits))
            ],
        )


def _plain(value: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(value), dtype=np.float32)


def _listed(maps: Any) -> list[Any]:
    """A model with one output gives it as it is, in no list."""
    return list(maps) if isinstance(maps, list | tuple) else [maps]


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
    def look(x: Any) -> list[Any]:
        return _listed(body(x, training=False))

    @tf.function(
        input_signature=(
            [tf.TensorSpec((None, *one.shape[1:]), one.dtype) for one in body.outputs],
            tf.TensorSpec((None,), tf.int64),
        ),
        autograph=False,
    )
    def explain(features: list[Any], chosen: Any) -> tuple[Any, list[Any]]:
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

    def look(x: np.ndarray) -> list[Any]:
        with torch.no_grad():
            return [one.detach() for one in _listed(body(x, training=False))]

    def explain(features: list[Any], chosen: np.ndarray) -> tuple[Any, list[Any]]:
        features = [one.detach().requires_grad_(True) for one in features]
        with torch.enable_grad():
            logits = head(features, training=False)
            score = _score(logits, keras.ops.convert_to_tensor(chosen, dtype="int64"))
        return logits.detach(), list(torch.autograd.grad(score, features))

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
    def look(state: Any, x: Any) -> list[Any]:
        return _listed(run(body, state, x))

    @jax.jit
    def explain(state: Any, features: list[Any], chosen: Any) -> tuple[Any, list[Any]]:
        gradients, logits = jax.grad(score, has_aux=True)(features, state, chosen)
        return logits, gradients

    body_state, head_state = state_of(body), state_of(head)
    return (
        lambda x: look(body_state, x),
        lambda features, chosen: explain(head_state, features, chosen),
    )
