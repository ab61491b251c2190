"""Repeats of one training as one result: mean and spread over seeds, or over folds.

Over seeds, the same films are tested again and again: what differs is chance in training.
Over folds, each film is tested once, by a network that never saw its patient
(where patients are known).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
import pandas as pd

from core.errors import InputError, ThoraxLensError
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions, together
from core.runs.files import RunFiles
from core.specs import RepeatSpec
from core.store import Run, RunState, Store

METRICS: dict[str, Callable[[Evaluation], float | None]] = {
    "accuracy": lambda one: one.accuracy,
    "sensitivity": lambda one: one.sensitivity,
    "specificity": lambda one: one.specificity,
    "f1": lambda one: one.f1,
    "roc_auc": lambda one: one.roc_auc,
    "average_precision": lambda one: one.average_precision,
}
LOSS = "loss"
SHARES = ("precision", "recall", "f1")  # columns of a report


@dataclass(frozen=True)
class Summary:
    """One number over ``count`` repeats. ``sd``: sample standard deviation, None for a
    single repeat. All are None when one repeat has no such number: a mean over some of
    them would pass for one over all."""

    count: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Summary:
        known = [float(one) for one in values if one is not None and np.isfinite(one)]
        if not known or len(known) < len(values):
            return cls(len(values), None, None, None, None)
        sd = stdev(known) if len(known) > 1 else None
        return cls(len(known), fmean(known), sd, min(known), max(known))


@dataclass(frozen=True)
class Repeats:
    """The finished runs of one group with their predictions, in the group's order."""

    members: tuple[tuple[Run, Predictions], ...]

    def __post_init__(self) -> None:
        groups = {run.spec.repeat.group if run.spec.repeat else None for run, _ in self.members}
        if len(groups) != 1 or None in groups:
            raise InputError("Only runs that were started together as repeats are one result.")
        if len({predictions.classes for _, predictions in self.members}) > 1:
            raise InputError("These repeats tell different classes apart.")

    @property
    def first(self) -> Run:
        return self.members[0][0]

    @property
    def repeat(self) -> RepeatSpec:
        """Kind, count and group; its index says nothing here."""
        assert self.first.spec.repeat is not None
        return self.first.spec.repeat

    @property
    def classes(self) -> tuple[str, ...]:
        return self.members[0][1].classes

    @property
    def name(self) -> str:
        """“5 seeds”, or “5 folds (3 of 5 finished)”."""
        return self.repeat.in_words(len(self.members))

    @property
    def title(self) -> str:
        """Like ``Run.title``: what people call it, or model and data set; how many of what; the
        group's short tail unless it was named here."""
        spec, called = self.first.spec, self.first.called
        parts = [called] if called else [spec.model, spec.dataset]
        tail = "" if self.first.remarks.title else self.repeat.group[-4:]
        return " · ".join(filter(None, (*parts, self.name, tail)))

    def is_pooled(self, split: str) -> bool:
        """Whether each film of this split is in one repeat only, so that counts add up."""
        return self.repeat.kind == "folds" and split == "test"

    @property
    def tested_again(self) -> int:
        """How many films more than one fold has tested, which cannot be in folds that were dealt
        out alike; 0 for seeds, which all test the same."""
        if self.repeat.kind != "folds":
            return 0
        _, times = np.unique(self.together("test").film_ids, return_counts=True)
        return int((times > 1).sum())

    def together(self, split: str) -> Predictions:
        """The films of one split of all members under each other: each film once for
        folds and ``test``, else as often as there are members that have it there."""
        return together([predictions.of(split) for _, predictions in self.members])


@dataclass(frozen=True)
class RepeatedEvaluation:
    """One group on one split.

    ``members``: the evaluations one by one. ``summary``: over the members, for each of
    METRICS, ``loss``, ``false_negatives``, ``false_positives`` and ``precision <class>``.
    ``confusion``: float (k, k); counts of all folds together where ``pooled``, else the
    mean count of a member. ``report``: as ``Evaluation.report`` with mean values, support
    float, and ``precision_sd``, ``recall_sd``, ``f1_sd``. ``pooled``: the evaluation of all
    folds' films together, None where counts do not add up. ``threshold``: None also where the
    members go by different ones.
    """

    classes: tuple[str, ...]
    split: str
    threshold: float | None
    members: tuple[Evaluation, ...]
    summary: dict[str, Summary]
    confusion: np.ndarray
    report: pd.DataFrame
    pooled: Evaluation | None

    @property
    def films(self) -> int | None:
        """How many films were tested; None where members differ in it."""
        if self.pooled:
            return self.pooled.films
        counts = {one.films for one in self.members}
        return counts.pop() if len(counts) == 1 else None


def check_other_folds(store: Store, run: Run, tested: Collection[str]) -> None:
    """Raises InputError where a fold would test films that another one of its group has tested.
    ``tested``: ids of films. Nothing for other runs."""
    repeat = run.spec.repeat
    if repeat is None or repeat.kind != "folds":
        return
    mine = set(tested)
    for other in store.runs.group(repeat.group):
        if other.run_id == run.run_id or other.state != RunState.DONE:
            continue
        with suppress(ThoraxLensError):  # what cannot be read counts in no result either
            file = RunFiles(store.workspace.run_folder(other.run_id)).predictions
            theirs = Predictions.load(file).of("test").film_ids
            if not mine.isdisjoint(theirs.tolist()):
                break
    else:
        return
    raise InputError(
        f"This fold would test films that {other.repeat} has tested: since then films have "
        "changed, or patients have become known, and folds are dealt out by patient. Start the "
        "folds anew."
    )


def evaluate_repeats(
    repeats: Repeats, split: str = "test", threshold: float | None = None
) -> RepeatedEvaluation:
    """Evaluate each finished member on its own films of ``split``, and all as one.

    Raises InputError for a threshold outside 0 to 1.
    """
    members = tuple(evaluate(one.of(split), threshold) for _, one in repeats.members)
    summary = {name: Summary.of([read(one) for one in members]) for name, read in METRICS.items()}
    summary[LOSS] = Summary.of([_loss(run, split) for run, _ in repeats.members])
    summary["false_negatives"] = Summary.of(
        [one.false_negatives if one.positives else None for one in members]
    )
    summary["false_positives"] = Summary.of(
        [one.false_positives if one.negatives else None for one in members]
    )
    for name in repeats.classes:
        summary[f"precision {name}"] = Summary.of([one.precision[name] for one in members])
    pooled = None
    if repeats.is_pooled(split):
        pooled = evaluate(repeats.together(split), threshold)
    confusion = (
        pooled.confusion.astype(float)
        if pooled
        else np.mean([one.confusion for one in members], axis=0)
    )
    thresholds = {one.threshold for one in members}
    return RepeatedEvaluation(
        classes=repeats.classes,
        split=split,
        threshold=thresholds.pop() if len(thresholds) == 1 else None,
        members=members,
        summary=summary,
        confusion=confusion,
        report=_report([one.report for one in members], pooled),
        pooled=pooled,
    )


def repeats_document(found: RepeatedEvaluation) -> dict[str, dict[str, float | None]]:
    """``mean``, ``sd``, ``min`` and ``max`` of the plain metrics and the loss."""
    names = (*METRICS, LOSS)
    return {
        "mean": {name: found.summary[name].mean for name in names},
        "sd": {name: found.summary[name].sd for name in names},
        "min": {name: found.summary[name].low for name in names},
        "max": {name: found.summary[name].high for name in names},
    }


def _loss(run: Run, split: str) -> float | None:
    return run.result.of(split).loss


def _report(reports: Sequence[pd.DataFrame], pooled: Evaluation | None) -> pd.DataFrame:
    """Mean and spread cell by cell; none where a member has none, as in ``Summary``."""
    table = pd.DataFrame(index=reports[0].index)
    values = {name: np.stack([one[name].to_numpy(float) for one in reports]) for name in SHARES}
    for name in SHARES:
        table[name] = values[name].mean(axis=0)
    support = np.stack([one["support"].to_numpy(float) for one in reports])
    table["support"] = pooled.report["support"].to_numpy(float) if pooled else support.mean(axis=0)
    for name in SHARES:
        table[f"{name}_sd"] = values[name].std(axis=0, ddof=1) if len(reports) > 1 else np.nan
    return table
