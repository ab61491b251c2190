"""What weights had learnt before a run, in words."""

from __future__ import annotations

import pytest

from core.models.learnt import learnt_before, learnt_short, random_backbone, weights_source
from core.specs import RunSpec


@pytest.mark.parametrize(
    ("model", "weights", "source", "short", "words"),
    [
        ("vgg16", "imagenet", "photographs", "photographs", "photographs (ImageNet)"),
        ("vgg16", "random", "nothing", "random weights", "had learnt nothing before"),
        ("vgg16", "/w/mine.weights.h5", "file", "weights file", "from a file, mine.weights.h5."),
        ("vgg16", r"C:\w\mine.h5", "file", "weights file", "from a file, mine.h5."),
        (
            "resnet50",
            "/w/RadImageNet-ResNet50_notop.h5",
            "RadImageNet",
            "RadImageNet",
            "ultrasound",
        ),
        ("resnet50", r"C:\w\RIN-ResNet50_notop.h5", "RadImageNet", "RadImageNet", "ultrasound"),
        # RadImageNet has published none of this network, and no file of such a name.
        ("vgg16", "/w/RadImageNet-VGG16.h5", "file", "weights file", "RadImageNet-VGG16.h5."),
        ("resnet50", "/w/my-radimagenet.h5", "file", "weights file", "my-radimagenet.h5."),
        ("resnet50", "/w/RadImageNet-ResNet50.pth", "file", "weights file", "a file"),
        ("densenet121", "chest", "chest X-rays", "chest X-rays", "other chest X-rays"),
        ("cnn", "random", "nothing", "from scratch", "all of it was trained on these films"),
        # As an old version kept it: the CNN never had any weights from elsewhere.
        ("cnn", "imagenet", "nothing", "from scratch", "all of it was trained on these films"),
    ],
)
def test_what_weights_had_learnt(
    model: str, weights: str, source: str, short: str, words: str
) -> None:
    spec = RunSpec.build(dataset="tiny", model=model, weights=weights)
    assert weights_source(spec) == source
    assert learnt_short(spec) == short
    assert words in learnt_before(spec)
    assert random_backbone(spec) == (source == "nothing" and model != "cnn")


def test_blocks_that_were_fine_tuned_are_no_frozen_part() -> None:
    spec = RunSpec.build(dataset="tiny", model="vgg16", weights="random", fine_tune=1)
    assert "frozen" not in learnt_before(spec)
