from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.datasets.phantom import draw
from core.images.emptiness import BLACK, NOISE, ONE_SHADE, WHITE, why_empty

SIDE = 256
RNG = np.random.default_rng(20261125)
GRAIN = RNG.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)


def even(shade: int, spread: int = 3) -> np.ndarray:
    noise = RNG.integers(-spread, spread + 1, (SIDE, SIDE))
    return np.clip(shade + noise, 0, 255).astype(np.uint8)


def marked(shade: int, other: int) -> np.ndarray:
    pixels = even(shade)
    pixels[10:34, 10:58] = other  # 1.8 % of it: a marker or a line of text
    return pixels


def framed(pixels: np.ndarray) -> np.ndarray:
    return cv2.copyMakeBorder(pixels, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=0)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (even(0), BLACK),
        (even(255), WHITE),
        (even(120), ONE_SHADE),
        (even(120, 10), ONE_SHADE),
        (marked(0, 255), BLACK),
        (marked(255, 0), WHITE),
        (np.zeros((1, 1), np.uint8), BLACK),
        (GRAIN, NOISE),
        (cv2.GaussianBlur(GRAIN, (0, 0), 1.5), NOISE),
        (np.where(GRAIN > 128, 255, 0).astype(np.uint8), NOISE),
        (framed(GRAIN), NOISE),
    ],
)
def test_what_shows_nothing_is_told_with_its_reason(pixels: np.ndarray, reason: str) -> None:
    assert why_empty(pixels) == reason


def test_a_film_is_not_empty_even_when_poor() -> None:
    ramp = np.tile(np.linspace(90, 160, SIDE).astype(np.uint8), (SIDE, 1))
    assert why_empty(ramp) == ""  # pale, and yet a shape
    noisy = np.clip(ramp + RNG.normal(0, 12, ramp.shape), 0, 255).astype(np.uint8)
    assert why_empty(noisy) == ""
    assert why_empty(framed(ramp)) == ""


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [32, 128, 256])
def test_no_phantom_is_empty(seed: int, size: int) -> None:
    assert why_empty(draw(seed, covid_like=seed % 2 == 0, size=size).pixels) == ""
