"""From which probability on a film is called positive: chosen for an aim, never on test films.

Nothing here is chosen because somebody looks: the program chooses once, when a training ends
(``core.training.trainer``), and a person whenever they ask for it. What a run goes by, with or
without a threshold, is ``core.evaluation.decision``.

Everything here looks at the validation films of a run. They have already helped to choose its
best epoch, so what they promise is a little too good; the test films say what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import ClassVar, Literal, Protocol, Self

import numpy as np
from pydantic import Field, computed_field, model_validator

from core.documents import Document, Fields
from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.statistics.calibration import fit_temperature, scaled

NOT_SURE = "not_sure"
TARGET = 0.95  # of the positive films, found; what a run gets until somebody asks for more
SPLIT = "validation"
_TARGET, _OLD_TARGET = "target_sensitivity", "wanted_sensitivity"  # in the file

# Who chose a threshold; files from before this was kept say nothing of it.
Chooser = Literal["person", "program", "not_recorded"]


class OperatingPoint(Document):
    """How a run's probabilities become an answer.

    ``positive``: the class that shall not be missed. ``target_sensitivity``: 0 to 1.
    ``threshold``: from this calibrated probability of the positive class on, a film is called
    so. ``not_sure``: (low, high), both calibrated; from low up to, not including, high there
    is no answer. ``temperature``: what logits are divided by (above 1: the network was too
    sure of itself). ``chosen_by``: a person, or the program at the end of the training.
    ``band_target``: the shares of the positive films that reach the band and of the others that
    stay below its upper end, where they were asked for; None: both are the target.
    """

    VERSION: ClassVar[int] = 2  # 2: a target for the band

    SPOKEN: ClassVar[str] = "The threshold of this run"
    REMEDY: ClassVar[str] = "Choose it again on the run's page."

    positive: str
    target_sensitivity: float
    threshold: float = Field(ge=0, le=1)
    not_sure: tuple[float, float]
    temperature: float = Field(gt=0, allow_inf_nan=False)
    chosen_by: Chooser = "not_recorded"
    band_target: tuple[float, float] | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def wanted_sensitivity(self) -> float:
        """The target under the name of earlier versions, so that they can read the file."""
        return self.target_sensitivity

    @model_validator(mode="before")
    @classmethod
    def _names(cls, fields: object) -> object:
        if not isinstance(fields, dict):
            return fields
        known = {_TARGET: fields[_OLD_TARGET]} if _OLD_TARGET in fields else {}
        known |= {name: value for name, value in fields.items() if name != _OLD_TARGET}
        for pair in ("not_sure", "band_target"):
            if isinstance(known.get(pair), list):  # what is looked through here is JSON no more
                known[pair] = tuple(known[pair])
        return {**known, "not_sure": _around(known.get("threshold"), known.get("not_sure"))}

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        """A damaged or hand-written file must not make answers up."""
        low, high = self.not_sure
        if not 0 <= low <= high <= 1 + 1e-6:
            raise ValueError("no band of probabilities")
        return self

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        # Beside these, other programs may have written what they liked.
        known = {*cls.model_fields, _OLD_TARGET}
        return {name: value for name, value in older.items() if name in known}

    def like(self, other: OperatingPoint | None) -> bool:
        """Whether both lead to the same answers, whoever chose them."""
        if other is None:
            return False
        return self.model_copy(update={"chosen_by": other.chosen_by}) == other


class HasPoint(Protocol):
    """The two files of a run that matter here (``core.runs.files.RunFiles``)."""

    @property
    def predictions(self) -> Path: ...

    @property
    def operating_point(self) -> Path: ...


def choose_operating_point(
    predictions: Predictions,
    target: float = TARGET,
    by: Chooser = "person",
    band: tuple[float, float] | None = None,
) -> OperatingPoint:
    """The point for a wanted sensitivity (above 0, at most 1), from the validation films only.
    ``by``: who wants it. ``band``: other shares than the target for the two ends of *not sure*,
    the one of the positive films first; both above 0 and at most 1.

    Of the thresholds that find so many positive films, the one with the fewest false alarms;
    of those, the one that finds most, half-way to the next film. *Not sure* lies between the
    probability that so many positive films reach and the one that so many of the others stay
    below: the two overlap in a network that errs, and leave a gap in one that does not.
    Raises InputError for another ``target`` or ``band``, or without validation films of both
    kinds.
    """
    if not 0 < target <= 1:
        raise InputError(
            f"The wanted sensitivity must lie above 0 and at most at 1, not at {target:g}."
        )
    reaching, below = band or (target, target)
    if not (0 < reaching <= 1 and 0 < below <= 1):
        raise InputError(
            "The shares that “not sure” goes by must lie above 0 and at most at 1, not at "
            f"{reaching:g} and {below:g}."
        )
    films = predictions.of(SPLIT)
    positive = predictions.classes[0]
    is_positive = films.y_true == 0
    if is_positive.all() or not is_positive.any():
        kind = positive if not is_positive.any() else f"anything but {positive}"
        raise InputError(
            f"No validation film of this run shows {kind}, so no threshold can be chosen on "
            "them. Prepare a data set with validation films of each class, and train again."
        )
    temperature = fit_temperature(films.y_true, films.probabilities)
    y_score = scaled(films.probabilities, temperature)[:, 0]
    positives, negatives = np.sort(y_score[is_positive]), np.sort(y_score[~is_positive])
    threshold = _threshold(positives, negatives, target)
    reached = positives[len(positives) - _at_least(reaching, len(positives))]
    stays_below = negatives[_at_least(below, len(negatives)) - 1]
    low, high = sorted((float(reached), float(np.nextafter(stays_below, np.float32(2)))))
    return OperatingPoint(
        positive=positive,
        target_sensitivity=float(target),
        threshold=threshold,
        not_sure=(min(low, threshold), max(high, threshold)),
        temperature=temperature,
        chosen_by=by,
        band_target=band,
    )


def apply(point: OperatingPoint, probabilities: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, float32 (n, k), of a network's (n, k), rows adding up to 1."""
    return scaled(probabilities, point.temperature)


def answer_by_threshold(point: OperatingPoint, row: np.ndarray, classes: Sequence[str]) -> str:
    """The class that a film is called, or ``not_sure``.

    ``row``: calibrated probabilities (k,), as ``apply`` gives them. With more than two
    classes the question is the positive one or not; below the band, the most probable of the
    others is named. Raises InputError when the point belongs to other classes.
    """
    names = list(classes)
    if point.positive not in names or len(row) != len(names):
        raise InputError(
            f"The threshold was chosen for {point.positive}, which this network does not tell "
            "from others. Choose the threshold again on the run's page."
        )
    place = names.index(point.positive)
    low, high = point.not_sure
    # In single precision, as the ends were found: 0.7 is a little more there than here.
    y_score = np.float32(row[place])
    if y_score >= np.float32(high):
        return point.positive
    if y_score >= np.float32(low):
        return NOT_SURE
    others = [index for index in range(len(names)) if index != place]
    return names[max(others, key=lambda index: float(row[index]))]


def _around(threshold: object, band: object) -> object:
    """The band, made so wide that the threshold lies in it. Beside it, in a file that somebody
    wrote by hand, a film would be called one class and answered the other; so it is *not sure*."""
    if not isinstance(band, tuple) or len(band) != 2:
        return band
    numbers = [
        float(one)
        for one in (*band, threshold)
        if isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= 1
    ]
    if len(numbers) < 3 or numbers[0] > numbers[1]:
        return band  # what is wrong with these is looked for later
    return min(numbers[0], numbers[2]), max(numbers[1], numbers[2])


def _at_least(target: float, films: int) -> int:
    """How many of so many films make the share; 0.95 of 40 is 38, not 38.000000000000004."""
    return max(ceil(target * films - 1e-9), 1)


def _threshold(positives: np.ndarray, negatives: np.ndarray, target: float) -> float:
    """``positives`` and ``negatives``: sorted scores of the positive films and of the others."""
    # The highest score that finds enough; then down as long as it costs no false alarm.
    highest = positives[len(positives) - _at_least(target, len(positives))]
    below = negatives[negatives < highest]
    if not len(below):
        # Every other film is an alarm already: nothing below is worth going to.
        return float(positives[0])
    lower = below[-1]
    upper = positives[positives > lower][0]
    middle = np.float32((float(lower) + float(upper)) / 2)
    # Two neighbours in single precision have nothing between them.
    return float(middle if middle > lower else upper)
