"""Everything that a card says, gathered once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pandas as pd

from core.audit.status import AuditStatus, audit_status
from core.datasets import bias_checks
from core.datasets.prepare import shared_patients
from core.errors import InputError, NotFoundError
from core.evaluation.bootstrap import patients_of, resampling_words
from core.evaluation.decision import Decision, decision_of
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.evaluation.slices import Slices, slices_of
from core.evaluation.uncertainty import all_intervals
from core.external.report import Comparison
from core.external.result_file import kept_sources
from core.external.testing import external_comparison, external_status
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.runs.learnt_films import (
    UNKNOWN,
    LearntFilms,
    dataset_of,
    learnt_films,
    patients_by_film,
)
from core.specs import SPLITS, DatasetSpec
from core.statistics import Interval
from core.store import CorrectedCount, Run, RunState, Store, counted

# Of a finished run's result, what its card cannot do without.
COUNTED = ("epochs", "best_epoch", "total_params", "trainable_params")


@dataclass(frozen=True)
class ExternalTest:
    """The run on one other source. ``stale``: what has changed since, a sentence, or empty."""

    comparison: Comparison
    stale: str = ""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of one finished run.

    ``films``: what is known of the data set's films, in the split of this run, which over folds
    is not that of the data set; None when the data set was deleted. ``raw``: what the network
    gave; ``predictions`` and ``test`` are by ``decision``, the run's own rule, ``plain`` the test
    films with their most probable class. ``intervals``: metric → its 95 % interval on the test
    films. ``resampled``: what those over patients rest on where patients are unknown. ``slices``:
    parts of the test films.
    """

    run: Run
    card: RunConfig
    films: LearntFilms | None
    raw: Predictions
    predictions: Predictions
    test: Evaluation
    plain: Evaluation
    decision: Decision
    audited: AuditStatus
    external: tuple[ExternalTest, ...]
    intervals: dict[str, Interval | None]
    resampled: str
    slices: Slices

    @property
    def dataset(self) -> DatasetSpec | None:
        """How the data set was made; None when it was deleted."""
        return None if self.films is None else self.films.spec

    @property
    def bias_warnings(self) -> tuple[str, ...]:
        """Plain sentences about the data."""
        return () if self.films is None else self.films.bias_warnings

    @property
    def point(self) -> OperatingPoint | None:
        """The run's threshold with all that belongs to it, if it has one."""
        return self.decision.point

    @property
    def unsure(self) -> int:
        """How many test films get no answer."""
        decided = self.predictions.of("test").decided
        return int(decided.unsure.sum()) if decided else 0

    @property
    def audit_sentence(self) -> str:
        """The audit's verdict, with what has changed since; empty when there was no audit."""
        if self.audited.result is None:
            return ""
        return " ".join(filter(None, (self.audited.result.sentence, self.audited.stale)))


def gather_facts(store: Store, run_id: str) -> Facts:
    """Raises NotFoundError for a run that is not there or lost its files, InputError for
    one that has not finished."""
    run = store.runs.get(run_id)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run has a model card.")
    if any(getattr(run.result, name) is None for name in COUNTED):
        raise InputError(
            f"What is stored of the result of {run.run_id} is damaged, so it has no model card. "
            "Train the run again."
        )
    files = RunFiles(store.workspace.run_folder(run.run_id))
    raw = Predictions.load(files.predictions)
    decision = decision_of(files, raw.classes)
    predictions = decision.apply(raw)
    test = predictions.of("test")
    evaluated = evaluate(test)
    known = patients_by_film(store, [run], test.film_ids)
    return Facts(
        run=run,
        card=RunConfig.load(files.config),
        films=_films(store, run, predictions),
        raw=raw,
        predictions=predictions,
        test=evaluated,
        plain=evaluate(replace(test, decided=None)),
        decision=decision,
        audited=audit_status(store, run),
        external=_external(store, run, raw, decision),
        intervals=all_intervals(evaluated, test, patients_of(test, known)),
        resampled=resampling_words(test, known),
        slices=slices_of(store, run, test),
    )


def _films(store: Store, run: Run, predictions: Predictions) -> LearntFilms | None:
    """What came with the run, else the data set's films as this run dealt them out."""
    try:
        if run.origin.is_from_elsewhere:
            return learnt_films(store, run)
        stored = dataset_of(store, run)
        members = store.datasets.members(stored.name)
    except NotFoundError:
        return None
    splits = dict(zip(predictions.film_ids.tolist(), predictions.split.tolist(), strict=True))
    own = members["film_id"].map(splits)
    members = members.assign(split=own, patient=members["patient"].fillna(""))
    there = members[own.notna()].reset_index(drop=True)
    return summary_of(stored.spec, stored.created_at, there, counted(stored.corrected))


def summary_of(
    spec: DatasetSpec,
    created: str,
    members: pd.DataFrame,
    corrected: tuple[CorrectedCount, ...] = (),
) -> LearntFilms:
    """``members``: one row a film, columns as ``Datasets.members``, an unknown patient as “”.
    ``corrected``: of the findings that the data set was made with."""
    known = members[members["patient"] != ""]
    apart = members[members["patient"] == ""]
    tally = members.groupby(["class_name", "split"]).size()
    patients = known.groupby("class_name")["patient"].nunique()
    aspects = {
        "Source": members["source"],
        "View": members["view"],
        "Sex": members["sex"],
        "Age": bias_checks.age_groups(members["age"]),
    }
    tables = bias_checks.shares(members, spec.class_names)
    # Numbered in the order of the names, so that resampling draws the same patients as here.
    groups = known["patient"].rank(method="dense").astype(int)
    return LearntFilms(
        dataset=json.loads(spec.to_json()),
        created=created,
        counts={
            name: {split: int(tally.get((name, split), 0)) for split in SPLITS}
            for name in spec.class_names
        },
        patients={
            name: (int(patients.get(name, 0)), int((apart["class_name"] == name).sum()))
            for name in spec.class_names
        },
        aspects={
            aspect: _tallied(values.fillna(UNKNOWN).astype(str), members["class_name"])
            for aspect, values in aspects.items()
        },
        bias_warnings=bias_checks.warnings(members, spec, shared_patients(members), tables),
        groups=dict(zip(known["film_id"].astype(str), groups.tolist(), strict=True)),
        corrected=corrected,
    )


def _tallied(values: pd.Series, classes: pd.Series) -> dict[str, dict[str, int]]:
    """value → class → films."""
    found: dict[str, dict[str, int]] = {}
    for value, name in zip(values.tolist(), classes.tolist(), strict=True):
        of = found.setdefault(str(value), {})
        of[str(name)] = of.get(str(name), 0) + 1
    return found


def _external(
    store: Store, run: Run, predictions: Predictions, decision: Decision
) -> tuple[ExternalTest, ...]:
    names = kept_sources(store.workspace, run.run_id)
    frame = store.catalogue.frame() if names else None  # read once for all of them
    kept = [external_status(store, run, name, frame) for name in names]
    return tuple(
        ExternalTest(
            external_comparison(store, run, one.result, predictions, decision=decision), one.stale
        )
        for one in kept
        if one.result is not None
    )
