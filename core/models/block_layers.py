"""Which layers of a built network fine-tuning unfreezes [K]."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from core.models.blocks import Block
from core.models.build import POOL
from core.models.graph import ancestors


def layers_of_blocks(model: keras.Model, last: Sequence[Block]) -> list[keras.layers.Layer]:
    """The backbone's layers in these blocks, in graph order; [] for none.

    ``last``: from ``Network.last_blocks`` of the network that ``model`` was built for, the
    last block first. The head is not among the layers. Exactly what does not lie upstream of
    the first of the blocks is in: the order in which Keras lists the layers of parallel
    branches does not matter.
    """
    if not last:
        return []
    block = last[-1]
    edge = model.get_layer(block.first or block.after)
    frozen = ancestors(edge)
    if block.after:
        frozen.add(edge)
    backbone = ancestors(model.get_layer(POOL))
    return [layer for layer in model.layers if layer in backbone and layer not in frozen]
