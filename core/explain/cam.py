"""Grad-CAM's arithmetic, in numpy; the model's part is in keras_cam.py.

Gradient and feature map are multiplied place by place (HiResCAM) instead of averaging the
gradient over the places first. Where the head pools the map, as all backbones here do, the
gradient is the same at each place, so both are the same heat; where it does not, as in the
study's CNN, the average mixes up the places (docs/adr/0007-heat-place-by-place.md).

Sources: Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization, ICCV 2017, arXiv:1610.02391, equations 1 and 2; Draelos and
Carin, Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
networks, 2020, arXiv:2011.08891.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def grad_cam(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Which places of the feature map speak for a class; float32 (h, w) in [0, 1].

    ``features`` (h, w, c): the last feature map of one film. ``gradients`` (h, w, c): of
    the class's logit (before the softmax) with respect to it. Their product is summed over
    the channels; what speaks against the class is cut off at 0, and the strongest place is
    1. All zeros when no place speaks for the class, or when there are numbers that are not finite.
    """
    if features.ndim != 3 or features.shape != gradients.shape:
        raise ValueError(
            "features and gradients must both be (h, w, channels), "
            f"not {features.shape} and {gradients.shape}"
        )
    with np.errstate(invalid="ignore", over="ignore"):  # looked at just below
        products = features.astype(np.float32) * gradients.astype(np.float32)
        heat: np.ndarray = np.maximum(products.sum(axis=2), 0)
    if not np.isfinite(heat).all():  # a network that diverged: no place can be told from another
        return np.zeros_like(heat)
    strongest = heat.max()
    return heat / strongest if strongest > 0 else heat


def added_maps(
    maps: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Several feature maps of one film, and the gradients of one score with respect to each, as
    one of each for ``grad_cam`` and ``why_blank``: float32 (h, w, channels of all), at the size
    of the map with the most places.

    A place of a coarser map becomes several: its values are repeated and its gradients shared
    out among them, so that the sum over all places, what the map adds to the score, stays. One
    map passes through. Sizes must be multiples of each other; where they are not (a film whose
    side is no multiple of 32), the nearest place is taken and the gradients are scaled to the
    same sum.
    """
    if len(maps) == 1:
        return maps[0], gradients[0]
    height, width = max((one.shape[:2] for one in maps), key=lambda shape: shape[0] * shape[1])
    seen, slopes = [], []
    for values, slope in zip(maps, gradients, strict=True):
        rows = np.arange(height) * values.shape[0] // height
        columns = np.arange(width) * values.shape[1] // width
        share = np.float32(values.shape[0] * values.shape[1] / (height * width))
        seen.append(values[rows][:, columns])
        slopes.append(slope[rows][:, columns] * share)
    return np.concatenate(seen, axis=2), np.concatenate(slopes, axis=2)


def why_blank(features: np.ndarray, gradients: np.ndarray) -> str:
    """Why ``grad_cam`` of these shows no warm place, for the middle of a sentence; empty where
    it shows one."""
    if not (np.isfinite(features).all() and np.isfinite(gradients).all()):
        return "the network's numbers are not finite for this film; its training may have diverged"
    if grad_cam(features, gradients).any():
        return ""
    if not features.any():
        return "the network passes nothing of this film on to its last layers"
    if not gradients.any():
        return "no place of the film would change this class's score"
    return "all that the network sees in this film speaks against this class"
