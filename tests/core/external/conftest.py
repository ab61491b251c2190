"""A finished run on phantoms, another source of films, and a network that answers by file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from core.datasets.ingest import import_folder
from core.datasets.phantom import make_phantoms
from core.datasets.prepare import plan
from core.datasets.presets import study_spec
from core.evaluation.predictions import Predictions
from core.prediction.client import FilmResult
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Member, Run, RunState, Store

AWAY = "Other hospital"


class FakeClient:
    """In place of the worker: every film is covid with 0.75, a file called bad has no answer."""

    asked: list[tuple[list[str], int, bool, bool]]

    def __init__(self, _workspace: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def classify(
        self, runs: Sequence[str], films: Sequence[tuple[str, bytes]], *, cam: bool, bare: bool
    ) -> list[FilmResult]:
        type(self).asked.append((list(runs), len(films), cam, bare))
        answer = {"healthy": 0.25, "covid": 0.75}  # in another order than the run's classes
        return [
            FilmResult(name, runs[0], None, {}, None, "This film cannot be read.")
            if not content
            else FilmResult(name, runs[0], "covid", answer, None, None)
            for name, content in films
        ]


@pytest.fixture
def fake_client(monkeypatch: pytest.MonkeyPatch) -> type[FakeClient]:
    FakeClient.asked = []
    monkeypatch.setattr("core.external.testing.PredictionClient", FakeClient)
    return FakeClient


@pytest.fixture
def finished(phantom_store: Store, tmp_path: Path) -> Run:
    """A run on the 40 phantoms that is right about each, and 12 other phantoms as AWAY."""
    make_phantoms(tmp_path / AWAY, per_class=6, size=128, seed=7)
    spec = study_spec(phantom_store.catalogue)
    made = plan(phantom_store.catalogue.frame(), spec)
    import_folder(phantom_store, tmp_path / AWAY, name=AWAY)
    films = made.members
    phantom_store.datasets.save(
        spec,
        [
            Member(one, int(index), split)
            for one, index, split in zip(
                films["film_id"], films["class_index"], films["split"], strict=True
            )
        ],
    )
    run = phantom_store.runs.create(RunSpec(dataset="study", model="cnn", weights="random"))
    truth = films["class_index"].to_numpy(dtype=np.int64)
    covid = np.where(truth == 0, 0.9, 0.1)
    Predictions(
        spec.class_names,
        films["film_id"].to_numpy(),
        films["split"].to_numpy(),
        truth,
        np.stack([covid, 1 - covid], axis=1),
    ).save(RunFiles(phantom_store.workspace.run_folder(run.run_id)).create().predictions)
    phantom_store.runs.transition(run.run_id, RunState.DONE, finished_at=1_780_000_000.0)
    return phantom_store.runs.get(run.run_id)
