"""Runs written straight into the store, for tests of the pages that show them."""

from __future__ import annotations

import time
from typing import Any

from core.datasets import prepare
from core.datasets.presets import recommended_spec
from core.specs import RunSpec
from core.store import Epoch, Run, RunOrigin, RunProgress, RunResult, RunState, Store

# As ``RunResult.as_dict`` has it.
RESULT: dict[str, Any] = {
    "seconds_per_epoch": 4.2,
    "epochs": 3,
    "best_epoch": 2,
    "stopped_early": False,
    "seconds": {"total": 65.0},
    "test": {"accuracy": 0.9625, "sensitivity": 0.975, "specificity": None},
}


def make_dataset(store: Store, name: str = "tiny", size: int = 64) -> None:
    """A data set over the store's phantoms, without its film array."""
    spec = recommended_spec(store.catalogue, name, seed=0).changed(image_size=size)
    plan = prepare.plan(store.catalogue.frame(), spec)
    prepare.save_dataset(store, plan)


def make_run(
    store: Store,
    state: str,
    *,
    epochs: int = 0,
    progress: dict[str, Any] | None = None,
    spec: dict[str, Any] | None = None,
    origin: RunOrigin | None = None,
    **fields: Any,
) -> Run:
    """A run in a state, with so many epochs behind it."""
    wanted = {"dataset": "tiny", "model": "cnn", "weights": "random", "epochs": 3} | (spec or {})
    run = store.runs.create(RunSpec.build(**wanted), origin)
    for number in range(1, epochs + 1):
        store.runs.save_epoch(
            run.run_id,
            Epoch(number, 0.7 / number, 0.6, 0.8 / number, None, 1e-3, 2.0),
        )
    if "result" in fields:
        fields["result"] = RunResult.model_validate(fields["result"])
    store.runs.transition(run.run_id, RunState(state), started_at=time.time(), **fields)
    if progress is not None:
        store.runs.beat(run.run_id, RunProgress.model_validate(progress))
    return store.runs.get(run.run_id)
