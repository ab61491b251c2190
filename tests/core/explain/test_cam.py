"""Grad-CAM's arithmetic against a heat worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.cam import grad_cam


def test_a_heat_worked_out_by_hand() -> None:
    features = np.zeros((2, 2, 2), np.float32)
    features[..., 0] = [[1, 2], [3, 4]]
    features[..., 1] = [[0, 1], [0, 4]]
    gradients = np.zeros((2, 2, 2), np.float32)
    gradients[..., 0] = [[4, 0], [0, 0]]  # mean 1
    gradients[..., 1] = [[0, -4], [-4, 0]]  # mean -2
    # 1 · features 0 - 2 · features 1 = [[1, 0], [3, -4]]; cut at 0; divided by 3
    heat = grad_cam(features, gradients)
    np.testing.assert_allclose(heat, np.array([[1 / 3, 0], [1, 0]]), rtol=1e-6)
    assert heat.dtype == np.float32


def test_nothing_that_speaks_for_the_class_is_all_zeros() -> None:
    heat = grad_cam(np.ones((3, 3, 4)), -np.ones((3, 3, 4)))
    assert heat.shape == (3, 3)
    assert not heat.any()


def test_the_scale_of_gradients_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    features, gradients = rng.normal(size=(2, 5, 4, 8))
    np.testing.assert_allclose(
        grad_cam(features, gradients), grad_cam(features, 1000 * gradients), rtol=1e-4
    )


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 3, 1), (2, 2, 4)])
def test_shapes_must_agree(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="channels"):
        grad_cam(np.zeros((2, 2, 3)), np.zeros(shape))
