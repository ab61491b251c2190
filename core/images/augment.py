"""Random changes to a training film; the preview and the training run the same code."""

from __future__ import annotations

import cv2
import numpy as np

from core.specs import AugmentSpec


def augment(pixels: np.ndarray, spec: AugmentSpec, rng: np.random.Generator) -> np.ndarray:
    """One random variant of uint8 (H, W), as uint8 (H, W); depends on ``rng`` only.

    Flips, zoom, rotation and shift are one affine map, so the film is interpolated once.
    What comes in from outside the film is black: the same for every film. Repeating or
    mirroring the border would enlarge a film's own frame or marker, by which a network
    tells the sources apart. A spec of zeros returns an equal copy.
    """
    height, width = pixels.shape
    # Always seven draws, so that changing one setting leaves the others' draws as they were.
    turn, zoom, right, down, light = rng.uniform(-1.0, 1.0, size=5)
    mirror, topple = rng.random(size=2) < 0.5
    mirror, topple = mirror and spec.horizontal_flip, topple and spec.vertical_flip

    matrix = cv2.getRotationMatrix2D(
        ((width - 1) / 2, (height - 1) / 2), turn * spec.rotation, 1.0 + zoom * spec.zoom
    )
    if mirror:
        matrix = matrix @ np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])
    if topple:
        matrix = matrix @ np.array([[1.0, 0, 0], [0, -1, height - 1], [0, 0, 1]])
    matrix[:, 2] += right * spec.shift * width, down * spec.shift * height

    if np.allclose(matrix, np.eye(2, 3)):
        changed = pixels.copy()
    else:
        changed = cv2.warpAffine(
            pixels,
            matrix,
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
    if spec.brightness:
        changed = cv2.convertScaleAbs(
            np.clip(changed.astype(np.int16) + round(light * spec.brightness * 255), 0, 255)
        )
    return changed
