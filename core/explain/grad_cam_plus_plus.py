"""Grad-CAM++: each channel weighed by its gradients that speak for the class, strong ones less.

Source: Chattopadhay et al., Grad-CAM++: Generalized Gradient-based Visual Explanations for Deep
Convolutional Networks, WACV 2018, arXiv:1710.11063, equations 5, 7 and 19. With Y = exp(S), as
there, the derivatives of Y are powers of the gradient g of S times Y, and equation 19 becomes

    alpha = g² / (2 g² + g³ · sum of the channel) = 1 / (2 + g · sum of the channel),

in which nothing can vanish beside something else for being small.
"""

from __future__ import annotations

import numpy as np


def grad_cam_plus_plus(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """The weighted sum of the channels at each place; float32 (h, w), of either sign (equation 7
    cuts it at 0 after this).

    ``features`` float32 (h, w, c): the last feature map of one film. ``gradients`` float32
    (h, w, c): of the class's logit (before the softmax) with respect to it. The weights are means
    over the places where the paper sums, which is a factor for all. The paper takes the channels
    to be positive; one that is so negative that alpha would have no meaning is left out.
    """
    below = 2 + gradients * features.sum(axis=(0, 1))
    alpha = np.divide(1, below, out=np.zeros_like(below), where=below > 0)
    weights = (alpha * np.maximum(gradients, 0)).mean(axis=(0, 1))
    added: np.ndarray = features @ weights
    return added
