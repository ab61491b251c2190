from __future__ import annotations

import numpy as np

from core.images.resize import resize, thumbnail


def test_stretches_to_a_square() -> None:
    film = np.zeros((40, 100), np.uint8)
    film[:, 50:] = 200
    small = resize(film, 20)
    assert small.shape == (20, 20)
    assert small.dtype == np.uint8
    np.testing.assert_array_equal(small[:, :10], 0)
    np.testing.assert_array_equal(small[:, 10:], 200)


def test_shrinking_averages_fine_structure() -> None:
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200
    np.testing.assert_array_equal(resize(stripes, 16), 100)


def test_grows_and_shrinks_at_once() -> None:
    film = np.full((8, 300), 77, np.uint8)
    np.testing.assert_array_equal(resize(film, 32), np.full((32, 32), 77))


def test_same_size_changes_nothing() -> None:
    film = np.random.default_rng(0).integers(0, 256, (32, 32), np.uint8)
    np.testing.assert_array_equal(resize(film, 32), film)


def test_thumbnail_keeps_the_shape_and_never_grows() -> None:
    assert thumbnail(np.zeros((1000, 500), np.uint8)).shape == (256, 128)
    assert thumbnail(np.zeros((100, 50), np.uint8)).shape == (100, 50)
    assert thumbnail(np.zeros((5000, 2), np.uint8)).shape == (256, 1)
