"""The frozen part of a network, made quick at extracting features [K]."""

from __future__ import annotations

import keras
import numpy as np

from core.models.bn_fusion import fuse_batch_norm
from core.models.build import feature_model
from core.training import backend
from core.training.precision import FLOAT32, Mode


class FeatureExtractor:
    """From films to vectors in any arithmetic; traced once in each, for one number of films.

    ``whole``: from ``build_model``, in float32. Its weights are copied where something can
    be folded, so it need not be kept.
    """

    def __init__(self, whole: keras.Model) -> None:
        self._body = fuse_batch_norm(feature_model(whole))
        self._traced: dict[Mode, keras.Model] = {}

    def extract(self, films: np.ndarray, mode: Mode = FLOAT32) -> np.ndarray:
        """Preprocessed films (n, S, S, 3) → vectors (n, channels), in the mode's dtype."""
        mode.apply(self._body)  # each time: PyTorch traces nothing
        if mode not in self._traced:
            self._traced[mode] = keras.Model(self._body.input, self._body.output)
            self._traced[mode].compile(jit_compile=backend.jit_compile(mode.xla))
        return np.asarray(self._traced[mode].predict_on_batch(films))
