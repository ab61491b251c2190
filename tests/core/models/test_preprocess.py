"""Our preprocessing against that of keras.applications."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputError
from core.models.preprocess import KINDS, preprocess
from core.models.registry import from_keras


@pytest.fixture
def films() -> np.ndarray:
    return np.arange(512, dtype=np.uint8).reshape(2, 16, 16)  # each grey level in each film


@pytest.mark.parametrize("kind", ["caffe", "tf", "torch"])
def test_kinds_are_those_of_keras(films: np.ndarray, kind: str) -> None:
    from keras.applications import imagenet_utils

    colour = np.repeat(films[..., np.newaxis], 3, axis=-1).astype(np.float32)
    expected = imagenet_utils.preprocess_input(colour.copy(), mode=kind)
    np.testing.assert_allclose(preprocess(films, kind), expected, atol=1e-5)


@pytest.mark.parametrize(
    "spec",
    from_keras(),
    ids=lambda spec: spec.name,
)
def test_each_backbone_has_its_own_kind(films: np.ndarray, spec: object) -> None:
    """By the preprocess_input of the module that the application is defined in."""
    import sys

    import keras

    build = getattr(keras.applications, spec.title)  # type: ignore[attr-defined]
    own = sys.modules[build.__module__].preprocess_input
    colour = np.repeat(films[..., np.newaxis], 3, axis=-1).astype(np.float32)
    ours = preprocess(films, spec.preprocessing)  # type: ignore[attr-defined]
    np.testing.assert_allclose(ours, own(colour.copy()), atol=1e-5)


def test_rescale_is_between_0_and_1(films: np.ndarray) -> None:
    x = preprocess(films, "rescale")
    assert x.min() == 0
    assert x.max() == 1
    np.testing.assert_allclose(x[..., 1], films / 255, rtol=1e-6)


def test_raw_keeps_the_grey_levels(films: np.ndarray) -> None:
    x = preprocess(films, "raw")
    assert all((x[..., channel] == films).all() for channel in range(3))


@pytest.mark.parametrize("kind", KINDS)
def test_shape_and_dtype(films: np.ndarray, kind: str) -> None:
    x = preprocess(films, kind)
    assert x.shape == (2, 16, 16, 3)
    assert x.dtype == np.float32


def test_what_is_no_stack_of_films_is_refused(films: np.ndarray) -> None:
    with pytest.raises(InputError, match="8-bit"):
        preprocess(films.astype(np.float32), "tf")
    with pytest.raises(InputError, match="2 dimensions"):
        preprocess(films[0], "tf")
    with pytest.raises(InputError, match="no preprocessing called “other”"):
        preprocess(films, "other")
