"""A run's whole network, with its preprocessing, as an ONNX file for other programs [K].

Its own process makes it (``core.travel.onnx_process``): it needs TensorFlow and, from
requirements-export.txt, onnx and tf2onnx.
"""

from __future__ import annotations

import json

import keras
import numpy as np
import onnx
import tensorflow as tf
import tf2onnx
from onnx import numpy_helper

from core.errors import InputError
from core.evaluation.decision import decision_of
from core.models.preprocess import preprocess
from core.prediction.loading import load_network, run_files
from core.runs.config import RunConfig
from core.workspace import Workspace

OPSET = 17  # of 2022: what onnxruntime 1.12 and later read
INPUT, PROBABILITIES, CALIBRATED = "films", "probabilities", "calibrated"


def network_onnx(workspace: Workspace, run_id: str) -> bytes:
    """The run's network as an ONNX file.

    Input ``films``: uint8 (n, S, S), grey, 0 black. Outputs, both float32 (n, k):
    ``probabilities``, as the run gives them, and ``calibrated``, the same after the run's
    temperature, which its threshold is for. Metadata: ``onnx_metadata``. Raises what
    ``load_network`` raises, and InputError on another backend than TensorFlow.
    """
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            "Only TensorFlow can write a network as ONNX here. Leave KERAS_BACKEND unset."
        )
    card, model = load_network(workspace, run_id)
    metadata = onnx_metadata(workspace, card)
    scale, shift = _as_a_line(card.preprocessing)
    side = card.image_size
    temperature = float(metadata["temperature"])
    shares = keras.layers.Softmax()  # as an operation of the graph

    def answers(films: tf.Tensor) -> dict[str, tf.Tensor]:
        grey = tf.cast(films, tf.float32)[..., tf.newaxis]
        logits = model(grey * scale + shift, training=False)
        return {
            PROBABILITIES: shares(logits),
            CALIBRATED: shares(logits / temperature),
        }

    signature = [tf.TensorSpec([None, side, side], tf.uint8, name=INPUT)]
    traced = tf.function(answers, input_signature=signature)
    made, _ = tf2onnx.convert.from_function(traced, input_signature=signature, opset=OPSET)
    _put_constants_in(made, traced.get_concrete_function())
    onnx.helper.set_model_props(made, metadata)
    made.doc_string = "A classifier of chest X-rays. No medical device."
    onnx.checker.check_model(made)
    content: bytes = made.SerializeToString()
    return content


def onnx_metadata(workspace: Workspace, card: RunConfig) -> dict[str, str]:
    """What the file says of itself. ``classes``: JSON, in the order of the outputs, the positive
    one first. ``threshold``: from this calibrated probability of the positive class on a film is
    called so; empty where the most probable class counts. ``not_sure``: JSON, from the lower to
    below the upper there is no answer. ``image_size`` in pixels."""
    point = decision_of(run_files(workspace, card.run_id), card.classes).point
    return {
        "run": card.run_id,
        "network": card.model,
        "classes": json.dumps(card.classes, ensure_ascii=False),
        "image_size": str(card.image_size),
        "threshold": "" if point is None else repr(point.threshold),
        "not_sure": "" if point is None else json.dumps(point.not_sure),
        "temperature": "1.0" if point is None else repr(point.temperature),
    }


def _as_a_line(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Every preprocessing multiplies a grey level and adds to it, channel by channel: by what,
    float32 (3,) each."""
    levels = preprocess(np.arange(256, dtype=np.uint8)[np.newaxis, np.newaxis], kind)[0, 0]
    shift = levels[0]
    scale = (levels[255] - shift) / np.float32(255)
    line = np.arange(256, dtype=np.float32)[:, np.newaxis] * scale + shift
    if not np.allclose(line, levels, atol=1e-3):
        raise InputError(f"A network with the preprocessing “{kind}” cannot be written as ONNX.")
    return scale, shift


def _put_constants_in(made: onnx.ModelProto, traced: object) -> None:
    """tf2onnx takes a constant that a layer keeps for an input: make it a constant again, or take
    it away where the conversion has already worked it into a weight."""
    graph = traced.graph  # type: ignore[attr-defined] # TensorFlow is untyped
    known = {inside.name: outside for outside, inside in graph.captures}
    used = {name for node in made.graph.node for name in node.input}
    for one in [one for one in made.graph.input if one.name != INPUT]:
        if one.name in used:
            value = np.asarray(known[one.name])
            made.graph.initializer.append(numpy_helper.from_array(value, one.name))
        made.graph.input.remove(one)
