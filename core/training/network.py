"""The network of a run [K]: what learns, and the frozen rest only when somebody needs it.

A large backbone takes longer to build than its head to train. A second run on the same films
finds all vectors on disk, so it never builds the backbone; that this is the same backbone is
known from its hash, which is kept for weights that have been built before.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from core.features.vectors import BATCH
from core.files import remembered
from core.models.build import backbone_hash, build_head, build_model, head_model
from core.models.network import HeadForm, Network
from core.specs import RunSpec
from core.training.checkpoint import put, values_of
from core.training.feature_extractor import FeatureExtractor
from core.training.precision import FLOAT32, Mode, Step, choose_mode


class TrainableNetwork:
    """``learns``: the head of a backbone, all of the CNN. ``backbone``: the hash of the frozen
    weights, "" for the CNN. ``weights``: a file, or None for random ones; ``known``: the
    file that keeps hashes."""

    def __init__(
        self,
        network: Network,
        spec: RunSpec,
        size: int,
        classes: int,
        weights: Path | None,
        known: Path,
    ) -> None:
        self._network = network
        self._spec, self._size, self._classes, self._weights = spec, size, classes, weights
        self._whole: keras.Model | None = None
        self._extractor: FeatureExtractor | None = None
        self.is_frozen = network.is_frozen
        if self.is_frozen:
            self.learns = build_head(
                network,
                classes=classes,
                dropout=spec.dropout,
                seed=spec.trained_seed,
                form=HeadForm.of(spec),
            )
            self.backbone = self._hash(known)
        else:
            self.learns = self.whole()
            self.backbone = ""

    def whole(self) -> keras.Model:
        """From film to logits; built on the first call, the head as it is by then."""
        if self._whole is None:
            spec = self._spec
            self._whole = build_model(
                self._network,
                image_size=self._size,
                classes=self._classes,
                dropout=spec.dropout,
                weights=self._weights or "random",
                seed=spec.seed if self.is_frozen else spec.trained_seed,
                form=HeadForm.of(spec),
            )
        if self.is_frozen:
            put(head_model(self._whole).weights, values_of(self.learns.weights))
        return self._whole

    def extract(self, films: np.ndarray, mode: Mode = FLOAT32) -> np.ndarray:
        """What the frozen part of a backbone makes of preprocessed films float32 (n, S, S, 3):
        vectors (n, channels). The same n each time, or it is traced anew."""
        if self._extractor is None:
            self._extractor = FeatureExtractor(self.whole())
            if not self._spec.fine_tune:
                self._whole = None  # a second copy of its weights, which nobody needs any more
        return self._extractor.extract(films, mode)

    def extraction_mode(self, speeds: Path, check: Callable[[], None]) -> Mode:
        """The fastest way for the frozen part to look at films, which all who ask on this device
        agree about (``core.training.precision``): so they find each other's vectors."""
        # As many as are looked at later, so that what is traced here serves then.
        films = np.random.default_rng(0).random((BATCH, self._size, self._size, 3), np.float32)

        def step(way: Mode) -> Step:
            return lambda: self.extract(films, way)

        return choose_mode(speeds, self._network.name, self._size, BATCH, step, check)

    def _hash(self, known: Path) -> str:
        key = f"{self._network.name} {self._identity()} keras {keras.__version__}"
        return remembered(known, key, lambda: backbone_hash(self.whole()))

    def _identity(self) -> str:
        """What the frozen weights are, without reading them."""
        if self._weights is None:
            return f"random {self._spec.seed}"
        state = self._weights.stat()
        return f"{self._weights} {state.st_size} {state.st_mtime_ns}"
