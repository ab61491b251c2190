"""A row packed on the head, done in a data folder of its own, and taken back: without Ray, whose
part is to carry bytes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from core.cluster.node_cache import Cache
from core.cluster.node_work import NodeWork
from core.cluster.packing import Shelf, pack
from core.cluster.parcels import Update
from core.cluster.receiving import Receiver
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Member, Run, RunState, Store


def no_word(stage: str, done: int, total: int) -> None:
    """Nobody listens."""


@pytest.fixture
def films(phantom_store: Store) -> Store:
    """The store with the data set “phantoms”: 12 films to train on, 4 and 4 to check."""
    frame = phantom_store.catalogue.frame().sort_values("film_id")
    members = []
    for index, finding in enumerate(("COVID-19", "No finding")):
        ids = frame.loc[frame["finding"] == finding, "film_id"]
        splits = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
        members += [Member(one, index, split) for one, split in zip(ids, splits, strict=False)]
    classes = (
        ClassSpec(name="covid", findings=("COVID-19",)),
        ClassSpec(name="healthy", findings=("No finding",)),
    )
    spec = DatasetSpec.build(name="phantoms", classes=classes, image_size=32)
    phantom_store.datasets.save(spec, members)
    return phantom_store


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(bytes, tmp_path / "shelf")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    (tmp_path / "node" / "goods").mkdir(parents=True)
    return Cache(tmp_path / "node")


def queued(store: Store, **fields: Any) -> Run:
    asked = {"dataset": "phantoms", "model": "cnn", "epochs": 3, "batch_size": 8, **fields}
    run = store.runs.create(RunSpec.build(**asked, weights="random"))
    store.runs.transition(run.run_id, RunState.PREPARING, started_at=time.time())
    store.workspace.run_folder(run.run_id).mkdir(parents=True)
    return run


def followed(work: NodeWork, receiver: Receiver, seconds: float = 120) -> list[Update]:
    """Every update until it is over, each taken by the head."""
    updates = [work.changes(0)]
    until = time.monotonic() + seconds
    while True:
        receiver.take(updates[-1])
        if updates[-1].over:
            return updates
        assert time.monotonic() < until, "it did not end in time"
        updates.append(work.changes(updates[-1].number))


def test_a_training_comes_back_whole(films: Store, shelf: Shelf, cache: Cache) -> None:
    run = queued(films)
    job = films.queue.find(run.run_id)
    assert job is not None
    parcel = pack(films, job, shelf, 0, no_word)
    work = NodeWork(parcel, lambda chunk: chunk, cache)
    followed(work, Receiver(films, job))
    work.leave()
    done = films.runs.get(run.run_id)
    assert (done.state, done.reason) == ("done", "")
    assert done.result.of("test").accuracy is not None
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == [1, 2, 3]
    assert not any(cache.work.glob("[0-9]")), "nothing of it stays on the node"
