"""Which films pass a frozen network, how they are shown to it, and by what their vectors are
called: the same for a training and for whoever helps it."""

from __future__ import annotations

import numpy as np

from core.datasets.training_data import TrainingData
from core.features.source import FeatureSource, Variant
from core.specs import RunSpec


def passes_of(spec: RunSpec, data: TrainingData) -> list[tuple[np.ndarray, Variant]]:
    """Rows of ``data`` and how they are shown: first all films as they are, then those to train
    on, once for each augmented copy."""
    passes = [(np.arange(len(data.films)), Variant())]
    if spec.augment is not None:
        passes += [
            (data.rows("train"), Variant(spec.augment, spec.seed, number))
            for number in range(spec.augmented_copies)
        ]
    return passes


def feature_source(
    spec: RunSpec, data: TrainingData, preprocessing: str, backbone: str, channels: int
) -> FeatureSource:
    """All films of a data set. ``backbone``: the hash of the frozen weights and the arithmetic;
    ``preprocessing``: a kind of ``core.models.preprocess``."""
    return FeatureSource(
        data.films,
        data.film_ids.tolist(),
        spec.model,
        backbone,
        preprocessing,
        channels,
        spec.vector_blocks,
    )
