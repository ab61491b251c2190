"""The gradient methods' arithmetic against heats worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.heat import GRADIENT_METHODS, heat_map, why_blank
from core.explain.methods import BY_GRADIENT, DEFAULT, METHODS, WORDS, Method, method_called

# Two channels on 2 × 2 places, and the gradient of a score with respect to each number.
FEATURES = np.stack([[[1, 2], [3, 4]], [[0, 1], [0, 4]]], axis=-1).astype(np.float32)
GRADIENTS = np.stack([[[4, 0], [2, 0]], [[0, 3], [-4, -1]]], axis=-1).astype(np.float32)
# HiResCAM, place by place: 1·4 + 0·0, 2·0 + 1·3, 3·2 + 0·(-4), 4·0 + 4·(-1) = [[4, 3], [6, -4]].
BY_PLACE = [[4 / 6, 3 / 6], [1, 0]]
# Grad-CAM: the means of the gradients are 6/4 and -2/4; 1.5·1 - 0.5·0, 1.5·2 - 0.5·1, 1.5·3 - 0,
# 1.5·4 - 0.5·4 = [[1.5, 2.5], [4.5, 4]].
BY_CHANNEL = [[1.5 / 4.5, 2.5 / 4.5], [1, 4 / 4.5]]
# Grad-CAM++: the channels' sums are 10 and 5. alpha = g² / (2 g² + g³ · sum): for 4 it is
# 16 / (32 + 640) = 1/42, for 2 it is 4 / (8 + 80) = 1/22, for 3 it is 9 / (18 + 135) = 1/17;
# gradients below 0 count nothing. Weights: 4/42 + 2/22 = 0.186147 and 3/17 = 0.176471.
# 1·w0, 2·w0 + 1·w1, 3·w0, 4·w0 + 4·w1 = [[0.186147, 0.548765], [0.558442, 1.450472]].
BY_ALPHA = [[0.186147 / 1.450472, 0.548765 / 1.450472], [0.558442 / 1.450472, 1]]


@pytest.mark.parametrize(
    ("method", "by_hand"),
    [("hires_cam", BY_PLACE), ("grad_cam", BY_CHANNEL), ("grad_cam_plus_plus", BY_ALPHA)],
)
def test_a_heat_worked_out_by_hand(method: Method, by_hand: list[list[float]]) -> None:
    heat = heat_map(FEATURES, GRADIENTS, method)
    np.testing.assert_allclose(heat, by_hand, rtol=1e-5)
    assert heat.dtype == np.float32


def test_for_a_head_that_pools_hirescam_is_grad_cam() -> None:
    """The gradient is then one number a channel, its mean over the places that number."""
    rng = np.random.default_rng(1)
    features = rng.normal(size=(5, 4, 8))
    gradients = np.broadcast_to(rng.normal(size=8) / 20, features.shape)
    np.testing.assert_allclose(
        heat_map(features, gradients, "hires_cam"),
        heat_map(features, gradients, "grad_cam"),
        rtol=1e-4,
        atol=1e-6,
    )


def test_grad_cam_plus_plus_leaves_out_what_speaks_against_the_class() -> None:
    """The sums are 1 and 1, the gradients -1 and 1: alpha is 1 / (2 - 1) and 1 / (2 + 1), but only
    the second gradient counts. With the first, the weights would be -1 and 1/3."""
    features: np.ndarray = np.stack([[[1, 0], [0, 0]], [[0.5, 0.5], [0, 0]]], axis=-1)
    gradients = np.broadcast_to([-1.0, 1.0], (2, 2, 2))
    heat = heat_map(features, gradients, "grad_cam_plus_plus")
    np.testing.assert_allclose(heat, [[1, 1], [0, 0]], rtol=1e-6)


def test_a_channel_that_grad_cam_plus_plus_has_no_alpha_for_is_left_out() -> None:
    """The sums are -4 and 4, the gradients 1 and 0.5: 2 + 1 · (-4) is below 0."""
    features = np.stack([-np.ones((2, 2)), np.array([[4, 0], [0, 0]])], axis=-1)
    gradients = np.stack([np.ones((2, 2)), np.full((2, 2), 0.5)], axis=-1)
    heat = heat_map(features, gradients, "grad_cam_plus_plus")
    np.testing.assert_array_equal(heat, [[1, 0], [0, 0]])


@pytest.mark.parametrize("method", BY_GRADIENT)
def test_nothing_that_speaks_for_the_class_is_all_zeros(method: Method) -> None:
    heat = heat_map(np.ones((3, 3, 4)), -np.ones((3, 3, 4)), method)
    assert heat.shape == (3, 3)
    assert not heat.any()


@pytest.mark.parametrize("method", ["hires_cam", "grad_cam"])
def test_the_scale_of_gradients_does_not_matter(method: Method) -> None:
    rng = np.random.default_rng(0)
    features, gradients = rng.normal(size=(2, 5, 4, 8))
    np.testing.assert_allclose(
        heat_map(features, gradients, method),
        heat_map(features, 1000 * gradients, method),
        rtol=1e-3,
        atol=1e-6,
    )


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 3, 1), (2, 2, 4)])
def test_shapes_must_agree(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="channels"):
        heat_map(np.zeros((2, 2, 3)), np.zeros(shape))


@pytest.mark.parametrize("method", BY_GRADIENT)
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
def test_a_blank_heat_has_a_reason(
    features: float, gradients: float, why: str, method: Method
) -> None:
    shape = (2, 2, 3)
    pair = np.full(shape, features, np.float32), np.full(shape, gradients, np.float32)
    assert heat_map(*pair, method).any() == (not why)
    assert why in why_blank(*pair, method)
    assert bool(why_blank(*pair, method)) == bool(why)


def test_each_method_has_words_and_a_way_to_be_made() -> None:
    assert set(WORDS) == set(METHODS) == {*GRADIENT_METHODS, "occlusion"}
    assert set(BY_GRADIENT) == set(GRADIENT_METHODS)
    assert DEFAULT in BY_GRADIENT
    assert len({words.title for words in WORDS.values()}) == len(METHODS)
    for method, words in WORDS.items():
        assert method_called(words.option) == method
        assert words.line.startswith("Shows ")
        assert ", not " in words.line
