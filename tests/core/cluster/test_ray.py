"""A Ray cluster of three nodes on this machine: what runs there comes back like what runs here."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.evaluation.predictions import Predictions
from core.runs import launcher
from core.runs.files import RunFiles
from core.runs.upkeep import refresh
from core.specs import RunSpec
from core.store import FINISHED, Run, RunState, Store, open_store
from core.workspace import RAY_VARIABLE, open_workspace
from tests.core.phantom_dataset import with_a_dataset
from tests.core.runs.pretending import eventually

pytestmark = [pytest.mark.large, pytest.mark.ray, pytest.mark.timeout(1500)]
# Ray leaves files and threads open, and says so of its own code.
pytestmark.append(pytest.mark.filterwarnings("ignore"))

NETWORKS = ("cnn", "vgg16")
FOLDS = 5


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


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - Ray calls it so
    made = Nodes(tmp_path_factory.mktemp("node"))
    yield made
    made.end()


@pytest.fixture
def films(phantom_store: Store, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv(RAY_VARIABLE, nodes.address)
    yield with_a_dataset(phantom_store, 12, 4, 4)
    for process in dispatchers(phantom_store):
        process.kill()


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


def test_five_folds_of_two_networks_with_a_node_killed_are_as_without_ray(
    films: Store, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        run
        for model, epochs in zip(NETWORKS, (25, 30), strict=True)
        for run in launcher.launch_repeats(films, spec(model, epochs), "folds", FOLDS)
    ]
    seen: dict[str, set[int]] = {}

    def halfway(now: list[Run]) -> bool:
        for run in now:
            if run.state == RunState.TRAINING:
                seen.setdefault(run.run_id, set()).add(len(films.runs.finished_epochs(run.run_id)))
        return any(one.node == "n0" and len(films.runs.finished_epochs(one.run_id)) >= 5
                   and one.state == RunState.TRAINING for one in now)  # fmt: skip

    wait_for(films, runs, halfway, 300)
    [victim] = [
        one
        for one in map(films.runs.get, [run.run_id for run in runs])
        if one.node == "n0" and one.is_active
    ]
    nodes.kill("n0")
    done = wait_for(films, runs, lambda now: halfway(now) or over(now), 500)
    done = wait_for(films, runs, over, 500)
    nodes.add("n0")
    assert [(run.state, run.reason) for run in done] == [("done", "")] * 2 * FOLDS
    assert {run.node for run in done} >= {"n1", "n2"}
    arrived = {count for counts in seen.values() for count in counts}
    assert any(0 < count < 25 for count in arrived), "epochs arrive while it trains"
    [lost] = [one for one in films.queue.taken_up() if one.job_id == victim.run_id]
    assert lost.node == "n0"
    assert "went away" in lost.reason
    for run in done:
        names = {one.name for one in films.workspace.run_folder(run.run_id).iterdir()}
        assert names >= {"head.weights.h5", "predictions.npz", "log.txt", "run.json", "record.json"}
        assert "checkpoint" not in names

    # The same without Ray. Which arithmetic is fastest here has been measured, and counts for both.
    monkeypatch.delenv(RAY_VARIABLE)
    eventually(lambda: not dispatchers(films), 60)
    other = open_store(open_workspace(shutil.copytree(films.workspace.root, tmp_path / "here")))
    for run in done:
        other.runs.delete(run.run_id)
    shutil.rmtree(other.workspace.feature_cache)
    alone = [
        run
        for model, epochs in zip(NETWORKS, (25, 30), strict=True)
        for run in launcher.launch_repeats(other, spec(model, epochs), "folds", FOLDS)
    ]
    alone = wait_for(other, alone, over, 500)
    for with_ray, without in zip(done, alone, strict=True):
        assert told(films, with_ray) == told(other, without)


def test_a_run_is_stopped_and_goes_on(films: Store) -> None:
    [run] = [launcher.launch(films, spec("cnn", 60))]
    wait_for(films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 3, 200)
    launcher.stop(films, run.run_id)
    [stopped] = wait_for(films, [run], over, 60)
    assert (stopped.state, stopped.reason) == ("cancelled", "Stopped at your request.")
    kept = RunFiles(films.workspace.run_folder(run.run_id)).resumes_after()
    assert kept >= 1
    launcher.resume(films, run.run_id)
    [done] = wait_for(films, [run], over, 200)
    assert (done.state, done.result.epochs) == ("done", 60)
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == list(range(1, 61))


def test_a_head_that_restarts_finds_its_run(films: Store) -> None:
    run = launcher.launch(films, spec("cnn", 60))
    wait_for(films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 2, 200)
    [first] = dispatchers(films)
    os.kill(first.pid, signal.SIGKILL)
    first.wait(10)
    time.sleep(2)
    [done] = wait_for(films, [run], over, 200)
    assert done.state == "done"
    assert not films.queue.taken_up(), "it was found again, not begun again"
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == list(range(1, 61))


def test_a_killed_node_leaves_no_process(films: Store, nodes: Nodes) -> None:
    run = launcher.launch(films, spec("cnn", 400))
    [now] = wait_for(
        films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 2, 200
    )
    nodes.kill(now.node)

    def on_that_node() -> list[str]:
        return [
            " ".join(one.info["cmdline"])
            for one in psutil.process_iter(["cmdline", "status"])
            if one.info["status"] != psutil.STATUS_ZOMBIE
            and run.run_id in (one.info["cmdline"] or [])
        ]

    eventually(lambda: films.queue.taken_up(), 90)
    eventually(lambda: len(on_that_node()) <= 1, 30)
    launcher.stop(films, run.run_id)
    wait_for(films, [run], over, 60)
    eventually(lambda: not on_that_node(), 30)
    nodes.add(now.node)
