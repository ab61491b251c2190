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
    assert list(MODELS)[4:8] == ["efficientnetlite0", "densenet121", "efficientnetb0", "resnet50"]
    backbones = [spec for spec in MODELS.values() if spec.family == "backbone"]
    assert len([spec for spec in backbones if spec.application]) == 26
    assert len([spec for spec in backbones if not spec.application]) == 3  # EfficientNet-Lite
    for field in ("title", "summary"):
        assert len({getattr(spec, field) for spec in backbones}) == len(backbones)
    sources = [source for spec in backbones for source in spec.sources]
    assert len({source.file for source in sources}) == len(sources)
    assert len({source.url or source.package for source in sources}) == len(sources)


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
        first = spec.sources[0]
        assert first.learnt == "imagenet"
        assert first.preprocessing == spec.preprocessing
        if first.is_packaged:
            assert first.file.endswith(".pth")
            assert first.hash.startswith(first.file.rsplit("-", 1)[1].removesuffix(".pth"))
        else:
            assert first.url.startswith("https://storage.googleapis.com/")
            assert first.file.endswith(".h5")
            published = not name.startswith("mobilenet")  # Keras has no hash for those two
            assert re.fullmatch("[0-9a-f]{32}" if published else "", first.hash)
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


def test_what_has_learnt_from_chest_films_wants_them_between_minus_and_plus_1024() -> None:
    chest = MODELS["densenet121"].source("chest")
    assert chest is not None
    assert preprocessing_kind("densenet121", "model", "chest") == "xrv"
    assert preprocessing_kind("densenet121", "rescale", "chest") == "xrv"
    assert preprocessing_kind("densenet121", "model", "imagenet") == "torch"
    assert [name for name, spec in MODELS.items() if spec.source("chest")] == ["densenet121"]
