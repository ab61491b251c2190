"""From a network's last feature maps and their gradients to a heat map; the model's part is in
keras_cam.py, the methods' in files of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from core.explain.grad_cam import grad_cam
from core.explain.grad_cam_plus_plus import grad_cam_plus_plus
from core.explain.hires_cam import hires_cam
from core.explain.methods import DEFAULT, Method

GRADIENT_METHODS: Mapping[Method, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "hires_cam": hires_cam,
    "grad_cam": grad_cam,
    "grad_cam_plus_plus": grad_cam_plus_plus,
}


def heat_map(features: np.ndarray, gradients: np.ndarray, method: Method = DEFAULT) -> np.ndarray:
    """Which places of the feature map speak for a class; float32 (h, w) in [0, 1].

    ``features`` (h, w, c): the last feature map of one film. ``gradients`` (h, w, c): of
    the class's logit (before the softmax) with respect to it. ``method``: one of
    ``GRADIENT_METHODS``. All zeros when no place speaks for the class, or when there are numbers
    that are not finite.
    """
    if features.ndim != 3 or features.shape != gradients.shape:
        raise ValueError(
            "features and gradients must both be (h, w, channels), "
            f"not {features.shape} and {gradients.shape}"
        )
    with np.errstate(invalid="ignore", over="ignore"):  # looked at by warmed
        return warmed(
            GRADIENT_METHODS[method](features.astype(np.float32), gradients.astype(np.float32))
        )


def warmed(added: np.ndarray) -> np.ndarray:
    """What each place adds, float (h, w), as a heat map float32 in [0, 1]: what speaks against the
    class is cut off at 0, and the strongest place is 1. All zeros where nothing speaks for it, or
    where numbers are not finite."""
    heat: np.ndarray = np.maximum(np.asarray(added, np.float32), 0)
    if not np.isfinite(heat).all():  # a network that diverged: no place can be told from another
        return np.zeros_like(heat)
    strongest = heat.max()
    return heat / strongest if strongest > 0 else heat


def added_maps(
    maps: Sequence[np.ndarray], gradients: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Several feature maps of one film, and the gradients of one score with respect to each, as
    one of each for ``heat_map`` and ``why_blank``: float32 (h, w, channels of all), at the size
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


def why_blank(features: np.ndarray, gradients: np.ndarray, method: Method = DEFAULT) -> str:
    """Why ``heat_map`` of these shows no warm place, for the middle of a sentence; empty where
    it shows one."""
    if not (np.isfinite(features).all() and np.isfinite(gradients).all()):
        return "the network's numbers are not finite for this film; its training may have diverged"
    if heat_map(features, gradients, method).any():
        return ""
    if not features.any():
        return "the network passes nothing of this film on to its last layers"
    if not gradients.any():
        return "no place of the film would change this class's score"
    against = "all that the network sees in this film speaks against this class"
    # The others' weights are not the network's own where its head reads places one by one.
    return against if method == "hires_cam" else f"as this method weighs it, {against}"
