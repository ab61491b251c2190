"""A helper on another machine computes what is lent to it, to the last bit, or says that it
cannot."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from core.cluster.lending import Borrower, Lender
from core.features.loans import PassesUnderWay
from core.features.shards import SUFFIX, record_of
from core.runs import worker
from core.runs.files import RunFiles
from core.runs.jobs import Job
from core.runs.kinds import NODE_FEATURES, TRAIN
from core.store import JobRow, Run, RunProgress, RunState, Store, open_store
from core.workspace import open_workspace
from tests.core.runs.jobs_at_hand import carried_out


@pytest.fixture
def passes(phantom_store: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> PassesUnderWay:
    """What the training has said of its films, all of which have passed."""
    said: list[PassesUnderWay] = []
    save = PassesUnderWay.save

    def noting(told: PassesUnderWay, path: Path) -> None:
        said.append(told)
        save(told, path)

    monkeypatch.setattr(PassesUnderWay, "save", noting)
    phantom_store.queue.transition(run.run_id, RunState.PREPARING, started_at=time.time())
    claimed = worker.claim(phantom_store, run.run_id)
    assert claimed is not None
    phantom_store.workspace.run_folder(run.run_id).mkdir(parents=True, exist_ok=True)
    worker.carry_out(phantom_store, claimed, TRAIN)
    now = phantom_store.runs.get(run.run_id)
    assert now.state is RunState.DONE, now.reason
    assert now.result.precision_mode == said[0].arithmetic
    return said[0]


def helped(store: Store, run: Run, passes: PassesUnderWay, there: Path) -> JobRow:
    """The row of a helper in a data folder of its own, to which shards of the run are lent."""
    other = open_store(open_workspace(shutil.copytree(store.workspace.root, there)))
    shutil.rmtree(other.workspace.feature_cache)
    other.workspace.feature_cache.mkdir()
    files = RunFiles(store.workspace.run_folder(run.run_id))
    files.scratch.mkdir()
    passes.save(files.passes)
    store.queue.transition(run.run_id, RunState.PREPARING)
    store.queue.beat(run.run_id, RunProgress(stage="features"))
    job = Job(other, NODE_FEATURES, other.workspace.run_folder(run.run_id) / "helper-a-0")
    over = threading.Event()
    borrower = Borrower(lambda: job.folder if job.folder.is_dir() else None, over.is_set)
    lender = Lender(store, run.run_id, over.is_set)
    lender.lend_to("a", borrower.compute)
    lender.lend_to("a", borrower.compute)  # said again and again, it is the same one
    carried_out(job, run=run.run_id, device="cpu")
    over.set()
    row = other.queue.find(job.job_id)
    assert row is not None
    return row


def kept(store: Store, passes: PassesUnderWay) -> list[bytes]:
    """All records of vectors, in an order that says nothing of the shards."""
    size = record_of(passes.channels).itemsize
    files = [one.read_bytes() for one in store.workspace.feature_cache.glob(f"*{SUFFIX}")]
    return sorted(one[at : at + size] for one in files for at in range(0, len(one), size))


def test_what_is_lent_comes_back_as_the_training_would_have_found_it(
    phantom_store: Store, run: Run, passes: PassesUnderWay, tmp_path: Path
) -> None:
    alone = kept(phantom_store, passes)
    assert len(alone) == 64
    begun = sorted(phantom_store.workspace.feature_cache.glob(f"{passes.keys[0]}-*{SUFFIX}"))[:3]
    for file in phantom_store.workspace.feature_cache.glob(f"*{SUFFIX}"):
        if file not in begun:
            file.unlink()
    before = len(kept(phantom_store, passes))
    assert 0 < before < 40
    row = helped(phantom_store, run, passes, tmp_path / "there")
    assert (row.state, row.reason) == ("done", "")
    assert row.progress.done == 64 - before
    assert kept(phantom_store, passes) == alone


def test_who_finds_another_last_bit_does_not_help(
    phantom_store: Store, run: Run, passes: PassesUnderWay, tmp_path: Path
) -> None:
    record = record_of(passes.channels)
    for file in phantom_store.workspace.feature_cache.glob(f"{passes.keys[0]}-*{SUFFIX}"):
        records = np.fromfile(file, record)
        records["vector"] = np.nextafter(records["vector"], np.float32(np.inf))
        records.tofile(file)
    [file, *_] = phantom_store.workspace.feature_cache.glob(f"{passes.keys[1]}-*{SUFFIX}")
    file.unlink()
    before = kept(phantom_store, passes)
    row = helped(phantom_store, run, passes, tmp_path / "there")
    assert row.state == "failed"
    assert "differ in the last digits" in row.reason
    assert kept(phantom_store, passes) == before


def test_an_arithmetic_that_this_machine_has_not_is_refused(
    phantom_store: Store, run: Run, passes: PassesUnderWay, tmp_path: Path
) -> None:
    other = passes.model_copy(update={"arithmetic": "mixed_float8"})
    row = helped(phantom_store, run, other, tmp_path / "there")
    assert row.state == "failed"
    assert "cannot compute in mixed_float8" in row.reason
