"""Everything that a card says, gathered once."""

from __future__ import annotations

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
from core.evaluation.uncertainty import all_intervals
from core.external.report import Comparison
from core.external.result_file import result_file
from core.external.testing import compared, external_status
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import DatasetSpec
from core.statistics import Interval
from core.store import Run, RunState, Store

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

    ``dataset`` and ``members`` (columns as ``Datasets.members``) are None and empty when the
    data set was deleted; ``members`` say which split of this run each film was in, which over
    folds is not that of the data set. ``raw``: what the network gave; ``predictions`` and
    ``test`` are by ``decision``, the run's own rule, ``plain`` the test films with their most
    probable class. ``intervals``: metric → its 95 % interval on the test films. ``resampled``:
    what those over patients rest on where patients are unknown. ``bias_warnings``: plain sentences
    about the data.
    """

    run: Run
    card: RunConfig
    dataset: DatasetSpec | None
    members: pd.DataFrame
    raw: Predictions
    predictions: Predictions
    test: Evaluation
    plain: Evaluation
    decision: Decision
    audited: AuditStatus
    external: tuple[ExternalTest, ...]
    bias_warnings: tuple[str, ...]
    intervals: dict[str, Interval | None]
    resampled: str

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


def gather(store: Store, run_id: str) -> Facts:
    """Raises NotFoundError for a run that is not there or lost its files, InputError for
    one that has not finished."""
    run = store.runs.get(run_id)
    if run.state != RunState.DONE:
        raise InputError(f"{run.run_id} is {run.state}; only a finished run has a model card.")
    if not all(isinstance(run.result.get(key), int) for key in COUNTED):
        raise InputError(
            f"What is stored of the result of {run.run_id} is damaged, so it has no model card. "
            "Train the run again."
        )
    files = RunFiles(store.workspace.run_folder(run.run_id))
    raw = Predictions.load(files.predictions)
    decision = decision_of(files, raw.classes)
    predictions = decision.apply(raw)
    test = predictions.of("test")
    dataset, members = _dataset(store, run, predictions)
    evaluated = evaluate(test)
    known = store.catalogue.patients(test.film_ids)
    return Facts(
        run=run,
        card=RunConfig.load(files.config),
        dataset=dataset,
        members=members,
        raw=raw,
        predictions=predictions,
        test=evaluated,
        plain=evaluate(replace(test, decided=None)),
        decision=decision,
        audited=audit_status(store, run),
        external=_external(store, run, raw, decision),
        bias_warnings=_bias_warnings(dataset, members),
        intervals=all_intervals(evaluated, test, patients_of(test, known)),
        resampled=resampling_words(test, known),
    )


def _dataset(
    store: Store, run: Run, predictions: Predictions
) -> tuple[DatasetSpec | None, pd.DataFrame]:
    """The data set, and its films as this run dealt them out."""
    try:
        spec = store.datasets.get(run.spec.dataset).spec
        members = store.datasets.members(run.spec.dataset)
    except NotFoundError:
        return None, pd.DataFrame()
    splits = dict(zip(predictions.film_ids.tolist(), predictions.split.tolist(), strict=True))
    own = members["film_id"].map(splits)
    return spec, members.assign(split=own)[own.notna()].reset_index(drop=True)


def _external(
    store: Store, run: Run, predictions: Predictions, decision: Decision
) -> tuple[ExternalTest, ...]:
    names = [
        one.name
        for one in store.catalogue.sources()
        if result_file(store.workspace, run.run_id, one.name).exists()
    ]
    frame = store.catalogue.frame() if names else None  # read once for all of them
    kept = [external_status(store, run, name, frame) for name in names]
    return tuple(
        ExternalTest(
            compared(one.result, predictions, store.catalogue, decision=decision), one.stale
        )
        for one in kept
        if one.result is not None
    )


def _bias_warnings(dataset: DatasetSpec | None, members: pd.DataFrame) -> tuple[str, ...]:
    if dataset is None:
        return ()
    tables = bias_checks.shares(members, dataset.class_names)
    return bias_checks.warnings(members, dataset, shared_patients(members), tables)
