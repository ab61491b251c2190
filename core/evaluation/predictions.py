"""What a finished run says about each film: all that evaluation ever needs of it."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.errors import InputError, NotFoundError


@dataclass(frozen=True)
class Predictions:
    """One row a film, in any order.

    ``classes``: k names, the positive class first. ``film_ids`` and ``split``: str (n,).
    ``truth``: int64 (n,), index into ``classes``. ``probabilities``: float32 (n, k), each
    row adding up to 1. Raises InputError when the parts do not fit each other.
    """

    classes: tuple[str, ...]
    film_ids: np.ndarray
    split: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray

    def __post_init__(self) -> None:
        # Frozen, so the canonical types are set past the guard, once.
        set_ = object.__setattr__
        set_(self, "classes", tuple(str(name) for name in self.classes))
        set_(self, "film_ids", np.asarray(self.film_ids, dtype=str))
        set_(self, "split", np.asarray(self.split, dtype=str))
        set_(self, "truth", np.asarray(self.truth, dtype=np.int64))
        set_(self, "probabilities", np.asarray(self.probabilities, dtype=np.float32))
        self._check()

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that hold films here, in the usual order."""
        return tuple(one for one in ("train", "validation", "test") if one in self.split)

    def of(self, split: str) -> Predictions:
        """The films of one split, in order; may be none."""
        return self.take(self.split == split)

    def take(self, chosen: np.ndarray) -> Predictions:
        """The rows that a boolean mask or an index array picks."""
        return Predictions(
            self.classes,
            self.film_ids[chosen],
            self.split[chosen],
            self.truth[chosen],
            self.probabilities[chosen],
        )

    def save(self, path: str | Path) -> None:
        """Write an ``.npz`` without pickles, whole or not at all."""
        path = Path(path)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as stream:
                np.savez_compressed(
                    stream,
                    classes=np.asarray(self.classes, dtype=str),
                    film_ids=self.film_ids,
                    split=self.split,
                    truth=self.truth,
                    probabilities=self.probabilities,
                )
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | Path) -> Predictions:
        """Read what ``save`` wrote. Raises NotFoundError, or InputError when damaged."""
        path = Path(path)
        try:
            with np.load(path, allow_pickle=False) as parts:
                return cls(
                    tuple(parts["classes"]),
                    parts["film_ids"],
                    parts["split"],
                    parts["truth"],
                    parts["probabilities"],
                )
        except FileNotFoundError:
            raise NotFoundError(
                f"The run's predictions are not there ({path}). Train the run again."
            ) from None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InputError(
                f"The run's predictions cannot be read ({path}: {error}). Train the run again."
            ) from None

    def _check(self) -> None:
        films = self.truth.shape[0] if self.truth.ndim == 1 else -1
        wrong = ""
        if len(self.classes) < 2:
            wrong = "fewer than two classes"
        elif self.film_ids.shape != (films,) or self.split.shape != (films,):
            wrong = "film ids, splits and true classes differ in number"
        elif self.probabilities.shape != (films, len(self.classes)):
            wrong = f"probabilities of shape {self.probabilities.shape}"
        elif films and (self.truth.min() < 0 or self.truth.max() >= len(self.classes)):
            wrong = "a true class that is not in the list of classes"
        elif not np.isfinite(self.probabilities).all():
            wrong = "a probability that is not a number; the training may have diverged"
        elif films and np.abs(self.probabilities.sum(axis=1) - 1).max() > 1e-2:
            wrong = "probabilities that do not add up to 1"
        if wrong:
            raise InputError(f"These predictions cannot be used: {wrong}.")
