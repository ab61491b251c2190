"""Drawing with anti-aliasing into small float pictures, for the phantom films."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.datasets.phantom_anatomy import Points

# cv2 promises no more than "an array": a Layer is float32 (S,S), Pixels are uint8 (S,S).
Layer = NDArray[Any]
Pixels = NDArray[Any]
_FRACTION = 4  # bits below the pixel that cv2 takes for anti-aliasing


class Canvas:
    """Draws outlines given in film sides, turned, scaled and shifted as the patient stood."""

    def __init__(self, size: int, turn: float, scale: float, shift: tuple[float, float]) -> None:
        self.size = size
        cos, sin = scale * np.cos(turn), scale * np.sin(turn)
        self._matrix = np.array([[cos, sin], [-sin, cos]])
        self._middle = np.array([0.5 + shift[0], 0.5 + shift[1]])

    def place(self, points: Points) -> NDArray[Any]:
        placed = (points - [0.0, 0.5]) @ self._matrix + self._middle
        values: np.ndarray = np.round((placed * self.size - 0.5) * 2**_FRACTION).astype(np.int32)
        return values

    def blank(self) -> Pixels:
        return np.zeros((self.size, self.size), np.uint8)

    def fill(self, image: Pixels, points: Points, value: int = 255) -> None:
        """Fill one outline (n, 2), or several (k, n, 2) that do not overlap."""
        outlines = self.place(points)
        cv2.fillPoly(image, list(outlines.reshape(-1, *outlines.shape[-2:])), value,
                     cv2.LINE_AA, _FRACTION)  # fmt: skip

    def line(self, image: Pixels, points: Points, width: float, value: int = 255) -> None:
        """Draw one line (n, 2) or several (k, n, 2); below a pixel it gets fainter, not thinner."""
        wide = width * self.size
        thick = max(1, round(wide))
        shade = int(value * min(1.0, wide / thick))
        placed = self.place(points)
        lines = list(placed.reshape(-1, *placed.shape[-2:]))
        cv2.polylines(image, lines, False, shade, thick, cv2.LINE_AA, _FRACTION)

    def soft(self, image: Layer, sigma: float) -> Layer:
        """The image as float32, 0…1 if it was uint8, blurred by ``sigma`` film sides."""
        layer = image.astype(np.float32) / 255 if image.dtype == np.uint8 else image
        return blur(layer, sigma * self.size)

    def shape(self, outlines: Sequence[Points], sigma: float, value: int = 255) -> Layer:
        image = self.blank()
        for points in outlines:
            self.fill(image, points, value)
        return self.soft(image, sigma)


def blur(layer: Layer, sigma: float) -> Layer:
    """Gaussian blur; a wide one is made on a smaller copy, which looks the same."""
    if sigma < 3:
        return cv2.GaussianBlur(layer, (0, 0), sigma) if sigma > 0.2 else layer
    shrink = int(sigma // 1.5)
    height, width = layer.shape
    small = (max(8, width // shrink), max(8, height // shrink))
    copy = cv2.resize(layer, small, interpolation=cv2.INTER_AREA)
    copy = cv2.GaussianBlur(copy, (0, 0), sigma * small[0] / width)
    return cv2.resize(copy, (width, height), interpolation=cv2.INTER_LINEAR)


def clouds(rng: np.random.Generator, size: int, cells: Sequence[int]) -> Layer:
    """Smooth noise of several scales, standard deviation 1, float32 (size,size).

    ``cells``: how many grains fit along a side, the coarsest first.
    """
    total: Layer = np.zeros((2, 2), np.float32)
    for count in (*cells, size):
        total = cv2.resize(total, (count, count), interpolation=cv2.INTER_CUBIC)
        if count != size:
            total = total + rng.standard_normal((count, count), dtype=np.float32)
    return total / np.float32(total.std() + 1e-6)
