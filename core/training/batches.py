"""What Keras is fed, batch by batch [K]. Everything random depends on the run's seed, the
epoch and the film only, so that a resumed run sees what it would have seen."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from core.features.vectors import FeatureVectors
from core.images.augment import augment
from core.models.preprocess import preprocess
from core.specs import AugmentSpec


class Batches(keras.utils.PyDataset, ABC):
    """Inputs, one-hot targets float32 (n, k) and, if given, weights float32 (n,).

    ``begin_epoch`` must be called before each epoch (``callbacks.BeginEpoch`` does): Keras
    opens its iterators at moments of its own, so counting them would count wrong.
    A last batch of one film joins the one before it, since batch normalisation learns
    nothing from a single film.
    """

    def __init__(
        self,
        targets: np.ndarray,
        weights: np.ndarray | None,
        batch_size: int,
        *,
        seed: int,
        shuffle: bool,
    ) -> None:
        super().__init__()
        self.targets = targets
        self.weights = weights
        self.seed = seed
        self.shuffle = shuffle
        count = len(targets)
        starts = list(range(0, count, batch_size))
        if len(starts) > 1 and count - starts[-1] == 1:
            starts.pop()
        self._bounds = [*starts, count]
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Draw the order of the films for this epoch (from 0)."""
        self.epoch = epoch
        order = np.arange(len(self.targets))
        if self.shuffle:
            order = np.random.default_rng([self.seed, epoch]).permutation(order)
        self.order = order

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        places = self.order[self._bounds[index] : self._bounds[index + 1]]
        if self.weights is None:
            return self.inputs(places), self.targets[places]
        return self.inputs(places), self.targets[places], self.weights[places]

    @abstractmethod
    def inputs(self, places: np.ndarray) -> np.ndarray:
        """float32, one row a place."""


class FilmBatches(Batches):
    """Films uint8 (n, S, S), augmented afresh each epoch, as float32 (batch, S, S, 3)."""

    def __init__(
        self,
        films: np.ndarray,
        rows: np.ndarray,
        preprocessing: str,
        augmentation: AugmentSpec | None,
        **common: Any,
    ) -> None:
        self.films = films
        self.rows = rows
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        super().__init__(**common)

    def inputs(self, places: np.ndarray) -> np.ndarray:
        return preprocess(np.stack([self._film(place) for place in places]), self.preprocessing)

    def _film(self, place: int) -> np.ndarray:
        film = np.asarray(self.films[self.rows[place]])
        if self.augmentation is None:
            return film
        rng = np.random.default_rng([self.seed, self.epoch, int(place)])
        return augment(film, self.augmentation, rng)


class VectorBatches(Batches):
    """Cached vectors; each epoch takes one variant of each film. ``variants``: of one shape (n, c)
    each, arrays or ``FeatureVectors``; ``scaling``: what is made of a vector, None for nothing."""

    def __init__(
        self,
        variants: Sequence[FeatureVectors | np.ndarray],
        *,
        scaling: Callable[[np.ndarray], np.ndarray] | None = None,
        **common: Any,
    ) -> None:
        self.variants = list(variants)
        self.scaling = scaling
        super().__init__(**common)

    def begin_epoch(self, epoch: int) -> None:
        super().begin_epoch(epoch)
        rng = np.random.default_rng([self.seed, epoch, 1])
        self._variant = rng.integers(len(self.variants), size=len(self.targets))

    def inputs(self, places: np.ndarray) -> np.ndarray:
        shown = self._variant[places]
        first = self.variants[0][places]
        for number in np.unique(shown[shown > 0]):
            first[shown == number] = self.variants[number][places[shown == number]]
        return first if self.scaling is None else self.scaling(first)


class RepeatedBatches(keras.utils.PyDataset):
    """All epochs of some batches as one stream, from epoch ``first`` on (from 0).

    Opening an iterator takes Keras longer than an epoch of a head takes to train.
    """

    def __init__(self, batches: Batches, first: int) -> None:
        super().__init__()
        self.batches = batches
        self.first = first

    @property
    def num_batches(self) -> None:
        return None

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        epochs, place = divmod(index, len(self.batches))
        if place == 0 or self.batches.epoch != self.first + epochs:
            self.batches.begin_epoch(self.first + epochs)
        return self.batches[place]
