"""What films say for a threshold, and whether they are enough to promise what was aimed at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core.errors import InputError
from core.evaluation.operating_point import (
    NOT_SURE,
    SPLIT,
    OperatingPoint,
    answer_by_threshold,
    apply,
)
from core.evaluation.predictions import Predictions, predict_classes
from core.statistics.proportions import Proportion, trials_needed
from core.text import chosen, interval


@dataclass(frozen=True)
class OperatingPointPerformance:
    """How a point does on the films of one split.

    ``sensitivity`` and ``specificity``: by the threshold, every film with an answer.
    ``not_sure``: films between the two thresholds. ``wrong``: films outside that are called
    what they are not (with more than two classes: positive or not).
    """

    split: str
    sensitivity: Proportion
    specificity: Proportion
    films: int
    not_sure: int
    wrong: int

    @property
    def false_positives(self) -> int:
        return self.specificity.trials - self.specificity.successes


def calibrated(point: OperatingPoint, predictions: Predictions) -> Predictions:
    """The same films with calibrated probabilities."""
    return replace(predictions, probabilities=apply(point, predictions.probabilities))


def performance(
    point: OperatingPoint, predictions: Predictions, split: str = SPLIT
) -> OperatingPointPerformance:
    """Of a run's ``predictions``, on one split. Raises InputError when films of the positive
    class or all others are missing there."""
    films = calibrated(point, predictions.of(split))
    y_pred = predict_classes(films.probabilities, point.threshold) == 0
    is_positive = films.y_true == 0
    positives, negatives = int(is_positive.sum()), int((~is_positive).sum())
    if not positives or not negatives:
        kind = "others than" if positives else "of"
        raise InputError(f"There are no {split} films {kind} {point.positive} in this run.")
    answers = np.array(
        [answer_by_threshold(point, row, films.classes) for row in films.probabilities]
    )
    sure = answers != NOT_SURE
    return OperatingPointPerformance(
        split=split,
        sensitivity=Proportion.of(int((y_pred & is_positive).sum()), positives),
        specificity=Proportion.of(int((~y_pred & ~is_positive).sum()), negatives),
        films=len(films),
        not_sure=int((~sure).sum()),
        wrong=int((sure & ((answers == point.positive) != is_positive)).sum()),
    )


def meets_target(point: OperatingPoint, found: OperatingPointPerformance) -> bool:
    """Whether the interval of the sensitivity lies wholly at or above its target."""
    return found.sensitivity.interval[0] >= point.target_sensitivity


def target_words(point: OperatingPoint, found: OperatingPointPerformance) -> str:
    """Whether the validation films are enough to promise the target, in words."""
    share = found.sensitivity
    said = (
        f"On validation, it finds {share.successes} of {share.trials} {point.positive} films "
        f"(between {interval(share.interval, joint=' and ')})."
    )
    target = chosen(point.target_sensitivity)
    if meets_target(point, found):
        return f"{said} That is enough to expect {target} on other films of this kind."
    needed = trials_needed(point.target_sensitivity)
    if not needed:
        return f"{said} No number of films can promise {target}."
    if needed > share.trials:
        return (
            f"{said} These are too few films to promise {target}: it takes at least {needed}, "
            "all of them found."
        )
    return f"{said} That does not promise {target}: with other films it may be less."
