"""The blocks' titles, from the top down; tests/contracts cuts real networks at them."""

from __future__ import annotations

import pytest

from core.errors import InputError
from core.models.registry import NETWORKS, get_network


def titles(name: str) -> list[str]:
    return [block.title for block in get_network(name).blocks]


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("vgg16", 5, "Block 5", "Block 1"),
        ("resnet152v2", 4, "conv5_x", "conv2_x"),
        ("densenet201", 4, "Dense block 4", "Dense block 1"),
        ("efficientnetb7", 7, "Stages 8 and 9", "Stage 2"),
        ("mobilenet", 13, "Depthwise separable block 13", "Depthwise separable block 1"),
        ("mobilenetv2", 17, "Bottleneck 17", "Bottleneck 1"),
        ("xception", 14, "Block 14", "Block 1"),
        ("inceptionv3", 10, "mixed10", "mixed1"),
        ("inceptionresnetv2", 43, "Last convolution", "Inception-ResNet-A 1"),
        ("nasnetlarge", 20, "Normal cell 18", "Normal cell 1"),
        ("nasnetmobile", 14, "Normal cell 12", "Normal cell 1"),
    ],
)
def test_blocks_stand_from_the_top_down(name: str, count: int, first: str, last: str) -> None:
    assert (len(titles(name)), titles(name)[0], titles(name)[-1]) == (count, first, last)


def test_reductions_stand_between_their_rows() -> None:
    assert titles("nasnetlarge")[5:8] == ["Normal cell 13", "Reduction cell 2", "Normal cell 12"]
    assert titles("inceptionresnetv2")[10:13] == [
        "Inception-ResNet-C 1",
        "Reduction-B",
        "Inception-ResNet-B 20",
    ]


def test_each_block_is_known_by_one_layer() -> None:
    for name in NETWORKS:
        assert all(bool(block.first) != bool(block.after) for block in get_network(name).blocks)


def test_the_cnn_has_none_and_an_unknown_network_is_refused() -> None:
    assert get_network("cnn").blocks == ()
    with pytest.raises(InputError, match="no model called"):
        get_network("alexnet")
