"""A row packed on the head, done in a data folder of its own, and taken back: without Ray, whose
part is to carry bytes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from core.audit.status import audit_job
from core.cluster.node_cache import Cache
from core.cluster.node_work import NodeWork
from core.cluster.packing import pack
from core.cluster.parcels import Update
from core.cluster.receiving import Receiver
from core.cluster.shelf import Shelf
from core.external.testing import external_job
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Run, RunState, Store
from core.store.excerpt import take_rows
from tests.core.phantom_dataset import with_a_dataset
from tests.core.runs.jobs_at_hand import carried_out, no_dispatcher
from tests.core.runs.pretending import eventually


def no_word(stage: str, done: int, total: int) -> None:
    """Nobody listens."""


@pytest.fixture
def films(phantom_store: Store) -> Store:
    return with_a_dataset(phantom_store, 6, 2, 2)


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


def followed(work: NodeWork, receiver: Receiver, seconds: float = 240) -> list[Update]:
    """Every update until it is over, each taken by the head."""
    updates = [work.changes(0)]
    until = time.monotonic() + seconds
    while True:
        receiver.take(updates[-1])
        if updates[-1].over:
            return updates
        assert time.monotonic() < until, "it did not end in time"
        updates.append(work.changes(updates[-1].number))


def test_a_training_comes_back_whole(
    films: Store, shelf: Shelf, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a node nothing is kept loaded for a next run: its folder has this one, and would stay.
    monkeypatch.setenv("THORAXLENS_WARM_MINUTES", "60")
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


def test_a_stop_reaches_the_work_and_leaves_a_checkpoint(
    films: Store, shelf: Shelf, cache: Cache
) -> None:
    run = queued(films, epochs=400)
    job = films.queue.find(run.run_id)
    assert job is not None
    work = NodeWork(pack(films, job, shelf, 0, no_word), bytes, cache)
    receiver = Receiver(films, job)
    update = work.changes(0)
    while len(films.runs.finished_epochs(run.run_id)) < 3:
        receiver.take(update)
        assert not update.over, update.row
        update = work.changes(update.number)
    films.queue.request_cancel(run.run_id)
    work.stop()
    followed(work, receiver)
    work.leave()
    stopped = films.runs.get(run.run_id)
    assert (stopped.state, stopped.reason) == ("cancelled", "Stopped at your request.")
    kept = RunFiles(films.workspace.run_folder(run.run_id)).resumes_after()
    assert 1 <= kept <= len(films.runs.finished_epochs(run.run_id))

    # It goes on from there on another node, which has nothing of it.
    films.queue.requeue(run.run_id)
    films.runs.transition(run.run_id, RunState.PREPARING)
    again = NodeWork(pack(films, job, shelf, 0, no_word), bytes, other_node(cache))
    receiver = Receiver(films, job)
    update = again.changes(0)
    while len(films.runs.finished_epochs(run.run_id)) <= kept + 1:
        receiver.take(update)
        assert not update.over, update.row
        assert update.row.get("progress", "{}").find('"epoch": 1,') < 0, "it began again"
        update = again.changes(update.number)
    again.leave()
    assert films.runs.epochs(run.run_id)["epoch"].is_monotonic_increasing
    eventually(lambda: not processes_with(run.run_id))


@pytest.mark.large
@pytest.mark.timeout(600)
def test_an_audit_and_an_external_test_say_the_same_as_here(
    films: Store, shelf: Shelf, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(films, image_size=32)
    job = films.queue.find(run.run_id)
    assert job is not None
    work = NodeWork(pack(films, job, shelf, 0, no_word), bytes, cache)
    followed(work, Receiver(films, job))
    work.leave()
    no_dispatcher(monkeypatch)
    source = films.catalogue.sources()[0].name
    for asked, arguments, file in (
        (audit_job(films, run.run_id), {}, "audit.json"),
        (external_job(films, run.run_id, source), {"source": source}, "predictions.npz"),
    ):
        wanted = {"run": run.run_id, **arguments}
        assert carried_out(asked, **wanted) == 0
        here = told_in(asked.folder / file)
        shutil.rmtree(asked.folder)
        asked.folder.mkdir(parents=True)
        films.queue.add(asked.job_id, asked.kind.name, wanted)
        films.queue.transition(asked.job_id, RunState.PREPARING)
        row = films.queue.find(asked.job_id)
        assert row is not None
        work = NodeWork(pack(films, row, shelf, 0, no_word), bytes, cache)
        followed(work, Receiver(films, row), 300)
        work.leave()
        status = asked.status()
        assert (status.state, status.reason) == ("done", "")
        assert told_in(asked.folder / file) == here


def other_node(cache: Cache) -> Cache:
    (cache.root / "other" / "goods").mkdir(parents=True)
    return Cache(cache.root / "other")


def told_in(file: Path) -> Any:
    """What it says, but for when."""
    if file.suffix == ".npz":
        with np.load(file) as stored:
            return {name: stored[name].tolist() for name in stored.files}
    said = json.loads(file.read_text(encoding="utf-8"))
    said.pop("made_at")
    return said


def processes_with(name: str) -> list[int]:
    """Living processes that have the name on their command line."""
    return [
        one.pid
        for one in psutil.process_iter(["cmdline", "status"])
        if one.info["status"] != psutil.STATUS_ZOMBIE and name in (one.info["cmdline"] or [])
    ]


def test_what_a_node_gets_is_what_it_needs(films: Store, shelf: Shelf, tmp_path: Path) -> None:
    run = queued(films, cache=False)
    job = films.queue.find(run.run_id)
    assert job is not None
    told: list[str] = []
    parcel = pack(films, job, shelf, 3, lambda stage, done, total: told.append(stage))
    [array] = parcel.goods
    assert array.at.startswith(f"runs/{run.run_id}/scratch/cache/films/"), "nothing is shared"
    assert b"".join(array.chunks)[:6] == b"\x93NUMPY"
    assert (parcel.threads, parcel.weights_path, parcel.folder) == (3, "", f"runs/{run.run_id}")
    assert set(told) == {"films"}, "they are decoded here, where their files are"
    again = pack(films, job, shelf, 3, no_word)
    assert again.films is not parcel.films
    assert again.films.chunks is parcel.films.chunks, "it lies in the object store once"


def test_help_for_a_training_gets_its_films_and_none_of_its_files(
    films: Store, shelf: Shelf, tmp_path: Path
) -> None:
    run = queued(films, model="vgg16", image_size=32)
    helper = f"runs/{run.run_id}/helper-a-0"
    films.queue.add(helper, "node_features", {"run": run.run_id, "device": "cpu", "node": "a"})
    (films.workspace.root / helper).mkdir()
    (films.workspace.root / helper / "said.txt").write_text("what it said")
    RunFiles(films.workspace.run_folder(run.run_id)).rates.write_text("{}")
    job, training = films.queue.find(helper), films.queue.find(run.run_id)
    assert job is not None
    assert training is not None
    parcel, other = (pack(films, one, shelf, 2, no_word) for one in (job, training))
    assert (parcel.helped, parcel.folder, parcel.threads) == (run.run_id, helper, 2)
    assert RunSpec.from_json(parcel.spec) == RunSpec.from_json(other.spec)
    assert [one.chunks for one in parcel.goods] == [one.chunks for one in other.goods]
    assert parcel.files == {}
    assert list(other.files) == [f"runs/{run.run_id}/rates.json"], "nor are the helper's its own"

    # There the helper waits for its turn, and nobody looks for the training's process.
    database, rows = tmp_path / "there.sqlite3", tmp_path / "rows.sqlite3"
    database.write_bytes(b"".join(parcel.films.chunks))
    rows.write_bytes(parcel.rows)
    asked = RunSpec.from_json(parcel.spec).changed(epochs=7)
    take_rows(database, rows, helper, asked, parcel.helped)
    with closing(sqlite3.connect(database)) as there:
        found = dict(there.execute("SELECT run_id, state FROM runs"))
        [[spec]] = there.execute("SELECT spec FROM runs WHERE run_id = ?", (run.run_id,))
    assert found == {helper: "queued", run.run_id: "interrupted"}
    assert RunSpec.from_json(spec).epochs == 7
