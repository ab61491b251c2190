"""Grad-CAM's arithmetic, in numpy; the model's part is in keras_cam.py.

Source: Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization, ICCV 2017, arXiv:1610.02391, equations 1 and 2.
"""

from __future__ import annotations

import numpy as np


def grad_cam(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """Which places of the feature map speak for a class; float32 (h, w) in [0, 1].

    ``features`` (h, w, c): the last feature map of one film. ``gradients`` (h, w, c): of
    the class's logit (before the softmax) with respect to it. Each channel is weighted by
    its mean gradient; what speaks against the class is cut off at 0, and the strongest
    place is 1. All zeros when no place speaks for the class.
    """
    if features.ndim != 3 or features.shape != gradients.shape:
        raise ValueError(
            "features and gradients must both be (h, w, channels), "
            f"not {features.shape} and {gradients.shape}"
        )
    channel_weights = gradients.astype(np.float32).mean(axis=(0, 1))
    heat = np.maximum(features.astype(np.float32) @ channel_weights, 0)
    strongest = heat.max()
    return heat / strongest if strongest > 0 else heat
