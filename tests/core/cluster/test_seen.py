"""What pages and doctor are told of a cluster. Ray is only in the process that looks at it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from core.cluster import seen as module
from core.cluster.reaching import why_unreachable
from core.cluster.sameness import about_this_machine
from core.cluster.seen import (
    SeenCluster,
    SeenNode,
    look_once,
    seen_cluster,
    seen_file,
    wanted_file,
    watch_lock,
    why_it_waits_there,
)
from core.cluster.watch import Watch
from core.runs.machines import Seats
from core.runs.waiting import SOON
from core.runs.whereabouts import Whereabouts, whereabouts_file
from core.specs import RunSpec
from core.store import JobRow, RunState, Store
from core.workspace import PROJECT_ROOT, Workspace

ADDRESS = "10.0.0.7:6379"


def node(name: str, **more: Any) -> SeenNode:
    return SeenNode(**{"node": f"id of {name}", "name": name, "unfit": "", "cpus": 1.0} | more)


@pytest.fixture
def watchers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[bytes]]]:
    """The processes that were started to watch; they only sleep."""
    started: list[subprocess.Popen[bytes]] = []

    def start(workspace: Workspace, address: str) -> subprocess.Popen[bytes]:
        started.append(
            subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
        )
        return started[-1]

    monkeypatch.setattr(module, "_start_watching", start)
    monkeypatch.setattr(module, "_watchers", [])
    yield started
    for one in started:
        one.kill()
        one.wait(timeout=60)


def test_somebody_who_looks_starts_one_watcher(
    workspace: Workspace, watchers: list[subprocess.Popen[bytes]]
) -> None:
    assert seen_cluster(workspace, ADDRESS) is None, "nothing is known yet"
    now = SeenCluster(address=ADDRESS, at=time.time(), nodes=(node("cellar"),))
    now.save(seen_file(workspace))
    assert seen_cluster(workspace, ADDRESS) == now
    assert len(watchers) == 1
    assert time.time() - wanted_file(workspace).stat().st_mtime < 30
    watchers[0].kill()
    watchers[0].wait(timeout=60)
    seen_cluster(workspace, ADDRESS)
    assert len(watchers) == 2, "the one that died has a successor"


def test_another_process_s_watcher_is_enough(
    workspace: Workspace, watchers: list[subprocess.Popen[bytes]]
) -> None:
    with watch_lock(workspace).acquire(timeout=0):
        # A lock is one process's: it would take its own a second time.
        code = (
            "import sys; sys.path.insert(0, sys.argv[2]);"
            "from core.cluster.seen import _is_watched; from core.workspace import named_workspace;"
            "print(_is_watched(named_workspace(sys.argv[1])))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(workspace.root), str(PROJECT_ROOT)],
            capture_output=True, text=True, check=True, timeout=240,
        )  # fmt: skip
    assert done.stdout.strip() == "True"


@pytest.mark.parametrize("what", [{"address": "auto"}, {"at": 5.0}])
def test_what_was_seen_elsewhere_or_long_ago_says_nothing(
    workspace: Workspace, watchers: list[subprocess.Popen[bytes]], what: dict[str, Any]
) -> None:
    SeenCluster(**{"address": ADDRESS, "at": time.time()} | what).save(seen_file(workspace))
    assert seen_cluster(workspace, ADDRESS) is None
    seen_file(workspace).write_text("{")
    assert seen_cluster(workspace, ADDRESS) is None


def test_a_node_is_a_machine_with_the_cores_that_are_given() -> None:
    here = node("cellar", cpus=4.0, cpus_taken=3.0, gpus=2.0, gpus_taken=1.0).as_machine()
    assert here.seats == (
        Seats("cores given to work", 3, 4),
        Seats("graphics cards given to work", 1, 2),
    )
    assert here.gone == ""
    assert node("x", unfit="x gets no work: why").as_machine().gone == "x gets no work: why"
    assert node("x", unfit=None).as_machine().gone == ""


def queued(store: Store) -> JobRow:
    run = store.runs.create(RunSpec.build(dataset="study", model="cnn"))
    row = store.queue.find(run.run_id)
    assert row is not None
    return row


def test_why_work_for_the_cluster_waits(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THORAXLENS_RAY_CPUS", "1")
    first, second = queued(store), queued(store)
    cluster = SeenCluster(
        address=ADDRESS, nodes=(node("cellar"), node("attic", gone="It is gone."))
    )
    assert why_it_waits_there(store, first, cluster) == SOON
    assert why_it_waits_there(store, second, cluster) == (
        "It waits for a free place in the cluster; 1 before it"
    )
    folder = store.workspace.run_folder(first.job_id)
    folder.mkdir()
    store.queue.transition(first.job_id, RunState.PREPARING, device="CPU", node="cellar")
    Whereabouts(node="id of cellar", there=True).save(whereabouts_file(store, first))
    assert why_it_waits_there(store, second, cluster) == "It waits for a free place in the cluster"
    larger = cluster.model_copy(update={"nodes": (node("cellar", cpus=2.0),)})
    assert why_it_waits_there(store, second, larger) == SOON
    for nothing in ((), (node("x", unfit="x gets no work: why"),), (node("x", gone="gone"),)):
        empty = cluster.model_copy(update={"nodes": nothing})
        assert "No machine of the cluster" in why_it_waits_there(store, second, empty)
    trouble = cluster.model_copy(update={"trouble": "Nothing answers."})
    assert why_it_waits_there(store, second, trouble) == "It waits until the cluster answers"


def test_an_address_where_nothing_listens_is_told_at_once() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        assert why_unreachable(address) == ""
    assert why_unreachable(address).startswith(f"Nothing answers at {address} (")
    assert why_unreachable("auto") == ""
    for odd in ("cellar", "cellar:", ":6379", "cellar:port", "cellar:99999"):
        assert "is no address of a cluster" in why_unreachable(odd)


def test_a_look_that_breaks_off_or_hangs_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing answers" in look_once("127.0.0.1:1").trouble
    monkeypatch.setattr(module, "ENTRY", "core.no_such_module")
    assert "No module named" in look_once(ADDRESS).trouble
    assert look_once(ADDRESS, patience=0.001).trouble == "There was no answer in 0 s."


class _Error(Exception):
    pass


class PretendedRay:
    """As much of Ray as looks at a cluster; an answer is ready as soon as it is asked for."""

    __version__ = "2.60.0"
    exceptions = SimpleNamespace(RayError=_Error)

    def __init__(self, nodes: list[dict[str, Any]], about: dict[str, dict[str, str]]) -> None:
        self._nodes, self._about = nodes, about
        state = SimpleNamespace(available_resources_per_node=lambda: {"n1": {"CPU": 1.0}})
        self._private = SimpleNamespace(state=state)
        self.asked = 0

    def nodes(self) -> list[dict[str, Any]]:
        return self._nodes

    def get_runtime_context(self) -> Any:
        return SimpleNamespace(get_node_id=lambda: "n1")

    def wait(self, answers: list[Any], **how: Any) -> tuple[list[Any], list[Any]]:
        return answers, []

    def get(self, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    def remote(self, kind: type) -> Any:
        self.asked += 1
        return SimpleNamespace(options=lambda **how: SimpleNamespace(remote=self._actor(how)))

    def _actor(self, how: dict[str, Any]) -> Any:
        node_id = how["scheduling_strategy"].node_id
        told = {"load": 0.5, "memory_total": 100, "memory_used": 40, "processor": "P", "cards": []}
        about = self._about[node_id]
        answer: Any = about if "gone" not in about else _Error("it went away")
        return lambda home: SimpleNamespace(
            about=SimpleNamespace(remote=lambda backend: answer),
            look=SimpleNamespace(remote=lambda: told),
        )


def said(node_id: str, name: str, *, alive: bool = True) -> dict[str, Any]:
    return {
        "NodeID": node_id, "Alive": alive, "NodeName": name, "NodeManagerAddress": "10.0.0.1",
        "NodeManagerHostname": "host", "Resources": {"CPU": 2.0, "memory": 50.0} if alive else {},
        "DeathReasonMessage": None if alive else "received SIGTERM",
    }  # fmt: skip


def test_each_node_says_how_it_is_and_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    affinity = SimpleNamespace(
        NodeAffinitySchedulingStrategy=lambda node_id, soft: SimpleNamespace(node_id=node_id)
    )
    monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", affinity)
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(__path__=[]))
    monkeypatch.setitem(sys.modules, "ray.util", SimpleNamespace(__path__=[]))
    ours = about_this_machine("tensorflow")
    nodes = [
        said("n1", "10.0.0.1"),
        said("n2", "ward-7"),
        said("n0", "ward-7", alive=False),  # it came back, with another id
        said("n3", "attic", alive=False),
        said("n4", "flickering"),
    ]
    ray = PretendedRay(nodes, {"n1": ours, "n2": ours | {"numpy": "0.1"}, "n4": {"gone": "yes"}})
    watch = Watch(ray, ADDRESS, "tensorflow")
    watch.look()
    seen = {one.node: one for one in watch.look().nodes}
    assert [one.name for one in watch.look().nodes] == ["host", "flickering", "ward-7", "attic"]
    here = seen["n1"]
    assert (here.is_here, here.unfit, here.cpus, here.cpus_taken) == (True, "", 2.0, 1.0)
    assert (here.load, here.memory_total, here.memory_used) == (0.5, 100, 40)
    assert (seen["n2"].unfit or "").startswith("ward-7 gets no work: it has NumPy 0.1")
    assert (seen["n2"].load, seen["n2"].memory_total) == (None, 50)
    assert seen["n3"].gone == "It is gone: it was shut down."
    assert seen["n4"].unfit is None, "its actor went away, so it is asked anew"
    assert ray.asked > 3


@pytest.mark.ray
@pytest.mark.timeout(900)
# Ray leaves files and threads open, and says so of its own code.
@pytest.mark.filterwarnings("ignore")
def test_a_real_cluster_is_seen_and_a_node_that_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster

    memory = {"object_store_memory": 10**8}
    head = {"num_cpus": 1, "include_dashboard": False, "node_name": "reading-room", **memory}
    cluster: Any = Cluster(initialize_head=True, head_node_args=head)
    try:
        cellar = cluster.add_node(num_cpus=1, node_name="cellar", **memory)
        seen = look_once(cluster.address, 240)
        assert seen.trouble == ""
        assert seen.ray == ray.__version__
        assert [(one.name, one.unfit, one.cpus) for one in seen.nodes] == [
            ("reading-room", "", 1.0),
            ("cellar", "", 1.0),
        ]
        assert all(one.memory_used and one.processor for one in seen.nodes)
        cluster.remove_node(cellar)
        gone = [one for one in look_once(cluster.address, 240).nodes if one.gone]
        assert [one.name for one in gone] == ["cellar"]
    finally:
        cluster.shutdown()
