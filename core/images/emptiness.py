"""Does a picture show anything at all? Black, white, one shade and noise do not.

Measured on 1,976 real pictures (four public collections, and their masks): the tones of real
films lie at least 70 of 255 apart, at most 92 % of one lies in nine neighbouring shades, and at
least 33 % of its contrast lasts when it is shrunk to 8 × 8 (all but one: 53 %); phantoms lie
within these. The limits keep well away from all of that: this sets apart what was never a
film, and leaves to the quality gate what is only a poor one.
"""

from __future__ import annotations

import cv2
import numpy as np

CONTRAST = 24  # of 255, between the 0.5th and the 99.5th percentile
SHADE = 9  # neighbouring shades that the eye takes for one: JPEG spreads an even area so far
ALIKE = 0.97  # of the picture in such a shade
DARK, BRIGHT = 40, 215  # of 255: called black and white
COARSE = 8  # px a side: no shape of a body is lost there, and all noise is
SHAPES = 0.25  # of the contrast that must last at that size
SMALLEST = 32  # px a side: below, noise cannot be told from a film

BLACK = "It is black nearly everywhere."
WHITE = "It is white nearly everywhere."
ONE_SHADE = "It is one shade of grey nearly everywhere."
NOISE = "It is noise or a fine pattern, without any shape in it."


def why_empty(pixels: np.ndarray) -> str:
    """Why uint8 (H, W), 0 = black, shows hardly anything, as a sentence; "" when it shows
    something. Any size from 1 × 1."""
    return why_one_shade(histogram(pixels)) or (NOISE if _is_noise(pixels) else "")


def histogram(pixels: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """How often each of 256 shades occurs in uint8 (H, W), as float32 (256,); ``where``: bool
    (H, W), True for the pixels that count."""
    mask = None if where is None else where.astype(np.uint8)
    return cv2.calcHist([pixels], [0], mask, [256], [0, 256]).ravel()


def why_one_shade(counts: np.ndarray) -> str:
    """Why a picture of this histogram (256,) is black, white or one shade of grey; "" if not."""
    shares = counts / max(float(counts.sum()), 1.0)
    low, high = (int(np.searchsorted(np.cumsum(shares), part)) for part in (0.005, 0.995))
    together = np.convolve(shares, np.ones(SHADE), mode="valid")
    if high - low < CONTRAST or together.max() >= ALIKE:
        shade = int(together.argmax()) + SHADE // 2
        return BLACK if shade < DARK else WHITE if shade > BRIGHT else ONE_SHADE
    return ""


def _is_noise(pixels: np.ndarray) -> bool:
    inner = _without_even_edges(pixels)
    if min(inner.shape) < SMALLEST:
        return False
    coarse = cv2.resize(inner, (COARSE, COARSE), interpolation=cv2.INTER_AREA)
    return float(coarse.std()) < SHAPES * float(inner.std())


def _without_even_edges(pixels: np.ndarray) -> np.ndarray:
    """An even frame around noise would be a shape; it is cut off."""
    rows = np.flatnonzero(np.ptp(pixels, axis=1) > CONTRAST)
    columns = np.flatnonzero(np.ptp(pixels, axis=0) > CONTRAST)
    if not len(rows) or not len(columns):
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
