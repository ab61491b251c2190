"""Runs written straight into the store, and what Compare says of them."""

from __future__ import annotations

import numpy as np
from streamlit.testing.v1 import AppTest

from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import RepeatKind, RepeatSpec, RunSpec
from core.store import Epoch, Run, RunOrigin, RunResult, RunState, SplitNumbers, Store
from tests.pages.opening import APP, PATIENCE, table_read


def finished_run(
    store: Store,
    model: str = "vgg16",
    *,
    scores: tuple[float, ...] = (0.9, 0.8, 0.45, 0.6, 0.1, 0.2),
    prefix: str = "a",
    classes: tuple[str, ...] = ("covid", "healthy"),
    repeat: RepeatSpec | None = None,
    origin: RunOrigin | None = None,
) -> Run:
    """Three covid and three healthy test films with these probabilities of covid."""
    run = store.runs.create(RunSpec(dataset="study", model=model, repeat=repeat), origin)
    films = len(scores)
    half = films // 2
    rest = len(classes) - 1
    table = [[score, *[(1 - score) / rest] * rest] for score in scores]
    predictions = Predictions(
        classes,
        [f"{prefix}{index:031x}" for index in range(2 * films)],
        ["test"] * films + ["validation"] * films,
        ([0] * half + [1] * (films - half)) * 2,
        np.array(table + [[1.0] + [0.0] * rest] * films),
    )
    predictions.save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    for epoch in (1, 2):
        store.runs.save_epoch(run.run_id, Epoch(epoch, 0.5, 0.8, 0.6, 0.7, 1e-3, 1.5))
    store.runs.transition(
        run.run_id,
        RunState.DONE,
        finished_at=1_780_000_000.0,
        result=RunResult(
            trainable_params=32_962,
            seconds_per_epoch=1.5,
            train=SplitNumbers(accuracy=0.95, loss=0.15),
        ),
    )
    return store.runs.get(run.run_id)


def finished_group(store: Store, kind: RepeatKind, *, count: int = 3, finished: int = 2) -> str:
    """A group of repeats of which so many are done: all right, then one film wrong …"""
    group = f"group-{kind}"
    for index in range(finished):
        repeat = RepeatSpec(group=group, kind=kind, index=index, count=count)
        scores = (0.9, 0.8, 0.9 - 0.5 * index, 0.1, 0.1, 0.2)
        prefix = chr(ord("a") + index) if kind == "folds" else "a"
        finished_run(store, scores=scores, prefix=prefix, repeat=repeat)
    return group


def opened(**address: str) -> AppTest:
    """The page inside the app, whose links to other pages work only there."""
    app = AppTest.from_file(APP, default_timeout=PATIENCE)
    app.switch_page("compare.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def address(app: AppTest) -> str:
    """The runs in the address; AppTest gives what it was given as text, else a list."""
    value = app.query_params["runs"]
    return value if isinstance(value, str) else value[0]


def summary(page: AppTest) -> dict[str, dict[str, str]]:
    """The three tables of the summary in one: results, precision, and how each was trained."""
    first = next(
        place for place, one in enumerate(page.table) if "Specificity" in one.value.columns
    )
    results, precision, trained = (table_read(page, first + place) for place in range(3))
    return {name: row | precision[name] | trained[name] for name, row in results.items()}


def class_report(page: AppTest) -> dict[str, dict[str, str]]:
    """The first classification report."""
    place = next(place for place, one in enumerate(page.table) if "Recall (%)" in one.value.columns)
    return table_read(page, place)


def counts(row: dict[str, str]) -> tuple[str, str]:
    return row["Missed"], row["False alarms"]
