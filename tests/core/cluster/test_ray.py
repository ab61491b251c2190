"""A Ray cluster of three nodes on this machine: what runs there comes back like what runs here."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import psutil
import pytest

from core.runs import launcher
from core.runs.files import RunFiles
from core.store import Run, RunState, Store, open_store
from core.workspace import RAY_VARIABLE, open_workspace
from tests.core.cluster.three_nodes import Nodes, dispatchers, over, spec, told, wait_for
from tests.core.runs.pretending import eventually

pytestmark = [pytest.mark.large, pytest.mark.ray, pytest.mark.timeout(1500)]
# Ray leaves files and threads open, and says so of its own code.
pytestmark.append(pytest.mark.filterwarnings("ignore"))

NETWORKS = ("cnn", "vgg16")
FOLDS = 5


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
