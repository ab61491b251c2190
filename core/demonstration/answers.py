"""What a network of the demonstration said about the same people, wherever the marker was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.demonstration.films import CLASSES, COVID_LIKE, PLACEMENTS, Placement, on_token
from core.errors import InputError
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions
from core.files import ARRAY_DAMAGES, written_whole


@dataclass(frozen=True)
class Answers:
    """Answers about the test films. ``y_true``: int64 (n,), index into ``CLASSES``.

    By where the marker was: ``probabilities`` float32 (n, 2), and ``heats`` float32
    (n, h, w) in [0, 1], what spoke for the answer given.
    """

    y_true: np.ndarray
    probabilities: Mapping[Placement, np.ndarray]
    heats: Mapping[Placement, np.ndarray]

    def evaluation(self, where: Placement) -> Evaluation:
        """The confusion matrix and all that follows from it."""
        numbers = np.arange(len(self.y_true)).astype(str)
        splits = np.full(len(self.y_true), "test")
        return evaluate(
            Predictions(CLASSES, numbers, splits, self.y_true, self.probabilities[where])
        )

    def answer(self, where: Placement, row: int) -> str:
        """What it called one film."""
        return CLASSES[int(self.probabilities[where][row].argmax())]

    def correct(self, where: Placement) -> tuple[int, int]:
        """How many films it called what they are, and of how many."""
        return int(np.trace(self.evaluation(where).confusion)), len(self.y_true)

    def called(self, where: Placement, y_true: str, answer: str) -> tuple[int, int]:
        """How many of the films that are ``y_true`` it called ``answer``, and of how many."""
        row = self.evaluation(where).confusion[CLASSES.index(y_true)]
        return int(row[CLASSES.index(answer)]), int(row.sum())

    def flipped(self, before: Placement, after: Placement) -> tuple[int, int]:
        """How many answers changed when the marker went elsewhere, and of how many."""
        first, second = (self.probabilities[one].argmax(axis=1) for one in (before, after))
        return int((first != second).sum()), len(self.y_true)

    def looked_at_token(self, where: Placement = COVID_LIKE) -> tuple[int, int]:
        """On how many of the marked films the hottest place was the marker, and of how many."""
        marked = [
            heat
            for heat, index in zip(self.heats[where], self.y_true, strict=True)
            if CLASSES[index] == where
        ]
        return sum(on_token(heat) for heat in marked), len(marked)

    def save(self, path: Path) -> None:
        """Write an ``.npz`` without pickles, whole or not at all."""
        arrays = {"truth": self.y_true}
        for where in PLACEMENTS:
            arrays[f"probabilities {where}"] = self.probabilities[where]
            arrays[f"heats {where}"] = self.heats[where]
        with written_whole(path) as temporary:
            np.savez_compressed(temporary, **arrays)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path) -> Answers | None:
        """What ``save`` wrote; None when there is nothing yet. Raises InputError."""
        try:
            with np.load(path, allow_pickle=False) as parts:
                return cls(
                    parts["truth"],
                    {where: parts[f"probabilities {where}"] for where in PLACEMENTS},
                    {where: parts[f"heats {where}"] for where in PLACEMENTS},
                )
        except FileNotFoundError:
            return None
        except ARRAY_DAMAGES as error:
            raise InputError(
                f"The answers of the demonstration cannot be read ({error}). Start it again."
            ) from None
