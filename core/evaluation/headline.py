"""What a run reached, in the few numbers that stand wherever it is listed.

By the run's decision rule of now, from its saved predictions, and only numpy: lists of runs do
not wait for pandas. ``core.evaluation.metrics`` has every other number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.documents import Json
from core.errors import ThoraxLensError
from core.evaluation.decision import Decision, decision_of
from core.evaluation.operating_point import HasPoint
from core.evaluation.predictions import MOST_PROBABLE, Predictions
from core.specs import SPLITS
from core.statistics.roc_area import roc_area
from core.store import RunResult


@dataclass(frozen=True)
class Headline:
    """A run on one split. Shares are 0 to 1, None where no film says so.

    ``films``, ``correct`` and ``unsure`` are None, and ``confusion`` (rows true, columns called)
    empty, for a run that has only its result left; then ``decision`` is None, and the numbers
    are those of the most probable class. ``roc_auc``: of the first class against all others,
    whatever the rule.
    """

    accuracy: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    films: int | None = None
    correct: int | None = None
    unsure: int | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    roc_auc: float | None = None
    decision: Decision | None = None

    @property
    def rule(self) -> str:
        """How films were called, for a sentence."""
        return self.decision.in_words() if self.decision else MOST_PROBABLE


def headline(files: HasPoint, result: RunResult, split: str = "test") -> Headline:
    """What the run reached on ``split``. ``result``: ``Run.result``, which has the numbers of
    the most probable class, for a run whose predictions cannot be read."""
    found = headlines(files).get(split)
    if found is not None:
        return found
    kept = result.of(split)
    return Headline(kept.accuracy, kept.sensitivity, kept.specificity)


def headlines(files: HasPoint) -> dict[str, Headline]:
    """``headline`` of each split that has films; empty when the predictions cannot be read."""
    return _headlines(_Key(files.predictions, files.operating_point, *map(_state, _both(files))))


def by_rule(files: HasPoint, result: RunResult) -> Json:
    """``Run.result``'s numbers of ``train``, ``validation`` and ``test`` by the run's own rule,
    for JSON, with ``decision`` (``Decision.as_dict``; None where the predictions cannot be read)
    and ``most_probable``: the same with each film's most probable class, as the training left
    them."""
    found = headlines(files)
    kept = {split: _kept(result, split) for split in SPLITS}
    told: Json = {
        split: {**(kept.get(split) or {}), **_numbers(one)} for split, one in found.items()
    }
    decision = next((one.decision for one in found.values() if one.decision), None)
    told["decision"] = decision.as_dict() if decision else None
    told["most_probable"] = {split: one for split, one in kept.items() if one is not None}
    return told


def _kept(result: RunResult, split: str) -> Json | None:
    found = result.as_dict().get(split)
    return found if isinstance(found, dict) else None


def _numbers(one: Headline) -> Json:
    shares = {name: getattr(one, name) for name in _SHARES}
    return {**shares, "confusion": [list(row) for row in one.confusion], "not_sure": one.unsure}


_SHARES = ("accuracy", "sensitivity", "specificity")


@dataclass(frozen=True)
class _Key:
    """A run's two files and when they changed: another time, other numbers."""

    predictions: Path
    operating_point: Path
    answered: tuple[int, int]
    chosen: tuple[int, int]


def _both(files: HasPoint) -> tuple[Path, Path]:
    return files.predictions, files.operating_point


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=1024)
def _headlines(files: _Key) -> dict[str, Headline]:
    if files.answered == (0, 0):
        return {}
    try:
        predictions = Predictions.load(files.predictions)
    except ThoraxLensError:
        return {}
    decision = decision_of(files, predictions.classes)
    films = decision.apply(predictions)
    # What was tested elsewhere is of one split, with a name of its own.
    splits = films.splits or tuple(map(str, np.unique(films.split)))
    return {split: _of(films.of(split), decision) for split in splits}


def _of(films: Predictions, decision: Decision) -> Headline:
    assert films.decided is not None
    k = len(films.classes)
    cells = np.bincount(films.y_true * k + films.decided.y_pred, minlength=k * k).reshape(k, k)
    correct, positives = int(np.trace(cells)), int(cells[0].sum())
    negatives = len(films) - positives
    return Headline(
        accuracy=correct / len(films),
        sensitivity=int(cells[0, 0]) / positives if positives else None,
        specificity=int(cells[1:, 1:].sum()) / negatives if negatives else None,
        films=len(films),
        correct=correct,
        unsure=int(films.decided.unsure.sum()),
        confusion=tuple(tuple(row) for row in cells.tolist()),
        roc_auc=roc_area(films.probabilities[:, 0], films.y_true == 0),
        decision=decision,
    )
