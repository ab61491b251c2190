"""Grad-CAM's arithmetic against a heat worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.cam import grad_cam, why_blank


def test_a_heat_worked_out_by_hand() -> None:
    features = np.zeros((2, 2, 2), np.float32)
    features[..., 0] = [[1, 2], [3, 4]]
    features[..., 1] = [[0, 1], [0, 4]]
    gradients = np.zeros((2, 2, 2), np.float32)
    gradients[..., 0] = [[4, 0], [2, 0]]
    gradients[..., 1] = [[0, 3], [-4, -1]]
    # place by place: 1·4 + 0·0, 2·0 + 1·3, 3·2 + 0·(-4), 4·0 + 4·(-1) = [[4, 3], [6, -4]];
    # cut at 0; divided by 6
    heat = grad_cam(features, gradients)
    np.testing.assert_allclose(heat, np.array([[4 / 6, 3 / 6], [1, 0]]), rtol=1e-6)
    assert heat.dtype == np.float32


def test_for_a_head_that_pools_it_is_the_published_grad_cam() -> None:
    """The gradient is then one number a channel, its mean over the places that number."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(5, 4, 8))
    gradients = np.broadcast_to(rng.normal(size=8) / 20, features.shape)
    published = np.maximum(features @ gradients.mean(axis=(0, 1)), 0)
    np.testing.assert_allclose(
        grad_cam(features, gradients), published / published.max(), rtol=1e-4, atol=1e-6
    )


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


@pytest.mark.parametrize(
    ("features", "gradients", "why"),
    [
        (1.0, 1.0, ""),
        (1.0, -1.0, "speaks against this class"),
        (0.0, 1.0, "passes nothing of this film on"),
        (1.0, 0.0, "no place of the film would change"),
        (np.nan, 1.0, "not finite"),
        (1.0, np.inf, "not finite"),
    ],
)
def test_a_blank_heat_has_a_reason(features: float, gradients: float, why: str) -> None:
    shape = (2, 2, 3)
    pair = np.full(shape, features, np.float32), np.full(shape, gradients, np.float32)
    assert grad_cam(*pair).any() == (not why)
    assert why in why_blank(*pair)
    assert bool(why_blank(*pair)) == bool(why)
