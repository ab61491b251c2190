"""A Ray cluster of three nodes on this machine, and what tests on it ask of runs."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.runs.upkeep import refresh
from core.specs import RunSpec
from core.store import FINISHED, Run, RunState, Store


class Nodes:
    """A cluster whose head has no slots, so that all work is on the nodes n0, n1 and n2."""

    def __init__(self, cache: Path) -> None:
        cluster: Any = importlib.import_module("ray.cluster_utils").Cluster
        os.environ["THORAXLENS_NODE_CACHE"] = str(cache)
        small = {"object_store_memory": 100 * 2**20, "include_dashboard": False}
        self.cluster = cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
        self.address = str(self.cluster.address)
        self._nodes: dict[str, Any] = {}
        for name in ("n0", "n1", "n2"):
            self.add(name)

    def add(self, name: str) -> None:
        self._nodes[name] = self.cluster.add_node(
            num_cpus=1, node_name=name, object_store_memory=100 * 2**20, include_dashboard=False
        )

    def kill(self, name: str) -> None:
        """As when its power goes."""
        self.cluster.remove_node(self._nodes.pop(name), allow_graceful=False)

    def end(self) -> None:
        self.cluster.shutdown()


def dispatchers(store: Store) -> list[psutil.Process]:
    """The living dispatchers of this data folder."""
    root, found = str(store.workspace.root), []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and root in words and any("dispatcher" in one for one in words):
            found.append(process)
    return found


def spec(model: str, epochs: int) -> RunSpec:
    return RunSpec.build(
        dataset="phantoms", model=model, weights="random", epochs=epochs, batch_size=8,
        image_size=32,
    )  # fmt: skip


def wait_for(
    store: Store, runs: list[Run], holds: Callable[[list[Run]], Any], seconds: float
) -> list[Run]:
    def now() -> list[Run]:
        return [store.runs.get(run.run_id) for run in runs]

    def there() -> bool:
        refresh(store)
        found = now()
        assert all(one.state != RunState.FAILED for one in found), [one.reason for one in found]
        return bool(holds(found))

    end = time.monotonic() + seconds
    while not there():  # seldom: the nodes need this machine's processors
        assert time.monotonic() < end, [(one.state, one.node, one.progress) for one in now()]
        time.sleep(0.3)
    return now()


def over(runs: list[Run]) -> bool:
    return all(run.state in FINISHED for run in runs)


def told(store: Store, run: Run) -> list[Any]:
    """All that a result says but times and places, to the last digit."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    answers = Predictions.load(files.predictions)
    epochs = store.runs.epochs(run.run_id).drop(columns="seconds")
    numbers = [run.result.of(one).model_dump() for one in ("train", "validation", "test")]
    return [
        answers.probabilities.tobytes(), answers.film_ids.tolist(), answers.split.tolist(),
        epochs.to_csv(), numbers, run.result.precision_mode, run.result.best_epoch,
        files.operating_point.read_bytes() if files.operating_point.is_file() else b"",
    ]  # fmt: skip
