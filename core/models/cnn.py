"""The study's baseline, trained from scratch [K]. Layer by layer as in docs/study.md."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from core.models.network import HEAD_UNITS

# Keras's 0.99 needs hundreds of steps before the stored averages mean anything; the study's
# data set has eight steps an epoch. Measured with 0.99: validation accuracy stays at 0.50
# for three epochs and more while training accuracy is at 0.97.
NORM_MOMENTUM = 0.9


def build_cnn(image_size: int, classes: int, dropout: float) -> keras.Model:
    """Input float32 (S, S, 3) → logits (classes).

    The study's two Dropout layers share one rate, which its report does not state.
    """
    film = keras.Input((image_size, image_size, 3), name="film")
    x = _convolution(film, 64, 7, "conv1")
    x = _convolution(x, 64, 3, "conv2")
    x = layers.MaxPooling2D(2, name="pool1")(x)
    x = layers.Dropout(dropout, name="dropout1")(x)
    x = _convolution(x, 64, 7, "conv3")
    x = _convolution(x, 64, 3, "conv4")
    x = layers.AveragePooling2D(2, name="pool2")(x)
    x = _convolution(x, 32, 7, "conv5")
    x = _convolution(x, 32, 3, "conv6")
    x = _convolution(x, 32, 3, "conv7")
    x = layers.AveragePooling2D(2, name="pool3")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(HEAD_UNITS, activation="relu", name="dense")(x)
    x = layers.BatchNormalization(momentum=NORM_MOMENTUM, name="norm")(x)
    x = layers.Dropout(dropout, name="dropout")(x)
    # float32 whatever the precision policy: the loss is computed from these.
    logits = layers.Dense(classes, name="logits", dtype="float32")(x)
    return keras.Model(film, logits, name="cnn")


def _convolution(x: Any, filters: int, size: int, name: str) -> Any:
    return layers.Conv2D(filters, size, padding="same", activation="relu", name=name)(x)
