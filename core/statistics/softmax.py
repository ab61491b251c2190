"""From logits to probabilities and back, in numpy: what a network's last layer leaves out."""

from __future__ import annotations

import numpy as np

# A stored probability of 0 is one too small to write; without a floor its logit is −∞, and
# one such film would decide everything.
FLOOR = 1e-12


def softmax(logits: np.ndarray) -> np.ndarray:
    """Logits (…, k), finite, to probabilities float64 (…, k) that add up to 1 along the last axis.

    Single precision loses what a threshold turns on: always computed in double. SciPy's
    ``special.softmax`` gives the same; the first page does not wait for it.
    """
    return np.asarray(np.exp(log_softmax(logits)))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """The natural logarithm of ``softmax``, float64 (…, k), also where that is too small to
    write. Less the largest logit first, so that no power overflows."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def logits_of(probabilities: np.ndarray) -> np.ndarray:
    """Logits float64 (…, k) whose softmax is ``probabilities`` (…, k, 0 to 1, floor 1e-12).

    The logarithm of a softmax is its logits less one constant, which the next softmax undoes.
    """
    return np.log(np.clip(np.asarray(probabilities, dtype=np.float64), FLOOR, 1))
