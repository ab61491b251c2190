"""A heat map drawn on a film."""

from __future__ import annotations

import cv2
import numpy as np

from core.palette import heat_ramp

_RAMP = np.array(heat_ramp(), np.uint8)


def overlay(pixels: np.ndarray, heat: np.ndarray, opacity: float) -> np.ndarray:
    """Draw ``heat`` on a film; uint8 (H, W, 3), RGB.

    ``pixels``: uint8 (H, W). ``heat``: float32 (h, w) in [0, 1], enlarged to the film.
    ``opacity`` in [0, 1]: how much of the film the hottest spot covers. Cover falls with
    the heat, so cold parts show the film as it is.
    """
    spread = enlarge(heat, pixels.shape)
    colours = _colours(np.rint(spread * 255).astype(np.uint8)).astype(np.float32)
    cover = (float(np.clip(opacity, 0, 1)) * spread)[..., np.newaxis]
    film = np.repeat(pixels[..., np.newaxis], 3, axis=2).astype(np.float32)
    return np.rint(film * (1 - cover) + colours * cover).astype(np.uint8)


def enlarge(heat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """``heat`` (h, w) at a film's size ``shape`` (H, W): float32 in [0, 1]."""
    height, width = shape
    warm = np.clip(np.nan_to_num(np.asarray(heat, dtype=np.float32)), 0, 1)
    # Linear, not cubic: a cubic curve would overshoot and invent heat.
    return np.asarray(cv2.resize(warm, (width, height), interpolation=cv2.INTER_LINEAR))


def _colours(levels: np.ndarray) -> np.ndarray:
    found: np.ndarray = _RAMP[levels]
    return found
