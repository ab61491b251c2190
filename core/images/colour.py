"""How much of a picture is in colour, and its grey."""

from __future__ import annotations

import cv2
import numpy as np

SAMPLED = 64  # px a side: where colour is looked for
GREY_SPREAD = 24  # of 255: channels this far apart are a colour, not a scanner's tint
LIGHT = (0.299, 0.587, 0.114)  # of red, green and blue in what the eye takes for brightness


def share_of_colour(picture: np.ndarray) -> float:
    """Share (0 to 1) of uint8 (H, W, 3) whose colour is not the one that its brightness has
    elsewhere. So a film photographed in warm light, or printed bluish, is as grey as any other.

    At most 64 × 64 of the pixels are looked at: a share is known well enough from those.
    """
    height, width = picture.shape[:2]
    size = (min(width, SAMPLED), min(height, SAMPLED))
    sample = cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST)
    channels = sample.reshape(-1, 3).astype(np.float64)
    if np.ptp(channels, axis=1).max() <= GREY_SPREAD:
        return 0.0
    grey = channels.mean(axis=1) / 255
    tint = np.stack([np.ones_like(grey), grey, grey**2], axis=1)
    rest = channels - tint @ np.linalg.lstsq(tint, channels, rcond=None)[0]
    return float((np.ptp(rest, axis=1) > GREY_SPREAD).mean())


def deep_grey(picture: np.ndarray) -> np.ndarray:
    """Grey of a colour picture (H, W, 3) of more than 8 bits, as numbers of its own kind."""
    if np.array_equal(picture[..., 0], picture[..., 1]) and np.array_equal(
        picture[..., 1], picture[..., 2]
    ):
        return np.ascontiguousarray(picture[..., 0])
    grey = np.empty(picture.shape[:2], picture.dtype)
    for row, colours in enumerate(picture):
        grey[row] = np.rint(colours @ np.array(LIGHT))
    return grey


def to_8_bits(picture: np.ndarray) -> np.ndarray:
    """A colour picture (H, W, 3) between its own ends, as uint8; only to look for colour in."""
    step = max(1, picture.shape[0] // 256), max(1, picture.shape[1] // 256)
    few = picture[:: step[0], :: step[1]].astype(np.float64)
    low, high = few.min(), few.max()
    values: np.ndarray = ((few - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    return values
