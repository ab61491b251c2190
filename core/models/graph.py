"""Asking a functional graph what stands upstream of a layer [K]."""

from __future__ import annotations

import keras

from core.models.blocks import Block


def parents(layer: keras.layers.Layer) -> list[keras.layers.Layer]:
    """The layers whose outputs this layer reads, in the order it takes them."""
    if isinstance(layer, keras.layers.InputLayer):
        return []
    inputs = layer.input if isinstance(layer.input, list) else [layer.input]
    # Keras has no public way from a tensor to the layer that made it.
    return [tensor._keras_history.operation for tensor in inputs]


def ancestors(layer: keras.layers.Layer) -> set[keras.layers.Layer]:
    """Every layer upstream of this one, itself left out."""
    found: set[keras.layers.Layer] = set()
    waiting = parents(layer)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += parents(one)
    return found


def readers(model: keras.Model) -> dict[str, list[keras.layers.Layer]]:
    """By a layer's name: the layers of the model that read its output, one entry a reading."""
    found: dict[str, list[keras.layers.Layer]] = {layer.name: [] for layer in model.layers}
    for layer in model.layers:
        for parent in parents(layer):
            found[parent.name].append(layer)
    return found


def end_of(model: keras.Model, block: Block) -> keras.KerasTensor:
    """The map that stands right before a block: what the block before it ends with."""
    if block.after:
        return model.get_layer(block.after).output
    return model.get_layer(block.first).input
