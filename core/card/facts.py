"""Everything that a card says, gathered once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.audit.standing import Standing, standing_of
from core.datasets import cautions
from core.datasets.prepare import shared_patients
from core.errors import InputError, NotFoundError
from core.evaluation.backing import calibrated
from core.evaluation.bootstrap import Interval, patients_of
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.operating_point import OperatingPoint, operating_point_of
from core.evaluation.predictions import Predictions
from core.evaluation.uncertainty import all_intervals
from core.external.kept import load_result
from core.external.report import Comparison
from core.external.testing import compared, stale
from core.specs import DatasetSpec
from core.store import Run, Store
from core.training.artefacts import RunCard, RunFiles


@dataclass(frozen=True)
class ExternalTest:
    """The run on one other source. ``stale``: what has changed since, a sentence, or empty."""

    comparison: Comparison
    stale: str = ""


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of one finished run.

    ``dataset`` and ``members`` (columns as ``Datasets.members``) are None and empty when the
    data set was deleted. ``test``: the most probable class; ``aimed``: the same films at the
    operating point. ``intervals``: metric → its 95 % interval on the test films. ``cautions``:
    plain sentences about the data.
    """

    run: Run
    card: RunCard
    dataset: DatasetSpec | None
    members: pd.DataFrame
    predictions: Predictions
    test: Evaluation
    point: OperatingPoint | None
    aimed: Evaluation | None
    audited: Standing
    external: tuple[ExternalTest, ...]
    cautions: tuple[str, ...]
    intervals: dict[str, Interval | None]

    @property
    def audit_sentence(self) -> str:
        """The audit's verdict, with what has changed since; empty when there was no audit."""
        if self.audited.report is None:
            return ""
        return " ".join(filter(None, (self.audited.report.sentence, self.audited.stale)))


def gather(store: Store, run_id: str) -> Facts:
    """Raises NotFoundError for a run that is not there or lost its files, InputError for
    one that has not finished."""
    run = store.runs.get(run_id)
    if run.state != "done":
        raise InputError(f"{run.run_id} is {run.state}; only a finished run has a model card.")
    files = RunFiles(store.workspace.run_folder(run.run_id))
    predictions = Predictions.load(files.predictions)
    test = predictions.of("test")
    dataset, members = _dataset(store, run)
    point = _point(files)
    evaluated = evaluate(test)
    return Facts(
        run=run,
        card=RunCard.load(files.card),
        dataset=dataset,
        members=members,
        predictions=predictions,
        test=evaluated,
        point=point,
        aimed=evaluate(calibrated(point, test), point.threshold) if point else None,
        audited=standing_of(store, run),
        external=_external(store, run, predictions, point),
        cautions=_cautions(dataset, members),
        intervals=all_intervals(
            evaluated, test, patients_of(test, store.catalogue.patients(test.film_ids))
        ),
    )


def _dataset(store: Store, run: Run) -> tuple[DatasetSpec | None, pd.DataFrame]:
    try:
        return store.datasets.get(run.spec.dataset).spec, store.datasets.members(run.spec.dataset)
    except NotFoundError:
        return None, pd.DataFrame()


def _external(
    store: Store, run: Run, predictions: Predictions, point: OperatingPoint | None
) -> tuple[ExternalTest, ...]:
    names = [one.name for one in store.catalogue.sources()]
    kept = [one for name in names if (one := load_result(store.workspace, run.run_id, name))]
    frame = store.catalogue.frame() if kept else None  # read once for all of them
    return tuple(
        ExternalTest(
            compared(one, predictions, store.catalogue, point=point), stale(store, run, one, frame)
        )
        for one in kept
    )


def _point(files: RunFiles) -> OperatingPoint | None:
    try:
        return operating_point_of(files)
    except InputError:  # no validation films of both kinds: the card says so
        return None


def _cautions(dataset: DatasetSpec | None, members: pd.DataFrame) -> tuple[str, ...]:
    if dataset is None:
        return ()
    tables = cautions.shares(members, dataset.class_names)
    return cautions.warnings(members, dataset, shared_patients(members), tables)
