"""The films of one training on several nodes of a Ray cluster, one of which is killed."""

from __future__ import annotations

import importlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.cluster import helping
from core.cluster.ray_cluster import RayCluster
from core.features.shards import SUFFIX, record_of
from core.models.registry import get_network
from core.runs import launcher
from core.runs.dispatcher import serve
from core.runs.starting import worker_command
from core.specs import AugmentSpec
from core.store import JobRow, Run, Store, open_store
from core.workspace import RAY_VARIABLE, open_workspace
from tests.core.cluster.three_nodes import Nodes, hold, let_on, over, spec, told, wait_for
from tests.core.runs.pretending import eventually

pytestmark = [pytest.mark.large, pytest.mark.ray, pytest.mark.timeout(1500)]
# Ray leaves files and threads open, and says so of its own code.
pytestmark.append(pytest.mark.filterwarnings("ignore"))


def test_free_nodes_pass_films_for_one_training_and_one_is_killed(
    films: Store, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helping, "LEAST", 1)
    monkeypatch.setattr(helping, "WORTH_SECONDS", 0.0)
    asked = spec("vgg16", 2).changed(image_size=160, augment=AugmentSpec(), augmented_copies=16)
    with dispatching_here(films, nodes):
        run = launcher.launch(films, asked)

        def helpers() -> list[JobRow]:
            return [one for one in films.queue.of_run(run.run_id) if one.kind == "node_features"]

        def caught(now: list[Run]) -> bool:
            """Whether it stands still while its films pass: alone it would soon be done."""
            return now[0].progress.stage == "features" and now[0].progress.done > 0 and hold(run)

        def all_help(now: list[Run]) -> bool:
            assert now[0].progress.stage == "features", "the films had passed before"
            return len([one for one in helpers() if one.is_active and one.progress.done]) == 2

        wait_for(films, [run], caught, 300)
        [now] = wait_for(films, [run], all_help, 300)
        victim, other = helpers()
        assert len({now.node, victim.node, other.node}) == 3
        nodes.kill(victim.node)
        # On a quick machine the training would be over first, and nobody look for the helper.
        eventually(
            lambda: victim.job_id not in [one.job_id for one in helpers() if one.is_active], 180
        )
        let_on(run)
        [done] = wait_for(films, [run], over, 500)
        assert (done.state, done.reason, done.node) == ("done", "", now.node)
        eventually(lambda: not [one for one in helpers() if one.is_active], 60)
    nodes.add(victim.node)
    ended = {one.node: one for one in helpers()}
    assert ended[victim.node].state == "interrupted"
    assert "Its films are looked at elsewhere." in ended[victim.node].reason
    assert ended[other.node].state in ("done", "cancelled")
    assert not films.queue.taken_up(), "the training itself was not touched"

    monkeypatch.delenv(RAY_VARIABLE)
    apart = open_store(open_workspace(shutil.copytree(films.workspace.root, tmp_path / "here")))
    apart.runs.delete(run.run_id)
    shutil.rmtree(apart.workspace.feature_cache)
    [alone] = wait_for(apart, [launcher.launch(apart, asked)], over, 500)
    assert records(apart) == records(films), "every vector, to the last bit"
    assert told(apart, alone) == told(films, done)


@contextmanager
def dispatching_here(store: Store, nodes: Nodes) -> Iterator[None]:
    """The dispatcher of this data folder in this process, where a test can change what it does."""
    enough = threading.Event()
    cluster = RayCluster(store, nodes.address)
    thread = threading.Thread(
        target=lambda: serve(
            store, worker_command(store), None, [cluster], idle=600.0, until=enough.is_set
        )
    )
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join(60)
        importlib.import_module("ray").shutdown()


def records(store: Store) -> list[bytes]:
    """All vectors with their films, in an order that says nothing of files."""
    size = record_of(get_network("vgg16").vector_length(1)).itemsize
    files = [one.read_bytes() for one in store.workspace.feature_cache.glob(f"*{SUFFIX}")]
    return sorted(one[at : at + size] for one in files for at in range(0, len(one), size))
