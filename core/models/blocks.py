"""The blocks of each backbone that fine-tuning can unfreeze, the last first. No keras.

Named as in the paper of the architecture, one constant a family, below. What stands before a
network's first block (its stem) always stays frozen.
"""

from __future__ import annotations

from dataclasses import dataclass


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


def _vgg() -> tuple[Block, ...]:
    return _firsts("Block {}", [f"block{i}_conv1" for i in range(1, 6)])


def _densenet() -> tuple[Block, ...]:
    return _firsts("Dense block {}", [f"conv{i}_block1_0_bn" for i in range(2, 6)])


def _efficientnet() -> tuple[Block, ...]:
    # The paper's stage 1 is the stem, stage 9 the convolution before the pooling.
    firsts = ["block1a_dwconv", *(f"block{i}a_expand_conv" for i in range(2, 8))]
    titles = [*(f"Stage {i}" for i in range(2, 8)), "Stages 8 and 9"]
    return _top_down([Block(title, first=one) for title, one in zip(titles, firsts, strict=True)])


def _inception() -> tuple[Block, ...]:
    return _top_down([Block(f"mixed{i}", after=f"mixed{i - 1}") for i in range(1, 11)])


def _xception() -> tuple[Block, ...]:
    firsts = ["block1_conv1", "block2_sepconv1"]
    firsts += [f"block{i}_sepconv1_act" for i in range(3, 14)]
    return _firsts("Block {}", [*firsts, "block14_sepconv1"])


def _mobilenet() -> tuple[Block, ...]:
    ends = ["conv1_relu", *(f"conv_pw_{i}_relu" for i in range(1, 13))]
    title = "Depthwise separable block {}"
    return _top_down([Block(title.format(i), after=end) for i, end in enumerate(ends, 1)])


def _mobilenet_v2() -> tuple[Block, ...]:
    firsts = ["expanded_conv_depthwise", *(f"block_{i}_expand" for i in range(1, 17))]
    return _firsts("Bottleneck {}", firsts)


def _inception_resnet() -> tuple[Block, ...]:
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
    return _top_down([*found, Block("Last convolution", first="conv_7b")])


def _nasnet(cells: int) -> tuple[Block, ...]:
    """Three rows of ``cells`` normal cells with a reduction cell between two rows.

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
    return _top_down(found)


def _resnet(entry: str) -> tuple[Block, ...]:
    found = [Block(f"conv{i}_x", first=f"conv{i}_block1_{entry}") for i in range(2, 6)]
    return _top_down(found)


def _firsts(title: str, layers: list[str]) -> tuple[Block, ...]:
    """Blocks that each begin with a layer which has a name of its own, numbered from 1."""
    return _top_down([Block(title.format(i), first=one) for i, one in enumerate(layers, 1)])


def _top_down(from_the_bottom: list[Block]) -> tuple[Block, ...]:
    return tuple(reversed(from_the_bottom))


VGG = _vgg()
DENSENET = _densenet()
RESNET = _resnet("1_conv")
RESNET_V2 = _resnet("preact_bn")
EFFICIENTNET = _efficientnet()
INCEPTION = _inception()
XCEPTION = _xception()
MOBILENET = _mobilenet()
MOBILENET_V2 = _mobilenet_v2()
INCEPTION_RESNET = _inception_resnet()
NASNET_LARGE = _nasnet(6)
NASNET_MOBILE = _nasnet(4)
