"""How like a film is to those that a run has learnt from, and which of them are nearest.

One descriptor for every network, not the network's own vectors: those of a network that has
learnt a shortcut are near each other for the wrong reason, those of another architecture
would need to be worked out and kept anew, and a person who looks at the neighbours can see
what this one goes by: tones and edges at low resolution.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from filelock import FileLock

from core.cache import mark_used
from core.errors import ThoraxLensError
from core.evaluation.predictions import Predictions
from core.files import ARRAY_DAMAGES, written_whole
from core.gate.handcrafted_features import (
    CELLS,
    DIRECTIONS,
    SIDE,
    edges_of,
    normal_of,
    small_of,
)
from core.runs.files import RunFiles
from core.workspace import Workspace

VERSION = 1  # raise it when the same film gives another descriptor
TONES = SIDE // 2
LENGTH = TONES**2 + CELLS**2 * DIRECTIONS
NEAREST = 3
USUAL = 0.99  # of the training films are at most so far from their own nearest
SAME = 0.15  # a film and its own thumbnail are up to 0.1 apart, two films mostly 0.4 and more
COMPARED = 10_000  # training films that a film is compared with, at most: 6 kB of memory each
SAMPLED = 2000  # training films to learn the usual distance from; more say the same
_AT_ONCE = 256
BROUGHT = 900  # the most training films whose descriptors go with a run into another data folder
_STEPS = 127  # the largest whole number of a descriptor that is kept in bytes


@dataclass(frozen=True)
class Neighbour:
    """A training film near to one that was asked about; ``distance`` from 0 (the same) to 2."""

    film_id: str
    class_name: str
    distance: float


@dataclass(frozen=True)
class Similarity:
    """``unlike``: further from its nearest training films than 99 % of these are from theirs.
    ``distance``: its mean distance to them; ``usual``: the one that 99 % stay within.
    ``learnt``: how many training films there are, where only some of them, drawn by lot, were
    compared; else 0."""

    unlike: bool
    distance: float
    usual: float
    nearest: tuple[Neighbour, ...]
    learnt: int = 0

    @property
    def seen(self) -> bool:
        """Whether the film itself, or nearly the same, was among the training films."""
        return self.nearest[0].distance < SAME


def descriptor(pixels: np.ndarray) -> np.ndarray:
    """uint8 (H, W) → float32 (LENGTH,) of length 1: equalised tones and edge directions."""
    shown = small_of(pixels)
    tones = cv2.equalizeHist(cv2.resize(shown.astype(np.uint8), (TONES, TONES))).astype(np.float32)
    parts = [(tones - tones.mean()).ravel(), edges_of(normal_of(shown)).ravel()]
    lengths = [float(np.linalg.norm(one)) for one in parts]
    # Both count alike; a picture of one grey has no tones and no edges, and stays zero.
    whole = [one / (length * 2**0.5 or 1) for one, length in zip(parts, lengths, strict=True)]
    return np.concatenate(whole).astype(np.float32)


class TrainingFilms:
    """Descriptors of the films that one run has learnt from, at least two. ``learnt``: how many
    there are in all, where these are only some of them."""

    def __init__(
        self,
        film_ids: Sequence[str],
        class_names: Sequence[str],
        descriptors: np.ndarray,
        learnt: int = 0,
    ) -> None:
        self._learnt = learnt
        self._film_ids = film_ids
        self._class_names = class_names
        self._descriptors = np.asarray(descriptors, dtype=np.float32)
        self._usual = self._usual_distance()

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What ``from_arrays`` takes, 1.1 kB a film when packed: each number as a byte, times
        the film's own scale. Of more than ``BROUGHT`` films so many, drawn evenly.

        Measured on 2,412 real films against three sets of training films: no distance moved by
        more than 0.005, and none was called unlike that was not before, or the reverse.
        """
        chosen = np.arange(len(self._descriptors))
        if len(chosen) > BROUGHT:
            chosen = np.sort(np.random.default_rng(0).permutation(chosen)[:BROUGHT])
        rows = self._descriptors[chosen]
        scales = np.abs(rows).max(axis=1, keepdims=True) / _STEPS
        whole = np.rint(rows / np.where(scales > 0, scales, 1))
        return {
            "version": np.array(VERSION),
            "film_ids": np.array(self._film_ids, dtype=str)[chosen],
            "class_names": np.array(self._class_names, dtype=str)[chosen],
            "descriptors": whole.astype(np.int8),
            "scales": scales.astype(np.float32),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> TrainingFilms | None:
        """None for what another version wrote, whose descriptors mean something else. Raises
        ValueError or KeyError for what does not fit together."""
        if arrays["version"].shape != () or int(arrays["version"]) != VERSION:
            return None
        whole, scales = arrays["descriptors"], arrays["scales"]
        film_ids, class_names = arrays["film_ids"], arrays["class_names"]
        films = len(whole)
        fits = (
            whole.dtype == np.int8
            and whole.shape == (films, LENGTH)
            and scales.shape == (films, 1)
            and film_ids.shape == class_names.shape == (films,)
            and np.isfinite(scales).all()
        )
        if not fits or films < 2:
            raise ValueError("descriptors that do not fit together")
        return cls(film_ids.tolist(), class_names.tolist(), whole * scales.astype(np.float32))

    def compare(self, pixels: np.ndarray) -> Similarity:
        """uint8 (H, W) → its nearest training films, the nearest first."""
        distances = _distances(descriptor(pixels)[None], self._descriptors)[0]
        nearest = np.argsort(distances, kind="stable")[:NEAREST]
        mean = float(distances[nearest].mean())
        found = tuple(
            Neighbour(self._film_ids[one], self._class_names[one], float(distances[one]))
            for one in nearest
        )
        return Similarity(mean > self._usual, mean, self._usual, found, self._learnt)

    def _usual_distance(self) -> float:
        """Each training film is asked about as if it were not among the others."""
        count = len(self._descriptors)
        asked = np.random.default_rng(0).permutation(count)[:SAMPLED]
        means = []
        for start in range(0, len(asked), _AT_ONCE):
            rows = asked[start : start + _AT_ONCE]
            distances = _distances(self._descriptors[rows], self._descriptors)
            distances[np.arange(len(rows)), rows] = np.inf
            few = min(NEAREST, count - 1)
            means.append(np.partition(distances, few - 1, axis=1)[:, :few].mean(axis=1))
        return float(np.quantile(np.concatenate(means), USUAL))


def training_films(workspace: Workspace, files: RunFiles) -> TrainingFilms | None:
    """Those of a finished run, from the thumbnails that the import made.

    The descriptors are kept in the workspace's cache; a run from elsewhere brought its own. Of
    more than ``COMPARED`` films so many are drawn by lot. None for a run that left no predictions,
    or whose films are no longer in the catalogue.
    """
    if files.vectors.is_file():
        return _brought(files.vectors)
    try:
        predictions = Predictions.load(files.predictions)
    except ThoraxLensError:
        return None
    trained = rows = np.flatnonzero(predictions.split == "train")
    if len(trained) > COMPARED:  # an id is a hash: the first ones are as good as drawn by lot
        rows = trained[np.sort(np.argsort(predictions.film_ids[trained], kind="stable")[:COMPARED])]
    there = [
        (str(film_id), predictions.classes[truth])
        for film_id, truth in zip(predictions.film_ids[rows], predictions.y_true[rows], strict=True)
        if workspace.thumbnail(str(film_id)).is_file()
    ]
    if len(there) < 2:
        return None
    film_ids = [film_id for film_id, _ in there]
    descriptors = _kept_descriptors(workspace, film_ids)
    of = len(trained) if len(trained) > len(rows) else 0
    return TrainingFilms(film_ids, [name for _, name in there], descriptors, of)


def _brought(file: Path) -> TrainingFilms | None:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return TrainingFilms.from_arrays(arrays)
    except ARRAY_DAMAGES:
        return None


def _kept_descriptors(workspace: Workspace, film_ids: Sequence[str]) -> np.ndarray:
    name = hashlib.sha256("\n".join([f"likeness {VERSION}", *film_ids]).encode()).hexdigest()[:32]
    file = workspace.feature_cache / f"{name}.npy"
    made = None
    with suppress(OSError):  # a full disk: then they are not kept
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            kept = _read(file)
            if kept is not None and len(kept) == len(film_ids):
                return kept
            made = _described(workspace, film_ids)
            with written_whole(file) as temporary:
                np.save(temporary, made)
    return _described(workspace, film_ids) if made is None else made


def _described(workspace: Workspace, film_ids: Sequence[str]) -> np.ndarray:
    return np.stack([_of_thumbnail(workspace, one) for one in film_ids]).astype(np.float16)


def _read(file: Path) -> np.ndarray | None:
    """None when it is not made yet, or damaged; then it is made again."""
    try:
        # Mapped: what is compared with is another copy, of numbers twice as long.
        kept: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
    except ARRAY_DAMAGES:
        return None
    mark_used(file)
    return kept


def _of_thumbnail(workspace: Workspace, film_id: str) -> np.ndarray:
    pixels = cv2.imread(str(workspace.thumbnail(film_id)), cv2.IMREAD_GRAYSCALE)
    # A damaged one is far from everything, as it should be.
    return descriptor(np.zeros((SIDE, SIDE), np.uint8) if pixels is None else pixels)


def _distances(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Euclidean, float32 (a, b)."""
    distances: np.ndarray = _squares(some)[:, None] + _squares(others)[None]
    distances -= 2 * some @ others.T
    np.maximum(distances, 0, out=distances)  # in its place: of many films it is large
    np.sqrt(distances, out=distances)
    return distances


def _squares(rows: np.ndarray) -> np.ndarray:
    """float32 (n,): the sum of each row's squares; of a few rows at a time, because all of them
    squared take as much memory as they do."""
    parts = [
        (rows[start : start + _AT_ONCE] ** 2).sum(axis=1) for start in range(0, len(rows), _AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)
