"""The registry's numbers are the study's, and what does not fit is refused in plain words."""

from __future__ import annotations

import re

import pytest

from core.errors import InputError
from core.models.registry import (
    MODELS,
    Counts,
    get_model,
    parameter_counts,
    preprocessing_kind,
)

# docs/study.md
STUDY_TRAINABLE = {
    "cnn": 2_008_930,
    "vgg16": 32_962,
    "nasnetlarge": 258_242,
    "inceptionresnetv2": 98_498,
}
STUDY_CHANNELS = {"vgg16": 512, "nasnetlarge": 4032, "inceptionresnetv2": 1536}


def test_the_studys_four_are_here_with_its_counts() -> None:
    assert list(MODELS)[:4] == ["cnn", "vgg16", "nasnetlarge", "inceptionresnetv2"]
    for name, trainable in STUDY_TRAINABLE.items():
        assert MODELS[name].trainable_params == trainable
        assert parameter_counts(name).trainable == trainable
    for name, channels in STUDY_CHANNELS.items():
        assert MODELS[name].feature_channels == channels
    assert parameter_counts("cnn") == Counts(2_009_058, 2_008_930)


def test_all_networks_of_the_studys_library_are_here() -> None:
    assert list(MODELS)[4:7] == ["densenet121", "efficientnetb0", "resnet50"]
    backbones = [spec for spec in MODELS.values() if spec.family == "backbone"]
    assert len(backbones) == 26
    for field in ("title", "application", "summary", "weights_file", "weights_url"):
        assert len({getattr(spec, field) for spec in backbones}) == 26


@pytest.mark.parametrize("name", list(MODELS))
def test_the_fields_agree(name: str) -> None:
    spec = MODELS[name]
    assert spec.name == name
    assert Counts(spec.total_params, spec.trainable_params) == parameter_counts(name)
    assert spec.title
    assert spec.citation
    assert spec.summary.endswith(".")
    assert spec.min_image_size <= spec.input_size == 224
    assert preprocessing_kind(name, "model") == spec.preprocessing
    # EfficientNet divides by 255 itself.
    rescaled = "raw" if spec.preprocessing == "raw" else "rescale"
    assert preprocessing_kind(name, "rescale") == rescaled
    if spec.family == "cnn":
        assert not spec.has_pretrained
    else:
        assert spec.weights_url.startswith("https://storage.googleapis.com/")
        assert spec.weights_file.endswith(".h5")
        published = not name.startswith("mobilenet")  # Keras has no hash for those two
        assert re.fullmatch("[0-9a-f]{32}" if published else "", spec.weights_hash)
        assert spec.total_params - spec.trainable_params == spec.backbone_params


def test_counts_follow_size_and_classes() -> None:
    # Dense 64 sees (128 / 8)² · 32 numbers instead of (224 / 8)² · 32.
    difference = (28**2 - 16**2) * 32 * 64
    assert parameter_counts("cnn", 128).total == 2_009_058 - difference
    assert parameter_counts("cnn", 224, 5).total == 2_009_058 + 3 * 65
    assert parameter_counts("vgg16", 64, 2) == parameter_counts("vgg16", 224, 2)


@pytest.mark.parametrize(
    ("name", "size", "classes", "words"),
    [
        ("alexnet", 224, 2, "no model called “alexnet”"),
        ("inceptionresnetv2", 74, 2, "at least 75 pixels"),
        ("cnn", 31, 2, "at least 32 pixels"),
        ("vgg16", 224, 1, "at least 2 classes"),
    ],
)
def test_what_does_not_fit_is_refused(name: str, size: int, classes: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        parameter_counts(name, size, classes)


def test_a_title_is_no_name() -> None:
    with pytest.raises(InputError, match="vgg16"):
        get_model("VGG16")


def test_unknown_preprocessing_is_refused() -> None:
    with pytest.raises(InputError, match="model or rescale"):
        preprocessing_kind("vgg16", "other")
