"""What a finished run says about each film: all that evaluation ever needs of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from core.errors import InputError, NotFoundError, ThoraxLensError
from core.text import probability

MOST_PROBABLE = "the most probable class"
_DAMAGED = "The run's predictions cannot be read ({} is damaged). Train the run again."
EACH = "each run's own rule"  # of several runs whose rules differ


@dataclass(frozen=True, eq=False)
class Decided:
    """What a decision rule (``core.evaluation.decision``) makes of n films.

    ``y_pred``: int64 (n,), the class that each is called. ``unsure``: bool (n,), whether the
    answer is *not sure* all the same, and ``band`` between which two probabilities of the
    positive class it is. ``threshold``: the one that it goes by, None for the most probable
    class. ``rule``: in words, for a sentence.
    """

    y_pred: np.ndarray
    unsure: np.ndarray
    threshold: float | None
    rule: str
    band: tuple[float, float] | None = None

    def take(self, chosen: np.ndarray) -> Decided:
        """The rows that a boolean mask or an index array picks."""
        return replace(self, y_pred=self.y_pred[chosen], unsure=self.unsure[chosen])


@dataclass(frozen=True)
class Predictions:
    """One row a film, in any order.

    ``classes``: k names, the positive class first. ``film_ids`` and ``split``: str (n,).
    ``y_true``: int64 (n,), index into ``classes``. ``probabilities``: float32 (n, k), each
    row adding up to 1. ``decided``: what the run's decision rule makes of the films; None where
    none has been applied, and then the most probable class counts. It is not saved, because the
    rule can change. Raises InputError when the parts do not fit each other.
    """

    classes: tuple[str, ...]
    film_ids: np.ndarray
    split: np.ndarray
    y_true: np.ndarray
    probabilities: np.ndarray
    decided: Decided | None = None

    def __post_init__(self) -> None:
        # Frozen, so the canonical types are set past the guard, once.
        set_ = object.__setattr__
        set_(self, "classes", tuple(str(name) for name in self.classes))
        set_(self, "film_ids", np.asarray(self.film_ids, dtype=str))
        set_(self, "split", np.asarray(self.split, dtype=str))
        set_(self, "y_true", np.asarray(self.y_true, dtype=np.int64))
        set_(self, "probabilities", np.asarray(self.probabilities, dtype=np.float32))
        self._check()

    def __len__(self) -> int:
        return len(self.y_true)

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
            self.y_true[chosen],
            self.probabilities[chosen],
            self.decided and self.decided.take(chosen),
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
                    truth=self.y_true,  # the file's name for it
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
        except ThoraxLensError:
            raise
        except OSError as error:
            if error.errno not in (None, errno.EINVAL):  # else zipfile sought a place before 0
                raise InputError(
                    f"The run's predictions cannot be read ({path}: {error.strerror or error}). "
                    "Train the run again."
                ) from None
            raise InputError(_DAMAGED.format(path)) from None
        # NumPy, zipfile and zlib raise almost anything on bytes that mean nothing.
        except Exception:  # noqa: BLE001
            raise InputError(_DAMAGED.format(path)) from None

    def _check(self) -> None:
        films = self.y_true.shape[0] if self.y_true.ndim == 1 else -1
        wrong = ""
        if len(self.classes) < 2:
            wrong = "fewer than two classes"
        elif self.film_ids.shape != (films,) or self.split.shape != (films,):
            wrong = "film ids, splits and true classes differ in number"
        elif self.probabilities.shape != (films, len(self.classes)):
            wrong = f"probabilities of shape {self.probabilities.shape}"
        elif films and (self.y_true.min() < 0 or self.y_true.max() >= len(self.classes)):
            wrong = "a true class that is not in the list of classes"
        elif self.decided is not None and self.decided.y_pred.shape != (films,):
            wrong = "films and the classes that they are called differ in number"
        elif not np.isfinite(self.probabilities).all():
            wrong = "a probability that is not a number; the training may have diverged"
        elif films and np.abs(self.probabilities.sum(axis=1) - 1).max() > 1e-2:
            wrong = "probabilities that do not add up to 1"
        if wrong:
            raise InputError(f"These predictions cannot be used: {wrong}.")


def together(several: Sequence[Predictions]) -> Predictions:
    """Predictions of the same classes under each other, at least one."""
    return Predictions(
        several[0].classes,
        np.concatenate([one.film_ids for one in several]),
        np.concatenate([one.split for one in several]),
        np.concatenate([one.y_true for one in several]),
        np.concatenate([one.probabilities for one in several]),
        _decided_together([one.decided for one in several]),
    )


def _decided_together(several: Sequence[Decided | None]) -> Decided | None:
    parts = [one for one in several if one is not None]
    if len(parts) < len(several):
        return None
    thresholds, rules = {one.threshold for one in parts}, {one.rule for one in parts}
    return Decided(
        np.concatenate([one.y_pred for one in parts]),
        np.concatenate([one.unsure for one in parts]),
        thresholds.pop() if len(thresholds) == 1 else None,
        rules.pop() if len(rules) == 1 else EACH,
    )


def predict_classes(probabilities: np.ndarray, threshold: float | None = None) -> np.ndarray:
    """Class index (int64 (n,)) of each row of ``probabilities`` (float32 (n, k)).

    ``threshold`` 0 to 1: the positive class when its probability is at least that, else
    the most probable of the others. None: simply the most probable.
    """
    if not len(probabilities):
        return np.zeros(0, dtype=np.int64)
    if threshold is None:
        most: np.ndarray = probabilities.argmax(axis=1).astype(np.int64)
        return most
    if not 0 <= threshold <= 1:
        raise InputError(f"The threshold must lie between 0 and 1, not at {threshold:g}.")
    # In the probabilities' own precision: float32(0.7) is a little less than float64 0.7.
    positive = probabilities[:, 0] >= probabilities.dtype.type(threshold)
    others = probabilities[:, 1:].argmax(axis=1) + 1
    return np.where(positive, 0, others).astype(np.int64)


def predicted_classes(predictions: Predictions, threshold: float | None = None) -> np.ndarray:
    """Class index (int64 (n,)) that each film is called: at ``threshold`` (0 to 1) if there is
    one, else by the rule that was applied to the predictions, else the most probable."""
    if threshold is None and predictions.decided is not None:
        return predictions.decided.y_pred
    return predict_classes(predictions.probabilities, threshold)


def rule_words(predictions: Predictions, threshold: float | None = None) -> str:
    """How ``predicted_classes`` calls films, for a sentence: “covid from 40.8 % on
    (chosen by a person)”."""
    if threshold is not None:
        return f"{predictions.classes[0]} from {probability(threshold)} on (asked for here)"
    return predictions.decided.rule if predictions.decided else MOST_PROBABLE


def unsure_words(positive: str, band: tuple[float, float] | None) -> str:
    """Why a film gets no answer, a sentence; empty without a band."""
    if band is None:
        return ""
    low, high = (probability(min(end, 1.0)) for end in band)
    return f"From {low} up to {high} for {positive}, this run gives no answer."
