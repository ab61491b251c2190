"""What the gate measures on a picture: a few dozen numbers, none of them from a network.

Everything is measured on the picture without its even borders, stretched to 64 × 64 and
between its own dark and bright ends, so that neither size nor exposure matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 64  # px
CELLS = 8  # a side, of 8 × 8 px each
DIRECTIONS = 8
TONES = 16  # px a side of the coarse picture that is laid over the mirrored one
LIVELY = 24  # of 255: rows and columns with less contrast are an even border
LEAST_SIDE = 16  # px: below, there is nothing to see
FEATURES = 32 + 4 + 16 + 4 + 2 + 10


@dataclass(frozen=True)
class Reference:
    """A frontal film as the product's own phantoms show it.

    ``tones``: float32 (16, 16) in [0, 1]. ``edges``: float32 (8, 8, 8), how strongly the grey
    changes in each of eight directions, cell by cell.
    """

    tones: np.ndarray
    edges: np.ndarray


def reference_of(films: Sequence[np.ndarray]) -> Reference:
    """The mean of some frontal films uint8 (H, W), and of their mirror images in tones."""
    shown = [normal_of(small_of(without_borders(film))) for film in films]
    mean = np.mean(shown, axis=0)
    tones = _shrunk(((mean + mean[:, ::-1]) / 2).astype(np.float32), TONES)
    return Reference(tones, np.mean([edges_of(one) for one in shown], axis=0))


def measure(pixels: np.ndarray, reference: Reference) -> np.ndarray:
    """uint8 (H, W) → float32 (FEATURES,). Any size from 1 × 1."""
    small = small_of(without_borders(pixels))
    shown = normal_of(small)
    numbers = [
        *_halves(shown),
        *_agreement(edges_of(shown), reference.edges),
        *_structure(shown),
        *_places(shown, reference.tones),
        *_greys(pixels, small),
    ]
    return np.asarray(numbers, dtype=np.float32)


def without_borders(pixels: np.ndarray) -> np.ndarray:
    """The picture without even rows and columns around it; whole when little would be left."""
    height, width = pixels.shape
    rows = np.flatnonzero(np.ptp(pixels, axis=1) > LIVELY)
    columns = np.flatnonzero(np.ptp(pixels, axis=0) > LIVELY)
    if len(rows) < 0.4 * height or len(columns) < 0.4 * width:
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def edges_of(shown: np.ndarray) -> np.ndarray:
    """float32 (64, 64) in [0, 1] → (8, 8, 8): strength of change by cell and direction,
    each cell's at most 1 in length (histograms of gradients, Dalal and Triggs 2005)."""
    across = cv2.Sobel(shown, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(shown, cv2.CV_32F, 0, 1)
    strength, angle = cv2.cartToPolar(across, down)
    direction = (angle / (2 * np.pi) * DIRECTIONS).astype(int) % DIRECTIONS
    cells = np.stack(
        [
            _shrunk(np.where(direction == one, strength, 0).astype(np.float32), CELLS)
            for one in range(DIRECTIONS)
        ],
        axis=2,
    )
    # The constant keeps the grain of an empty cell from counting as structure.
    edges: np.ndarray = cells / (np.linalg.norm(cells, axis=2, keepdims=True) + 0.15)
    return edges


def small_of(pixels: np.ndarray) -> np.ndarray:
    """uint8 (H, W) → float32 (64, 64) in 0 … 255, stretched."""
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)


def normal_of(small: np.ndarray) -> np.ndarray:
    """float32 (h, w) → [0, 1], the darkest and the brightest 2 % cut off."""
    low, high = np.percentile(small, [2, 98])
    values: np.ndarray = np.clip((small - low) / max(high - low, 1.0), 0, 1).astype(np.float32)
    return values


def _shrunk(picture: np.ndarray, side: int) -> np.ndarray:
    return cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)


def _halves(shown: np.ndarray) -> list[float]:
    """Coarse tones of both halves taken together, and how far the halves differ, in four
    heights: lungs are dark, the middle is bright, the belly closes the picture below."""
    coarse = _shrunk(shown, CELLS)
    alike, unlike = (coarse + coarse[:, ::-1]) / 2, (coarse - coarse[:, ::-1]) / 2
    heights = np.sqrt((unlike.reshape(4, 2, CELLS)[:, :, : CELLS // 2] ** 2).mean(axis=(1, 2)))
    return [*alike[:, : CELLS // 2].ravel(), *heights]


def _agreement(edges: np.ndarray, wanted: np.ndarray) -> list[float]:
    """Cosine between the picture's directions and a frontal film's, in 4 × 4 places."""
    lengths = np.linalg.norm(edges, axis=2) * np.linalg.norm(wanted, axis=2)
    cosine = ((edges * wanted).sum(axis=2) / (lengths + 1e-3)).astype(np.float32)
    return list(_shrunk(cosine, 4).ravel())


def _structure(shown: np.ndarray) -> list[float]:
    """Detail from fine to coarse, as powers of ten: grain, text and noise have too much."""
    found = []
    for _ in range(4):
        smooth = cv2.GaussianBlur(shown, (0, 0), 1.2)
        found.append(float(np.log10(1e-4 + np.abs(shown - smooth).mean())))
        shown = _shrunk(smooth, len(shown) // 2)
    return found


def _places(shown: np.ndarray, tones: np.ndarray) -> list[float]:
    """Correlation with the own mirror image and with a frontal film, where they fit best."""
    coarse = _shrunk(shown, TONES)
    mirrored = [_correlation(np.roll(coarse, by, 1), coarse[:, ::-1]) for by in range(-2, 3)]
    inner = slice(2, TONES - 2)
    fits = [
        _correlation(np.roll(coarse, (down, across), (0, 1))[inner, inner], tones[inner, inner])
        for down in range(-2, 3)
        for across in range(-1, 2)
    ]
    return [max(mirrored), max(fits)]


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    one, other = one - one.mean(), other - other.mean()
    length = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / length if length > 1e-6 else 0.0


def _greys(pixels: np.ndarray, small: np.ndarray) -> list[float]:
    """Charts and pages have few greys and flat areas; a film has neither."""
    height, width = pixels.shape
    size = (min(width, 128), min(height, 128))
    sample = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
    shares = np.bincount(sample.ravel(), minlength=256) / sample.size
    commonest = np.sort(shares)[::-1]
    present = shares[shares > 0]
    steps = np.abs(np.diff(small, axis=1))
    return [
        commonest[0],
        commonest[:4].sum(),
        float(-(present * np.log2(present)).sum()),
        sample.mean() / 255,
        sample.std() / 255,
        (sample > 250).mean(),
        (sample < 5).mean(),
        (steps < 0.8).mean(),
        float(np.percentile(steps, 99)) / 255,
        float(np.clip(np.log(width / height), -2, 2)),
    ]
