"""What a run trains on: the data set's films as one array, with classes and splits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from core.datasets.folds import OF_FOLDS, fold_split
from core.errors import InputError, TrainingError
from core.images.film_array import film_array
from core.specs import RepeatSpec
from core.store import Store
from core.workspace import Workspace


@dataclass(frozen=True)
class TrainingData:
    """One row a film. ``films``: uint8 (n, S, S), memory-mapped; ``film_ids`` and
    ``split``: str (n,); ``y_true``: int64 (n,), index into ``classes``."""

    classes: tuple[str, ...]
    films: np.ndarray
    film_ids: np.ndarray
    split: np.ndarray
    y_true: np.ndarray

    def rows(self, split: str) -> np.ndarray:
        """Indices int64 of the films of one split, in the data set's order."""
        return np.flatnonzero(self.split == split)

    def which(self) -> str:
        """SHA-256 in hex of classes, films and splits, in order: another one for a data set that
        was made anew under its name, and for films that are dealt out otherwise."""
        told = hashlib.sha256()
        for words in (self.classes, self.film_ids.tolist(), self.split.tolist()):
            told.update(("\n".join(words) + "\n\n").encode())
        told.update(self.y_true.astype("<i8").tobytes())
        return told.hexdigest()

    def one_hot(self) -> np.ndarray:
        """float32 (n, k)."""
        values: np.ndarray = np.eye(len(self.classes), dtype=np.float32)[self.y_true]
        return values


def load_training_data(
    store: Store,
    dataset: str,
    image_size: int,
    progress: Callable[[int, int], None] | None,
    *,
    repeat: RepeatSpec | None = None,
    caches: Workspace | None = None,
) -> TrainingData:
    """The data set's films; for one of several folds, dealt out by ``fold_split``.

    ``caches``: where decoded films are kept, None for the store's own workspace.
    Raises NotFoundError when the data set is gone, InputError when some of its films
    left the catalogue or it has too few patients for the folds, FilmError when the films'
    files vanished, TrainingError when there is nothing to learn from."""
    stored = store.datasets.get(dataset)
    folds = repeat if repeat and repeat.kind == "folds" else None
    # Only what is asked for here: of 100,000 films the rest would take more memory than all else.
    members = store.datasets.members(dataset, OF_FOLDS if folds else ("path",))
    paths = members.pop("path") if folds is None else members["path"]
    lost = int(paths.isna().sum())
    if lost:
        raise InputError(
            f"{lost} of the {len(members)} films of the data set “{stored.name}” are no longer "
            "in the catalogue: their source was removed, or other files took their places and were "
            "imported. Import the films again and resume this run, or prepare a new data set."
        )
    if folds:
        split = fold_split(members, stored.spec, folds.index, folds.count)
    else:
        split = members["split"].to_numpy(dtype=str)
    y_true = members["class_index"].to_numpy(dtype=np.int64)
    film_ids = members["film_id"].to_numpy(dtype=str)
    del members
    classes = stored.spec.class_names
    trained = set(y_true[split == "train"])
    missing = [name for index, name in enumerate(classes) if index not in trained]
    if missing:
        raise TrainingError(
            f"The data set “{stored.name}” has no training film of the class {missing[0]}. "
            "Prepare one with more films."
        )
    films = film_array(caches or store.workspace, film_ids, paths.array, image_size, progress)
    return TrainingData(classes, films, film_ids, split, y_true)


def balanced_weights(y_true: np.ndarray, classes: int) -> np.ndarray:
    """One weight a film, float32 (n,), mean 1: n / (k · films of its class)."""
    counts = np.bincount(y_true, minlength=classes)
    values: np.ndarray = (len(y_true) / (classes * np.maximum(counts, 1)))[y_true].astype(
        np.float32
    )
    return values
