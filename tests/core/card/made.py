"""The facts of a run whose every number was chosen here, and the parts of its card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from core.audit.status import AuditStatus
from core.card.document import Section, Table
from core.card.facts import Facts, summary_of
from core.card.sections import model_card
from core.evaluation.decision import Decision
from core.evaluation.metrics import evaluate
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.evaluation.slices import Slices, slices
from core.evaluation.uncertainty import share_intervals
from core.runs.config import RunConfig
from core.runs.learnt_films import LearntFilms
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Film, Run, RunOrigin, RunResult, RunState

NAMES = ("covid", "healthy")
# In each split the scores of covid films, then of healthy ones: 10 test films.
SCORES = {
    "train": ([0.9] * 3, [0.1] * 3),
    "validation": ([0.8, 0.7], [0.2, 0.3]),
    "test": ([0.9, 0.8, 0.7, 0.4], [0.1, 0.1, 0.2, 0.3, 0.45, 0.6]),
}
POINT = OperatingPoint(
    positive="covid", target_sensitivity=0.95, threshold=0.35, not_sure=(0.3, 0.5),
    temperature=1.0, chosen_by="person",
)  # fmt: skip


def answers() -> Predictions:
    rows = [
        (f"{split}{label}{number}", split, label, score)
        for split, kinds in SCORES.items()
        for label, scores in enumerate(kinds)
        for number, score in enumerate(scores)
    ]
    ids, splits, truth, scores = zip(*rows, strict=True)
    shares = np.array([[one, 1 - one] for one in scores])
    return Predictions(NAMES, list(ids), list(splits), list(truth), shares)


def members(**columns: Any) -> pd.DataFrame:
    films = answers()
    covid = films.y_true == 0
    table = pd.DataFrame(
        {
            "film_id": films.film_ids, "class_name": np.where(covid, *NAMES), "split": films.split,
            "source": np.where(covid, "north", "south"), "view": "PA", "sex": "F",
            "age": np.where(covid, 70.0, 30.0), "patient": films.film_ids,
        }
    )  # fmt: skip
    return table.assign(**columns)


def films(**columns: Any) -> LearntFilms:
    classes = (
        ClassSpec(name="covid", findings=("COVID-19", "SARS"), views=("PA", "AP")),
        ClassSpec(name="healthy", findings=("No finding",), sources=("south",)),
    )
    spec = DatasetSpec.build(name="pairs", classes=classes, image_size=224, seed=5)
    told = summary_of(spec, "2026-01-01T00:00:00", members(**columns))
    return told.model_copy(update={"bias_warnings": ("The classes differ.",)})


def facts(point: OperatingPoint | None = None, **changes: Any) -> Facts:
    """A run of VGG16, by its most probable class unless it has a point."""
    spec = RunSpec.build(dataset="pairs", model="vgg16", **changes.pop("spec", {}))
    result = {
        "epochs": 7, "best_epoch": 4, "total_params": 14_747_650, "trainable_params": 32_962,
        "learning_rate": spec.learning_rate, **changes.pop("result", {}),
    }  # fmt: skip
    kept = RunResult.model_validate(result)
    run = Run("20260101-000000-abcd", spec, RunState.DONE, result=kept, finished_at=86400 * 365.0,
              origin=RunOrigin(), device="cpu")  # fmt: skip
    decision = Decision(NAMES, point)
    raw = answers()
    shown = decision.apply(raw)
    test = evaluate(shown.of("test"))
    told = Facts(
        run=run,
        card=RunConfig(
            run_id=run.run_id, model="vgg16", classes=NAMES, image_size=224, preprocessing="caffe",
            dropout=0.5, seed=0, weights="vgg16.h5", backbone_hash="0123456789abcdef" * 4,
        ),
        films=films(),
        raw=raw,
        predictions=shown,
        test=test,
        plain=evaluate(replace(shown.of("test"), decided=None)),
        decision=decision,
        audited=AuditStatus(None),
        external=(),
        intervals=dict(share_intervals(test)),
        resampled="",
        slices=sliced(shown.of("test")),
    )  # fmt: skip
    return replace(told, **changes)


def sliced(tested: Predictions) -> Slices:
    """Of the films of ``members``."""
    ids = tested.film_ids.tolist()
    known = {
        film_id: Film(film_id, "south" if label else "north", "a.png", film_id, "x",
                      view="PA", sex="F", age=30.0 if label else 70.0)
        for film_id, label in zip(ids, tested.y_true.tolist(), strict=True)
    }  # fmt: skip
    return slices(tested, known, {one: one for one in ids})


def section(told: Facts, title: str) -> Section:
    return next(one for one in model_card(told).sections if one.title == title)


def words(told: Facts, title: str) -> str:
    return " ".join(one for one in section(told, title).parts if isinstance(one, str))


def tables(told: Facts, title: str) -> list[Table]:
    return [one for one in section(told, title).parts if isinstance(one, Table)]
