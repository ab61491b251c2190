"""From vectors to places on a plane, and who is near whom.

t-SNE (L. van der Maaten, G. Hinton, Visualizing data using t-SNE, Journal of Machine Learning
Research 9 (2008) 2579–2605) keeps neighbours together; distances between groups mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

COMPONENTS = 50  # what is kept of a vector: the rest is mostly noise
PERPLEXITY = 30.0  # about how many neighbours count; the authors' own value


def reduced(vectors: np.ndarray) -> np.ndarray:
    """float (n, c) → float32 (n, at most 50): principal components of vectors whose every number
    was brought to mean 0 and deviation 1."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(np.asarray(vectors, dtype=np.float64))
    parts = max(1, min(COMPONENTS, len(scaled) - 1, scaled.shape[1]))
    found: np.ndarray = PCA(parts, svd_solver="randomized", random_state=0).fit_transform(scaled)
    return found.astype(np.float32)


def placed(points: np.ndarray, check: Callable[[], None]) -> np.ndarray:
    """float32 (n, c), n at least 4 → float32 (n, 2) around 0, the widest side 2.

    The same points give the same places on one machine. ``check`` is called before and after; it
    may raise to stop.
    """
    from sklearn.manifold import TSNE

    check()
    perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
    way = "pca" if points.shape[1] >= 2 else "random"
    found = TSNE(2, perplexity=perplexity, init=way, random_state=0).fit_transform(points)
    check()
    centred = found - (found.max(axis=0) + found.min(axis=0)) / 2
    widest = float(np.ptp(centred, axis=0).max())
    places: np.ndarray = (centred * (2 / widest if widest else 1)).astype(np.float32)
    return places


def nearest(points: np.ndarray, most: int) -> np.ndarray:
    """float (n, c) → int (n, at most ``most``): the rows of the others nearest to each."""
    from sklearn.neighbors import NearestNeighbors

    few = min(most, len(points) - 1)
    found = NearestNeighbors(n_neighbors=few).fit(points).kneighbors(return_distance=False)
    rows: np.ndarray = np.asarray(found, dtype=int)
    return rows
