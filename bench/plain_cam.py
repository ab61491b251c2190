"""Grad-CAM as tutorials have it: a two-output model built and a gradient tape opened for each
film. Run in a process of its own."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from bench.plain import frozen_part, preprocess_input_of
from core.models.build import last_feature_layer
from core.models.cnn import build_cnn
from core.models.registry import get_network


def network(name: str, size: int) -> tuple[keras.Model, str]:
    """The classifier with its softmax, and the name of its last feature map's layer."""
    if not get_network(name).is_frozen:
        model = build_cnn(size, 2, 0.3)
        return model, last_feature_layer(model)
    base = frozen_part(name, size)
    x = keras.layers.GlobalAveragePooling2D()(base.output)
    x = keras.layers.Dense(64, activation="relu")(x)
    model = keras.Model(base.input, keras.layers.Dense(2, activation="softmax")(x))
    return model, last_feature_layer(model)


def heat(model: keras.Model, layer: str, film: np.ndarray) -> Any:
    """Float (h, w) in [0, 1] of the most probable class."""
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        features, predictions = both(film)
        tape.watch(features)
        best = tf.argmax(predictions[0])
        score = predictions[:, best]
    gradients = tape.gradient(score, features)
    weights = tf.reduce_mean(gradients, axis=(0, 1, 2))
    drawn = tf.squeeze(features[0] @ weights[..., tf.newaxis])
    return (tf.maximum(drawn, 0) / tf.maximum(tf.reduce_max(drawn), 1e-9)).numpy()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--films", type=int, default=10)
    options = parser.parse_args()
    size = (options.image_size, options.image_size)
    model, layer = network(options.model, options.image_size)

    def prepare(films: np.ndarray) -> Any:
        if not get_network(options.model).is_frozen:
            return films / 255
        return preprocess_input_of(options.model)(films)

    files = sorted(options.folder.glob("*.png"))
    seconds = []
    for place in range(options.films + 1):
        began = time.perf_counter()
        film = keras.utils.load_img(files[place % len(files)], target_size=size)
        heat(model, layer, prepare(keras.utils.img_to_array(film)[np.newaxis]))
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": seconds[1:]}))


if __name__ == "__main__":
    main()
