"""Internal beside external: rates with intervals, their difference, and what they say.

Internal are the run's own test films. Everything is computed from saved predictions, so that
another threshold needs no new classification.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypedDict

import numpy as np

from core.datasets.label_map import findings_of
from core.documents import Json
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions
from core.evaluation.uncertainty import all_intervals
from core.statistics import Interval
from core.statistics.mover import newcombe
from core.statistics.proportions import wilson

ExternalVerdict = Literal["worse", "unclear", "holds"]

# A drop that these films leave possible and that would still be no small matter.
TOLERATED = 0.10
METRICS = ("sensitivity", "false_positive_rate", "auc")


@dataclass(frozen=True)
class Estimate:
    """One number (0 to 1) with its 95 % interval; ``why``: why one of them is None.

    ``successes`` of ``trials`` for proportions; both 0 for an area under a curve.
    """

    value: float | None
    interval: Interval | None
    successes: int = 0
    trials: int = 0
    why: str = ""


@dataclass(frozen=True)
class Side:
    """One of the two columns. ``patients``: how many different ones are known;
    ``unknown``: films whose patient is not."""

    predictions: Predictions
    evaluation: Evaluation
    patients: int
    sensitivity: Estimate
    false_positive_rate: Estimate
    auc: Estimate
    unknown: int = 0


@dataclass(frozen=True)
class Comparison:
    """The run's own test films beside those of ``source``.

    ``differences``: metric → external minus internal, for the two proportions. ``level``:
    whether the run does worse there (shown, not shown, or excluded beyond ``TOLERATED``).
    """

    source: str
    internal: Side
    external: Side
    differences: dict[str, Estimate] = field(default_factory=dict)
    level: ExternalVerdict = "unclear"

    @property
    def positive(self) -> str:
        return self.external.predictions.classes[0]


def judge_side(
    predictions: Predictions, patients: np.ndarray, threshold: float | None = None
) -> Side:
    """One column, from predictions of these films only; ``patients``: str (n,), as
    ``patients_of`` names them.

    Proportions have Wilson intervals, the AUC one that draws patients anew (bootstrap), since
    films of one patient are no independent evidence. Raises InputError for a threshold
    outside 0 to 1.
    """
    found = evaluate(predictions, threshold)
    alone = patients == np.char.add("film ", predictions.film_ids.astype(str))
    return Side(
        predictions,
        found,
        len(set(patients[~alone].tolist())),
        _share(
            found.positives - found.false_negatives,
            found.positives,
            found.notes.get("sensitivity", ""),
        ),
        _share(found.false_positives, found.negatives, found.notes.get("specificity", "")),
        _area(found, predictions, patients),
        int(alone.sum()),
    )


def compare_sides(source: str, internal: Side, external: Side) -> Comparison:
    """Both columns with the differences between them and a level."""
    differences = {
        name: difference(getattr(external, name), getattr(internal, name))
        for name in ("sensitivity", "false_positive_rate")
    }
    return Comparison(source, internal, external, differences, _level(differences))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second, two proportions of different films, with a 95 % interval
    (``core.statistics.mover.newcombe``)."""
    if first.value is None or second.value is None or not first.interval or not second.interval:
        return Estimate(None, None, why=first.why or second.why)
    gap = first.value - second.value
    return Estimate(gap, newcombe(first.value, first.interval, second.value, second.interval))


# A row of ``answers_by_finding``, as tables and JSON have it.
FindingRow = TypedDict(
    "FindingRow",
    {
        "finding": str,
        "class": str,
        "films": int,
        "called": int,
        "share": float,
        "interval": tuple[float, float] | None,
    },
)


def comparison_document(side: Side) -> Json:
    """A column for JSON: the three numbers, their intervals, and why one is missing."""
    rates = {name: getattr(side, name) for name in METRICS}
    return {
        "films": len(side.predictions),
        "patients": side.patients,
        "films_of_unknown_patients": side.unknown,
        "positives": side.evaluation.positives,
        "negatives": side.evaluation.negatives,
        **{name: rate.value for name, rate in rates.items()},
        "intervals": {name: rate.interval for name, rate in rates.items()},
        "counts": {
            name: {"hits": rates[name].successes, "films": rates[name].trials}
            for name in METRICS[:2]
        },
        "notes": {name: rate.why for name, rate in rates.items() if rate.why},
        "classes": list(side.evaluation.classes),
        "confusion": side.evaluation.confusion.tolist(),
    }


def answers_by_finding(side: Side, findings: np.ndarray) -> list[FindingRow]:
    """For each finding, how many of its films are called positive; where classes share a
    finding, a row for each of them.

    ``findings``: str (n,), one a film of ``side``; a film with two is counted with both. Rows
    ``{"finding", "class", "films", "called", "share", "interval"}`` (Wilson), most films first.
    """
    called = side.evaluation.y_pred == 0
    tally: dict[tuple[str, int], list[bool]] = {}
    for text, truth, hit in zip(findings.tolist(), side.predictions.y_true, called, strict=True):
        for name in findings_of(text):
            tally.setdefault((name, int(truth)), []).append(bool(hit))
    rows: list[FindingRow] = [
        {
            "finding": name,
            "class": side.predictions.classes[truth],
            "films": len(hits),
            "called": sum(hits),
            "share": sum(hits) / len(hits),
            "interval": wilson(sum(hits), len(hits)),
        }
        for (name, truth), hits in sorted(tally.items(), key=_most_films_first)
    ]
    return rows


def _most_films_first(one: tuple[tuple[str, int], list[bool]]) -> tuple[int, tuple[str, int]]:
    return -len(one[1]), one[0]


def _share(successes: int, trials: int, why: str) -> Estimate:
    share = successes / trials if trials else None
    return Estimate(share, wilson(successes, trials), successes, trials, why)


def _area(found: Evaluation, predictions: Predictions, patients: np.ndarray) -> Estimate:
    if found.roc_auc is None:
        return Estimate(None, None, why=found.notes.get("roc_auc", ""))
    # At 100 % every draw gives the same; then the area has an interval by a formula.
    interval = all_intervals(found, predictions, patients)["roc_auc"]
    why = "" if interval else "no interval: the same whichever patients are drawn"
    return Estimate(found.roc_auc, interval, why=why)


def _level(differences: dict[str, Estimate]) -> ExternalVerdict:
    # How much worse, as an interval that is better below 0 for both.
    worse: dict[str, Callable[[Interval], Interval]] = {
        "sensitivity": lambda ends: (-ends[1], -ends[0]),
        "false_positive_rate": lambda ends: ends,
    }
    ends = [worse[name](one.interval) for name, one in differences.items() if one.interval]
    if any(low > 0 for low, _ in ends):
        return "worse"
    # Only negatives, or only positives, show half of what can go wrong.
    whole = len(ends) == len(worse) and all(high <= TOLERATED for _, high in ends)
    return "holds" if whole else "unclear"
