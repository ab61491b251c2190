"""The blocks of each backbone that fine-tuning can unfreeze, the last first. No keras.

Named as in the paper of the architecture. What stands before a network's first block (its
stem) always stays frozen.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.models.registry import get_model

_NASNET_CELLS = {"nasnetlarge": 6, "nasnetmobile": 4}  # normal cells between two reductions


@dataclass(frozen=True)
class Block:
    """One block, known by a layer that has the same name in every process.

    Keras numbers most layers, and counts on from network to network. So a block begins with
    its ``first`` layer or, where that has no name of its own, right ``after`` the last layer
    of what comes before (the other of the two is empty). What does not lie upstream of there
    belongs to this block or to a later one.
    """

    title: str
    first: str = ""
    after: str = ""


def blocks(name: str) -> tuple[Block, ...]:
    """The blocks of this network, from the top down; () for the CNN, which trains as a whole.

    Raises InputError for an unknown name.
    """
    if get_model(name).family == "cnn":
        return ()
    return tuple(reversed(_from_the_bottom(name)))


def _from_the_bottom(name: str) -> list[Block]:
    if name in _NASNET_CELLS:
        return _nasnet(_NASNET_CELLS[name])
    if name == "inceptionresnetv2":
        return _inception_resnet()
    if name == "inceptionv3":
        return [Block(f"mixed{i}", after=f"mixed{i - 1}") for i in range(1, 11)]
    if name == "xception":
        firsts = ["block1_conv1", "block2_sepconv1"]
        firsts += [f"block{i}_sepconv1_act" for i in range(3, 14)]
        firsts.append("block14_sepconv1")
        return [Block(f"Block {i}", first=first) for i, first in enumerate(firsts, 1)]
    if name == "mobilenet":
        ends = ["conv1_relu", *(f"conv_pw_{i}_relu" for i in range(1, 13))]
        return [Block(f"Depthwise separable block {i}", after=end) for i, end in enumerate(ends, 1)]
    if name == "mobilenetv2":
        firsts = ["expanded_conv_depthwise", *(f"block_{i}_expand" for i in range(1, 17))]
        return [Block(f"Bottleneck {i}", first=first) for i, first in enumerate(firsts, 1)]
    if name.startswith("efficientnet"):
        # The paper's stage 1 is the stem, stage 9 the convolution before the pooling.
        firsts = ["block1a_dwconv", *(f"block{i}a_expand_conv" for i in range(2, 8))]
        titles = [*(f"Stage {i}" for i in range(2, 8)), "Stages 8 and 9"]
        return [Block(title, first=first) for title, first in zip(titles, firsts, strict=True)]
    if name.startswith("densenet"):
        return [Block(f"Dense block {i}", first=f"conv{i + 1}_block1_0_bn") for i in range(1, 5)]
    if name.startswith("resnet"):
        entry = "preact_bn" if name.endswith("v2") else "1_conv"
        return [Block(f"conv{i}_x", first=f"conv{i}_block1_{entry}") for i in range(2, 6)]
    return [Block(f"Block {i}", first=f"block{i}_conv1") for i in range(1, 6)]  # VGG


def _inception_resnet() -> list[Block]:
    found = []
    for letter, count, layer, entry in (
        ("A", 10, "block35", "mixed_5b"),
        ("B", 20, "block17", "mixed_6a"),
        ("C", 10, "block8", "mixed_7a"),
    ):
        ends = [entry, *(f"{layer}_{i}_ac" for i in range(1, count))]
        found += [
            Block(f"Inception-ResNet-{letter} {i}", after=end) for i, end in enumerate(ends, 1)
        ]
        if letter != "C":
            found.append(Block(f"Reduction-{letter}", after=f"{layer}_{count}_ac"))
    return [*found, Block("Last convolution", first="conv_7b")]


def _nasnet(cells: int) -> list[Block]:
    """Three rows of normal cells with a reduction cell between two rows.

    Keras numbers the cells of all rows in one count, which skips a number at each reduction.
    """
    found = []
    end = "reduction_concat_stem_2"
    number = 0
    for row in range(3):
        if row:
            reduction = f"reduce_{row * cells}"
            found.append(Block(f"Reduction cell {row}", after=end))
            end = f"reduction_concat_{reduction}"
        for i in range(cells):
            number += 1
            found.append(Block(f"Normal cell {number}", after=end))
            end = f"normal_concat_{row * cells + i + (row > 0)}"
    return found
