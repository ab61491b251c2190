"""Which layers of a built network fine-tuning unfreezes [K]."""

from __future__ import annotations

import keras

from core.errors import InputError
from core.models.blocks import blocks
from core.models.build import POOL
from core.models.graph import ancestors
from core.models.registry import get_model


def layers_of_blocks(model: keras.Model, count: int) -> list[keras.layers.Layer]:
    """The backbone's layers in its last ``count`` blocks, in graph order; [] for 0.

    ``model`` is from ``build_model`` and has its name. The head is not among them. Exactly
    what does not lie upstream of the ``count``-th block is in: the order in which Keras
    lists the layers of parallel branches does not matter. Raises InputError when the
    network does not have that many blocks.
    """
    there = blocks(model.name)
    if not 0 <= count <= len(there):
        raise InputError(
            f"{get_model(model.name).title} has {len(there)} blocks that can be unfrozen, and "
            f"{count} were asked for."
        )
    if count == 0:
        return []
    block = there[count - 1]
    edge = model.get_layer(block.first or block.after)
    frozen = ancestors(edge)
    if block.after:
        frozen.add(edge)
    backbone = ancestors(model.get_layer(POOL))
    return [layer for layer in model.layers if layer in backbone and layer not in frozen]
