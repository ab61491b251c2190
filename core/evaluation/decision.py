"""The one rule by which a run's probabilities become its answers.

A run that has a threshold (``operating_point.json`` in its folder) calls a film positive from
it on, on calibrated probabilities; a run that has none calls each film its most probable class.
Answers, heat maps, figures on every page, tables, JSON and the model card all ask this module,
and name the rule with its words. Reading it changes nothing: docs/adr/0021-one-decision-rule.md.

Only numpy here: the first page and ``runs`` tell results by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.documents import Json
from core.evaluation.operating_point import (
    Chooser,
    HasPoint,
    OperatingPoint,
    answer_by_threshold,
    apply,
)
from core.evaluation.predictions import (
    MOST_PROBABLE,
    Decided,
    Predictions,
    predict_classes,
    unsure_words,
)
from core.text import probability

Rule = Literal["threshold", "most_probable"]

WHO: dict[Chooser, str] = {
    "person": "chosen by a person",
    "program": "chosen by the program when the training ended",
    "not_recorded": "who chose it was not recorded",
}
UNREADABLE = "its stored threshold cannot be used; choose one again on the run's page"


@dataclass(frozen=True)
class Decision:
    """How a run decides. ``classes``: its k classes, the positive one first. ``point``: its
    threshold with all that belongs to it, None for the most probable class. ``problem``: why
    a threshold that is stored does not count, empty where nothing is wrong."""

    classes: tuple[str, ...]
    point: OperatingPoint | None = None
    problem: str = ""

    @property
    def rule(self) -> Rule:
        return "most_probable" if self.point is None else "threshold"

    @property
    def threshold(self) -> float | None:
        """From this calibrated probability of the positive class on (0 to 1)."""
        return self.point.threshold if self.point else None

    @property
    def not_sure(self) -> tuple[float, float] | None:
        """(low, high), calibrated: from low up to, not including, high there is no answer."""
        return self.point.not_sure if self.point else None

    def probabilities(self, raw: np.ndarray) -> np.ndarray:
        """What a network gives, float (n, k), as this run tells it: calibrated, float32."""
        return np.asarray(raw, np.float32) if self.point is None else apply(self.point, raw)

    def predict(self, shown: np.ndarray) -> np.ndarray:
        """Class index int64 (n,) of ``probabilities``: every film is called something here, as
        measures like sensitivity need it, also where the answer would be *not sure*."""
        return predict_classes(shown, self.threshold)

    def answers(self, shown: np.ndarray) -> list[str]:
        """A class or ``not_sure`` for each row of ``probabilities``."""
        if self.point is None:
            return [self.classes[index] for index in self.predict(shown).tolist()]
        return [answer_by_threshold(self.point, row, self.classes) for row in shown]

    def unsure(self, shown: np.ndarray) -> np.ndarray:
        """bool (n,): which rows of ``probabilities`` get no answer."""
        if self.point is None:
            return np.zeros(len(shown), dtype=bool)
        low, high = (np.float32(end) for end in self.point.not_sure)
        return np.asarray((shown[:, 0] >= low) & (shown[:, 0] < high))

    def apply(self, predictions: Predictions, *, most_probable: bool = False) -> Predictions:
        """The same films with this run's probabilities, each called by this rule; with
        ``most_probable`` by its most probable class instead."""
        shown = self.probabilities(predictions.probabilities)
        if most_probable:
            return replace(predictions, probabilities=shown, decided=None)
        made = Decided(
            self.predict(shown), self.unsure(shown), self.threshold, self.in_words(), self.not_sure
        )
        return replace(predictions, probabilities=shown, decided=made)

    def in_words(self) -> str:
        """The rule for a sentence: “covid from 40.8 % on (chosen by a person)”."""
        if self.point is None:
            why = f" ({self.problem})" if self.problem else ""
            return f"{MOST_PROBABLE}{why}"
        return (
            f"{self.point.positive} from {probability(self.point.threshold)} on "
            f"({WHO[self.point.chosen_by]})"
        )

    def sentence(self) -> str:
        """The rule as a sentence of its own."""
        if self.point is None:
            return f"Each film gets {self.in_words()}."
        return f"A film is called {self.in_words()}."

    def why_unsure(self) -> str:
        """A sentence on what *not sure* means here; empty for a run that is never unsure."""
        return unsure_words(self.classes[0], self.not_sure)

    def as_dict(self) -> Json:
        """For JSON: rule, threshold, who chose it, band, temperature; None without one."""
        point = self.point
        return {
            "rule": self.rule,
            "positive": self.classes[0],
            "threshold": self.threshold,
            "chosen_by": point.chosen_by if point else None,
            "not_sure": list(point.not_sure) if point else None,
            "temperature": point.temperature if point else None,
            "in_words": self.in_words(),
        }


def as_used(
    decision: Decision, threshold: float | None = None, *, most_probable: bool = False
) -> Json:
    """``Decision.as_dict`` of what counts where somebody asks for another ``threshold``, or for
    the most probable class, in place of the run's own rule."""
    told = decision.as_dict()
    if threshold is not None:
        words = f"{decision.classes[0]} from {probability(threshold)} on (asked for here)"
        asked = {"rule": "threshold", "threshold": threshold, "chosen_by": "person"}
        return {**told, **asked, "not_sure": None, "in_words": words}
    if most_probable:
        return {**Decision(decision.classes).as_dict(), "temperature": told["temperature"]}
    return told


def decision_of(files: HasPoint, classes: tuple[str, ...]) -> Decision:
    """How the run with these files and classes decides now."""
    point = OperatingPoint.load_if_readable(files.operating_point)
    if point is None:
        return Decision(classes, problem=UNREADABLE if files.operating_point.exists() else "")
    if point.positive != classes[0]:  # chosen for other classes: a file that somebody moved
        return Decision(classes, problem=UNREADABLE)
    return Decision(classes, point)


def decided(files: HasPoint, *, most_probable: bool = False) -> Predictions:
    """A run's saved predictions, called as it decides now. Raises what ``Predictions.load``
    does."""
    predictions = Predictions.load(files.predictions)
    decision = decision_of(files, predictions.classes)
    return decision.apply(predictions, most_probable=most_probable)
