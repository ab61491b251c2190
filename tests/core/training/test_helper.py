"""A helper computes what its training would have, and leaves nothing to do."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.errors import TrainingError
from core.features.shards import SUFFIX
from core.runs import worker
from core.runs.jobs import Job
from core.runs.kinds import FEATURES, TRAIN
from core.runs.reporter import Reporter
from core.runs.worker import Task
from core.store import Run, RunState, Store
from core.training import helper, precision
from core.training.network import TrainableNetwork
from tests.core.runs.jobs_at_hand import carried_out


def test_after_a_helper_its_training_looks_at_no_film(
    phantom_store: Store, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = phantom_store
    job = Job(store, FEATURES, store.workspace.run_folder(run.run_id) / "helper-gpu-1")
    looked: list[int] = []
    extract = TrainableNetwork.extract

    def counting(self: TrainableNetwork, films: np.ndarray, *mode: precision.Mode) -> np.ndarray:
        looked.append(len(films))
        return extract(self, films, *mode)

    monkeypatch.setattr(TrainableNetwork, "extract", counting)
    assert carried_out(job, run=run.run_id, device="cpu") == 0
    row = store.queue.find(job.job_id)
    assert row is not None
    assert row.state is RunState.DONE, row.reason
    assert (row.progress.done, row.progress.total) == (64, 64)
    assert len(looked) == 8
    kept = {one: one.read_bytes() for one in store.workspace.feature_cache.glob(f"*{SUFFIX}")}
    assert kept

    store.queue.transition(run.run_id, RunState.PREPARING, started_at=time.time())
    claimed = worker.claim(store, run.run_id)
    assert claimed is not None
    store.workspace.run_folder(run.run_id).mkdir(parents=True, exist_ok=True)
    worker.carry_out(store, claimed, TRAIN)
    now = store.runs.get(run.run_id)
    assert now.state is RunState.DONE, now.reason
    assert len(looked) == 8, "every vector was there"
    assert {one: one.read_bytes() for one in kept} == kept


@pytest.mark.parametrize("slot", ["gpu:1", "cpu"])
def test_a_gpu_that_does_not_answer_helps_nobody(phantom_store: Store, run: Run, slot: str) -> None:
    folder = phantom_store.workspace.run_folder(run.run_id) / "helper-gpu-1"
    task = Task(phantom_store, "helper", folder, {"run": run.run_id, "device": "gpu:1"}, slot)
    with (
        Reporter(phantom_store, "helper") as tell,
        pytest.raises(TrainingError, match="GPU 1 did not answer"),
    ):
        helper.work(task, tell)
    assert list(phantom_store.workspace.feature_cache.iterdir()) == []
