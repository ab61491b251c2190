"""HiResCAM: gradient times feature map, place by place.

Behind a head that pools the map, as all backbones here have one, it is Grad-CAM; where the head
reads places one by one, as the study's CNN does, it adds up to the score, which Grad-CAM does not
(docs/adr/0007-heat-place-by-place.md).

Source: Draelos and Carin, Use HiResCAM instead of Grad-CAM for faithful explanations of
convolutional neural networks, 2020, arXiv:2011.08891.
"""

from __future__ import annotations

import numpy as np


def hires_cam(features: np.ndarray, gradients: np.ndarray) -> np.ndarray:
    """What each place adds to a class's score; float32 (h, w), of either sign.

    ``features`` float32 (h, w, c): the last feature map of one film. ``gradients`` float32
    (h, w, c): of the class's logit (before the softmax) with respect to it.
    """
    added: np.ndarray = (features * gradients).sum(axis=2)
    return added
