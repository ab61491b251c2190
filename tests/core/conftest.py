"""Stores with a data set and queued runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Member, Run, Store
from tests.core.runs.pretending import Pretended


@pytest.fixture
def dataset(store: Store) -> str:
    """The name of a saved data set of nine films that are not really there."""
    classes = (
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    )
    members = [
        Member(f"{number:032x}", number % 2, split)
        for number, split in enumerate(["train"] * 5 + ["validation"] * 2 + ["test"] * 2)
    ]
    store.datasets.save(DatasetSpec.build(name="pairs", classes=classes, image_size=32), members)
    return "pairs"


@pytest.fixture
def queue(store: Store) -> Callable[..., Run]:
    """Queue a run, by default of the CNN."""

    def add(**fields: object) -> Run:
        run = store.runs.create(RunSpec.build(**{"dataset": "pairs", "model": "cnn", **fields}))
        time.sleep(0.002)  # creation times order the queue
        return run

    return add


@pytest.fixture
def pretended(store: Store) -> Iterator[Pretended]:
    """See ``Pretended``; whatever it started is ended after the test."""
    made = Pretended(store)
    yield made
    made.clean_up()
