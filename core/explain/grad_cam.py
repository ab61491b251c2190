"""Grad-CAM as published: each channel weighed by the mean of its gradient over all places.

Source: Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization, ICCV 2017, arXiv:1610.02391, equations 1 and 2.
"""

from __future__ import annotations

import numpy as np


def grad_cam(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The weighted sum of the channels at each place; float32 (h, w), of either sign (equation 2
    cuts it at 0 after this).

    ``features`` float32 (h, w, c): the last feature map of one film. ``gradients`` float32
    (h, w, c): of the class's logit (before the softmax) with respect to it.
    """
    weights = gradients.mean(axis=(0, 1))
    added: np.ndarray = features @ weights
    return added
