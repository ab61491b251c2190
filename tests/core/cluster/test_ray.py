"""A Ray cluster of three nodes on this machine: what runs there comes back like what runs here."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from core.runs import launcher
from core.runs.files import RunFiles
from core.store import Store
from tests.core.cluster.three_nodes import (
    NAMES,
    PATIENCE,
    Nodes,
    are_as_without_ray,
    at_work_on,
    caught_in_training,
    dispatchers,
    lost_with_node,
    over,
    spec,
    wait_for,
)
from tests.core.runs.pretending import eventually

pytestmark = [pytest.mark.large, pytest.mark.ray, pytest.mark.timeout(1500)]
# Ray leaves files and threads open, and says so of its own code.
pytestmark.append(pytest.mark.filterwarnings("ignore"))

NETWORKS = {"cnn": 25, "vgg16": 30}  # with their epochs
FOLDS = 2  # five, and started on the page: tests/browser/test_cluster.py


def test_folds_of_two_networks_with_a_node_killed_are_as_without_ray(
    films: Store, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        run
        for model, epochs in NETWORKS.items()
        for run in launcher.launch_repeats(films, spec(model, epochs), "folds", FOLDS)
    ]
    victim = caught_in_training(films, runs, 5)  # so its epochs arrive while it trains
    nodes.kill(victim.node)
    done = wait_for(films, runs, over, 2 * PATIENCE)
    nodes.add(victim.node)
    assert [(run.state, run.reason) for run in done] == [("done", "")] * 2 * FOLDS
    assert {run.node for run in done} | {victim.node} == set(NAMES)
    assert films.runs.get(victim.run_id).node != victim.node
    assert lost_with_node(films, victim), films.queue.taken_up()
    for run in done:
        names = {one.name for one in films.workspace.run_folder(run.run_id).iterdir()}
        assert names >= {"head.weights.h5", "predictions.npz", "log.txt", "run.json", "record.json"}
        assert "checkpoint" not in names
    are_as_without_ray(films, done, tmp_path / "here", monkeypatch)


def test_a_run_is_stopped_and_goes_on(films: Store) -> None:
    [run] = [launcher.launch(films, spec("cnn", 60))]
    wait_for(films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 3)
    launcher.stop(films, run.run_id)
    [stopped] = wait_for(films, [run], over)
    assert (stopped.state, stopped.reason) == ("cancelled", "Stopped at your request.")
    kept = RunFiles(films.workspace.run_folder(run.run_id)).resumes_after()
    assert kept >= 1
    launcher.resume(films, run.run_id)
    [done] = wait_for(films, [run], over)
    assert (done.state, done.result.epochs) == ("done", 60)
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == list(range(1, 61))


def test_a_head_that_restarts_finds_its_run(films: Store) -> None:
    run = launcher.launch(films, spec("cnn", 60))
    wait_for(films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 2)
    before = films.queue.taken_up()
    # On a busy machine a second one may have been started, which waits for the end of the first.
    for one in dispatchers(films):
        one.kill()
        one.wait(PATIENCE)
    time.sleep(2)
    [done] = wait_for(films, [run], over)
    assert done.state == "done"
    assert films.queue.taken_up() == before, "it was found again, not begun again"
    assert films.runs.epochs(run.run_id)["epoch"].tolist() == list(range(1, 61))


def test_a_killed_node_leaves_no_process(films: Store, nodes: Nodes) -> None:
    run = launcher.launch(films, spec("cnn", 400))
    [now] = wait_for(films, [run], lambda now: len(films.runs.finished_epochs(run.run_id)) >= 2)
    nodes.kill(now.node)
    eventually(lambda: lost_with_node(films, now), PATIENCE)
    eventually(lambda: len(at_work_on(run)) <= 1, PATIENCE)
    launcher.stop(films, run.run_id)
    wait_for(films, [run], over)
    eventually(lambda: not at_work_on(run), PATIENCE)
    nodes.add(now.node)
