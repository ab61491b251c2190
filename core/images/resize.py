"""Films to the size of a network's input, and to thumbnails."""

from __future__ import annotations

import cv2
import numpy as np


def resize(pixels: np.ndarray, size: int) -> np.ndarray:
    """Stretch uint8 (H, W) to uint8 (size, size), as the study did.

    Areas are averaged along a side that shrinks, so that fine structure does not turn
    into a pattern; a side that grows is interpolated linearly.
    """
    height, width = pixels.shape
    smaller = (min(width, size), min(height, size))
    if smaller != (width, height):
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
    if smaller != (size, size):
        pixels = cv2.resize(pixels, (size, size), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(pixels)


def thumbnail(pixels: np.ndarray, longest: int = 256) -> np.ndarray:
    """Shrink uint8 (H, W) so that its longer side is at most ``longest``; never enlarge."""
    height, width = pixels.shape
    scale = longest / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
