"""The registry's numbers are the study's, and what does not fit is refused in plain words."""

from __future__ import annotations

import re

import pytest

from core.errors import InputError
from core.models.network import STUDY_SIZE, Counts
from core.models.registry import NETWORKS, from_keras, get_network

# docs/study.md
STUDY_TRAINABLE = {
    "cnn": 2_008_930,
    "vgg16": 32_962,
    "nasnetlarge": 258_242,
    "inceptionresnetv2": 98_498,
}
STUDY_CHANNELS = {"vgg16": 512, "nasnetlarge": 4032, "inceptionresnetv2": 1536}


def test_the_studys_four_are_here_with_its_counts() -> None:
    assert list(NETWORKS)[:4] == ["cnn", "vgg16", "nasnetlarge", "inceptionresnetv2"]
    for name, trainable in STUDY_TRAINABLE.items():
        assert NETWORKS[name].counts().trainable == trainable
        assert get_network(name).counts().trainable == trainable
    for name, channels in STUDY_CHANNELS.items():
        assert NETWORKS[name].feature_channels == channels
    assert get_network("cnn").counts() == Counts(2_009_058, 2_008_930)


def test_all_networks_of_the_studys_library_are_here() -> None:
    assert list(NETWORKS)[4:8] == ["efficientnetlite0", "densenet121", "efficientnetb0", "resnet50"]
    backbones = [spec for spec in NETWORKS.values() if spec.is_frozen]
    assert len(from_keras()) == 26
    assert len([spec for spec in backbones if "lite" in spec.builder]) == 3  # EfficientNet-Lite
    for field in ("title", "summary"):
        assert len({getattr(spec, field) for spec in backbones}) == len(backbones)
    sources = [source for spec in backbones for source in spec.sources]
    assert len({source.file for source in sources}) == len(sources)
    fetched = [source.url or source.package for source in sources if not source.asked_at]
    assert all(fetched)
    assert len(set(fetched)) == len(fetched)


@pytest.mark.parametrize("name", list(NETWORKS))
def test_the_fields_agree(name: str) -> None:
    spec = NETWORKS[name]
    assert spec.name == name
    assert spec.title
    assert spec.citation
    assert spec.summary.endswith(".")
    assert 32 <= spec.min_image_size <= STUDY_SIZE
    assert get_network(name).preprocessing_for("model") == spec.preprocessing
    # EfficientNet divides by 255 itself.
    rescaled = "raw" if spec.preprocessing == "raw" else "rescale"
    assert get_network(name).preprocessing_for("rescale") == rescaled
    if not spec.is_frozen:
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
        assert spec.counts().total - spec.counts().trainable == spec.frozen_params


def test_counts_follow_size_and_classes() -> None:
    # Dense 64 sees (128 / 8)² · 32 numbers instead of (224 / 8)² · 32.
    difference = (28**2 - 16**2) * 32 * 64
    assert get_network("cnn").counts(128).total == 2_009_058 - difference
    assert get_network("cnn").counts(224, 5).total == 2_009_058 + 3 * 65
    assert get_network("vgg16").counts(64, 2) == get_network("vgg16").counts(224, 2)


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
        get_network(name).counts(size, classes)


def test_a_title_is_no_name() -> None:
    with pytest.raises(InputError, match="vgg16"):
        get_network("VGG16")


def test_unknown_preprocessing_is_refused() -> None:
    with pytest.raises(InputError, match="model or rescale"):
        get_network("vgg16").preprocessing_for("other")


def test_what_has_learnt_from_chest_films_wants_them_between_minus_and_plus_1024() -> None:
    chest = NETWORKS["densenet121"].source("chest")
    assert chest is not None
    assert get_network("densenet121").preprocessing_for("model", "chest") == "xrv"
    assert get_network("densenet121").preprocessing_for("rescale", "chest") == "xrv"
    assert get_network("densenet121").preprocessing_for("model", "imagenet") == "torch"
    assert [name for name, spec in NETWORKS.items() if spec.source("chest")] == ["densenet121"]
