"""A Ray cluster of three nodes on this machine, and what is asked of runs that worked on it."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.evaluation.predictions import Predictions
from core.runs import launcher
from core.runs.files import RunFiles
from core.runs.upkeep import let_go, refresh
from core.runs.warm_time import ENVIRONMENT_VARIABLE as WARM_VARIABLE
from core.runs.whereabouts import went_away
from core.specs import RunSpec
from core.store import FINISHED, Run, RunState, Store, open_store
from core.workspace import RAY_VARIABLE, open_workspace
from tests.core.runs.pretending import eventually

PATIENCE = 900.0  # seconds, for what takes some on a quiet machine: a busy one may be slower by far
SAID_SECONDS = 2.0  # in which what a worker has said is written down by the head
NAMES = ("n0", "n1", "n2")


class Nodes:
    """A cluster whose head has no slots, so that all work is on the nodes n0, n1 and n2."""

    def __init__(self, cache: Path) -> None:
        cluster: Any = importlib.import_module("ray.cluster_utils").Cluster
        os.environ["THORAXLENS_NODE_CACHE"] = str(cache)
        small = {"object_store_memory": 100 * 2**20, "include_dashboard": False}
        self.cluster = cluster(initialize_head=True, head_node_args={"num_cpus": 0, **small})
        self.address = str(self.cluster.address)
        self._nodes: dict[str, Any] = {}
        for name in NAMES:
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


@contextmanager
def three_nodes(cache: Path) -> Iterator[Nodes]:
    """``cache``: where the nodes keep films and weights."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray calls it so
    made = Nodes(cache)
    try:
        yield made
    finally:
        made.end()


def spec(model: str, epochs: int) -> RunSpec:
    return RunSpec.build(
        dataset="phantoms", model=model, weights="random", epochs=epochs, batch_size=8,
        image_size=32,
    )  # fmt: skip


def dispatchers(store: Store) -> list[psutil.Process]:
    """The living dispatchers of this data folder."""
    root, found = str(store.workspace.root), []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if alive and root in words and any("dispatcher" in one for one in words):
            found.append(process)
    return found


def at_work_on(run: Run) -> list[psutil.Process]:
    """The living processes that have the run's name on their command line, on whichever node."""
    return [
        one
        for one in psutil.process_iter(["cmdline", "status"])
        if one.info["status"] != psutil.STATUS_ZOMBIE and run.run_id in (one.info["cmdline"] or [])
    ]


def wait_for(
    store: Store, runs: Sequence[Run], holds: Callable[[list[Run]], Any], seconds: float = PATIENCE
) -> list[Run]:
    """Wait until something holds of the runs as the store has them; returns them. None may fail."""

    def now() -> list[Run]:
        return [store.runs.get(run.run_id) for run in runs]

    end = time.monotonic() + seconds
    while True:
        refresh(store)
        found = now()
        assert all(one.state != RunState.FAILED for one in found), [one.reason for one in found]
        if holds(found):
            return found
        assert time.monotonic() < end, [(one.state, one.node, one.progress) for one in found]
        time.sleep(0.3)  # seldom: the nodes need this machine's processors


def over(runs: Sequence[Run]) -> bool:
    return all(run.state in FINISHED for run in runs)


def caught_in_training(store: Store, runs: Sequence[Run], epochs: int) -> Run:
    """A run that trains on a node and has finished at least so many epochs. Its process stands
    still from now on: on a busy machine it would be over before somebody has killed its node, and
    another one would be at work there."""
    caught: list[Run] = []

    def catch(now: list[Run]) -> bool:
        for run in now:
            if is_in_training(store, run, epochs) and hold(run):
                time.sleep(SAID_SECONDS)
                if is_in_training(store, again := store.runs.get(run.run_id), epochs):
                    caught.append(again)
                    return True
                let_on(run)
        return False

    wait_for(store, runs, catch)
    return caught[0]


def is_in_training(store: Store, run: Run, epochs: int) -> bool:
    """Whether it trains and at least so many epochs are finished, and not all of them."""
    if run.state != RunState.TRAINING or not run.node or run.pid is not None:
        return False
    return epochs <= len(store.runs.finished_epochs(run.run_id)) < run.spec.epochs


def hold(run: Run) -> bool:
    """Let its processes stand still until ``let_on``; whether there was one."""
    held = at_work_on(run)
    for process in held:
        with suppress(psutil.Error):
            process.send_signal(signal.SIGSTOP)
    return bool(held)


def let_on(run: Run) -> None:
    for process in at_work_on(run):
        with suppress(psutil.Error):
            process.send_signal(signal.SIGCONT)


def lost_with_node(store: Store, run: Run) -> bool:
    """Whether the run was taken up again because the node went away on which it worked then. It may
    have been so more often: a busy node that does not begin in time gives its work back, too."""
    return any(
        one.job_id == run.run_id
        and one.node == run.node
        and one.reason.startswith(went_away(run.node))
        for one in store.queue.taken_up()
    )


def are_as_without_ray(
    store: Store, done: Sequence[Run], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Train the same once more, on this machine alone and in a copy of the data folder, in which
    nobody may be at work any more, and compare all that the results say. ``folder``: for the copy.

    Which arithmetic is fastest on this machine has been measured, and counts for both.
    """
    eventually(lambda: not dispatchers(store), PATIENCE)
    monkeypatch.delenv(RAY_VARIABLE)
    monkeypatch.setenv(WARM_VARIABLE, "5")  # as it is for who sets nothing, and sooner done
    passing = shutil.ignore_patterns("cluster*", "tmp-*", "*.lock")
    copied = shutil.copytree(store.workspace.root, folder, ignore=passing)
    other = open_store(open_workspace(copied))
    for run in done:
        other.runs.delete(run.run_id)
        shutil.rmtree(other.workspace.run_folder(run.run_id))
    shutil.rmtree(other.workspace.feature_cache)
    try:
        alone = [launcher.launch(other, run.spec) for run in done]
        alone = wait_for(other, alone, over, 2 * PATIENCE)
    finally:
        let_go(other)
    for with_ray, without in zip(done, alone, strict=True):
        assert told(store, with_ray) == told(other, without)
    eventually(lambda: not dispatchers(other), PATIENCE)


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
