"""Letting the last blocks of a backbone learn too, after its head has [K].

Batch normalisation stays in inference mode: with a few hundred films, its averages would
be moved further by chance than the weights by learning
(https://keras.io/guides/transfer_learning/).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from core.errors import NotFoundError
from core.files import ARRAY_DAMAGES, written_whole
from core.models.block_layers import layers_of_blocks
from core.models.blocks import Block
from core.training.checkpoint import put, values_of


def unfreeze(model: keras.Model, blocks: Sequence[Block]) -> None:
    """Make the last ``blocks`` of the backbone trainable, batch normalisation aside.

    The model must be compiled afterwards.
    """
    for layer in layers_of_blocks(model, blocks):
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)


def save_tuned(model: keras.Model, blocks: Sequence[Block], path: Path) -> None:
    """Write what fine-tuning may have changed below the head, whole or not at all."""
    with written_whole(path) as temporary:
        np.savez(temporary, *values_of(_tuned(model, blocks)))


def load_tuned(model: keras.Model, blocks: Sequence[Block], path: Path) -> None:
    """Put back what ``save_tuned`` wrote. Raises NotFoundError when it is gone or damaged."""
    variables = _tuned(model, blocks)
    try:
        with np.load(path, allow_pickle=False) as stored:
            values = [stored[name] for name in stored.files]
        put(variables, values)
    except ARRAY_DAMAGES as error:
        raise NotFoundError(
            f"What fine-tuning made of {model.name} cannot be read ({path}: {error}). "
            "Train the run again."
        ) from None


def _tuned(model: keras.Model, blocks: Sequence[Block]) -> list[keras.Variable]:
    """In the order of the graph, so that names do not matter: Keras counts them up."""
    return [
        variable
        for layer in layers_of_blocks(model, blocks)
        if not isinstance(layer, keras.layers.BatchNormalization)
        for variable in layer.weights
    ]
