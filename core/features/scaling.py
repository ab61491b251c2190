"""Vectors brought to a size that a head can learn from. Numpy only.

Vectors of pretrained networks have a size that the study's head has always been trained on.
Those of a random network have any, and differ from film to film by a small part of it: the
head's ReLUs then die in the first epochs. A head without a hidden layer, or one on the vectors
of several blocks, wants channels that count alike: an L2 penalty compares their weights. So the
head learns from vectors that are moved and divided,
and when it is done, its first layer takes that over. The network stays what it was.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.features.vectors import FeatureVectors

CHUNK = 1024  # vectors in memory at a time
_LEAST = 1e-3


@dataclass(frozen=True)
class Scaling:
    """(vector − ``centre``) / ``unit``: the mean of the training films becomes 0 in each
    channel, float64 (channels), and their deviation 1: over all channels together (``unit`` is
    one number), or in each (float64 (channels)).

    One unit for all channels of a random network, because a channel that hardly differs says
    little, and rounding would be enlarged with it.
    """

    centre: np.ndarray
    unit: float | np.ndarray

    @classmethod
    def of(cls, vectors: FeatureVectors, *, by_channel: bool = False) -> Scaling:
        """Measured on all of them, part by part. ``by_channel``: a unit for each channel, though
        none below a thousandth of that of all together."""
        count = len(vectors)
        total: np.ndarray = np.zeros(1)
        squares: np.ndarray = np.zeros(1)
        for start in range(0, count, CHUNK):
            part = vectors[slice(start, start + CHUNK)].astype(np.float64)
            total = total + part.sum(axis=0)
            squares = squares + (part**2).sum(axis=0)
        centre = total / count
        variance = np.maximum(squares / count - centre**2, 0)
        together = float(np.sqrt(variance.mean())) or 1.0
        if not by_channel:
            return cls(centre, together)
        return cls(centre, np.maximum(np.sqrt(variance), together * _LEAST))

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """float32 (rows, channels) → float32 (rows, channels)."""
        values: np.ndarray = ((vectors - self.centre) / self.unit).astype(np.float32)
        return values

    def into(self, kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A dense layer for vectors as they are that answers as this one does for scaled ones:
        (channels, units) and (units), float32."""
        plain = kernel.astype(np.float64) / np.reshape(self.unit, (-1, 1))
        return plain.astype(np.float32), (bias - self.centre @ plain).astype(np.float32)
