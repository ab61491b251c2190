"""What pages call. No process is started here unless a test says so."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from core import fetch
from core.datasets import prepare
from core.datasets.presets import recommended_spec
from core.errors import InputError, NotFoundError, WeightsMissingError
from core.runs import launcher, upkeep
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.specs import RepeatKind, RunSpec
from core.store import Run, RunState, Store
from core.workspace import Workspace
from tests.core.runs.pretending import SLEEP, begun

Queue = Callable[..., Run]


class Alive:
    """Stands in for a dispatcher's process."""

    ended: int | None = None

    def poll(self) -> int | None:
        return self.ended


@pytest.fixture
def dispatchers(monkeypatch: pytest.MonkeyPatch) -> list[Alive]:
    """The dispatchers that would have been started."""
    started: list[Alive] = []

    def start(workspace: Workspace) -> Any:
        started.append(Alive())
        return started[-1]

    monkeypatch.setattr(upkeep, "_start_dispatcher", start)
    monkeypatch.setattr(upkeep, "_dispatchers", {})
    return started


def spec(**fields: object) -> RunSpec:
    return RunSpec.build(**{"dataset": "pairs", "model": "cnn", **fields})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"head": "linear"}, "All of CNN learns, so its head is a part of it"),
        ({"l2": 0.5}, "leave these settings out"),
        ({"model": "vgg16", "weights": "random", "vector_blocks": 2}, "at most 1 block, and 2"),
        ({"model": "efficientnetlite0", "weights": "random", "vector_blocks": 8}, "at most 7"),
    ],
)
def test_a_head_that_the_network_cannot_have_is_refused_before_it_is_queued(
    store: Store, dataset: str, dispatchers: list[Alive], fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        launcher.launch(store, spec(**fields))
    assert not store.runs.all()


def test_a_launch_queues_and_starts_a_dispatcher(
    store: Store, dataset: str, dispatchers: list[Alive]
) -> None:
    run = launcher.launch(store, spec(dataset="PAIRS"))
    assert run.state == "queued"
    assert run.spec.weights == "random", "the CNN has no other"
    assert run.spec.dataset == "pairs", "as the data set spells itself"
    assert len(dispatchers) == 1
    for _ in range(3):
        upkeep.refresh(store)
    assert len(dispatchers) == 1, "the first is still loading"
    dispatchers[0].ended = 0
    upkeep.refresh(store)
    assert len(dispatchers) == 2, "the first ended without taking the run"


def test_nothing_is_started_beside_a_dispatcher_or_without_a_run(
    store: Store, dataset: str, dispatchers: list[Alive]
) -> None:
    upkeep.refresh(store)
    with FileLock(store.workspace.dispatcher_lock):
        launcher.launch(store, spec())
    assert dispatchers == []


def test_refresh_looks_only_at_runs_that_are_not_over(
    store: Store, queue: Queue, dispatchers: list[Alive], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queue()
    for number in range(50):
        other = queue()
        store.runs.transition(other.run_id, RunState.DONE, finished_at=float(number))
    store.runs.transition(run.run_id, RunState.TRAINING, started_at=time.time())
    looked_at: list[str] = []
    monkeypatch.setattr(upkeep, "worker_of", lambda one: looked_at.append(one.job_id))
    upkeep.refresh(store)
    assert looked_at == [run.run_id]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"dataset": "none"}, "no data set called “none”"),
        ({"model": "resnet"}, "no model called “resnet”"),
        ({"model": "inceptionresnetv2", "image_size": 64}, "at least 75 pixels"),
        ({"weights": "/tmp/x.weights.h5"}, "takes no weights file"),
        ({"model": "vgg16", "weights": "/no/such.weights.h5"}, "no file /no/such"),
        ({"model": "vgg16", "weights": "/etc/passwd"}, "not a file of weights"),
        ({"model": "vgg16", "weights": __file__}, "not a file of weights"),
        ({"fine_tune": 2}, "nothing to fine-tune"),
        ({"augmented_copies": 4}, "no frozen part"),
        ({"model": "vgg16", "weights": "random", "fine_tune": 6}, "VGG16 has 5 blocks"),
        ({"device": "gpu:99"}, "no gpu:99 on this machine"),
    ],
)
def test_what_cannot_work_is_refused_at_once(
    store: Store, dataset: str, dispatchers: list[Alive], fields: dict[str, object], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        launcher.launch(store, spec(**fields))
    assert store.runs.all() == []
    assert dispatchers == []


def test_repeats_are_queued_together_in_their_order(
    store: Store, dataset: str, dispatchers: list[Alive]
) -> None:
    runs = launcher.launch_repeats(store, spec(), "seeds", 3)
    assert [run.run_id for run in store.runs.queued()] == [run.run_id for run in runs]
    repeats = [run.spec.repeat for run in runs if run.spec.repeat]
    assert [one.index for one in repeats] == [0, 1, 2]
    assert len({one.group for one in repeats}) == 1
    assert [run.spec.trained_seed for run in runs] == [0, 1, 2]
    assert runs[1].repeat == "seed 2 of 3"
    assert "seed 2 of 3" in runs[1].title
    assert len(dispatchers) == 1
    assert launcher.launch_repeats(store, spec(), "folds", 2)[0].repeat == "fold 1 of 2"


def test_one_repeat_stops_alone_and_all_of_them_at_once(
    store: Store, dataset: str, dispatchers: list[Alive]
) -> None:
    runs = launcher.launch_repeats(store, spec(), "seeds", 4)
    group = runs[0].spec.repeat.group if runs[0].spec.repeat else ""
    store.runs.transition(runs[0].run_id, RunState.TRAINING, pid=None)
    assert launcher.stop(store, runs[1].run_id) == "cancelled"
    assert launcher.stop_group(store, group) == 3
    states = [run.state for run in store.runs.group(group)]
    assert states[1:] == ["cancelled"] * 3
    assert store.runs.cancel_requested(runs[0].run_id)
    launcher.delete(store, runs[1].run_id)
    assert [run.run_id for run in store.runs.group(group)] == [runs[i].run_id for i in (0, 2, 3)]
    with pytest.raises(NotFoundError, match="no runs of a group"):
        launcher.stop_group(store, "none")


@pytest.mark.parametrize(
    ("kind", "count", "says"),
    [
        ("folds", 20, "patients; 20 folds need at least 20"),
        ("seeds", 1, "at least 2"),
        ("folds", 21, "at most 20"),
        ("seeds", 0, "at least 2"),
    ],
)
def test_repeats_that_cannot_work_queue_nothing(
    phantom_store: Store, dispatchers: list[Alive], kind: RepeatKind, count: int, says: str
) -> None:
    made = recommended_spec(phantom_store.catalogue, "tiny").changed(image_size=32)
    prepare.save_dataset(phantom_store, prepare.plan(phantom_store.catalogue.frame(), made))
    with pytest.raises(InputError, match=says):
        launcher.launch_repeats(phantom_store, spec(dataset="tiny"), kind, count)
    assert phantom_store.runs.all() == []


def test_missing_imagenet_weights_queue_where_they_can_be_fetched(
    store: Store, dataset: str, dispatchers: list[Alive], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(store.workspace.root / "no-cache"))
    monkeypatch.setattr(fetch, "can_reach", lambda url: False)
    with pytest.raises(WeightsMissingError, match="cannot be reached"):
        launcher.launch(store, spec(model="vgg16"))
    with pytest.raises(WeightsMissingError, match="Or choose the weights “random”"):
        launcher.launch_repeats(store, spec(model="vgg16"), "seeds", 2)
    assert store.runs.all() == []
    assert launcher.launch(store, spec(model="vgg16", weights="random")).spec.model == "vgg16"
    monkeypatch.setattr(fetch, "can_reach", lambda url: True)
    assert launcher.launch(store, spec(model="vgg16")).spec.weights == "imagenet"


def test_refresh_marks_a_dead_worker(store: Store, queue: Queue, dispatchers: list[Alive]) -> None:
    dead, living = queue(), queue()
    ended = subprocess.Popen([sys.executable, "-S", "-c", "pass"])
    ended.wait()
    worker = subprocess.Popen([sys.executable, "-S", "-c", SLEEP, living.run_id])
    try:
        begun(worker.pid)
        for run, process in ((dead, ended), (living, worker)):
            store.runs.transition(run.run_id, RunState.TRAINING, pid=process.pid, pid_started=1.0)
        upkeep.refresh(store)
        assert store.runs.get(dead.run_id).state == "interrupted"
        assert "is gone" in store.runs.get(dead.run_id).reason
        assert store.runs.get(living.run_id).state == "training"
        assert len(dispatchers) == 1, "somebody must watch the living one"
    finally:
        worker.kill()
        worker.wait()


def test_stop_and_resume_and_delete(
    store: Store, dataset: str, queue: Queue, dispatchers: list[Alive]
) -> None:
    run = queue()
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    files.log.write_text("hello\n")
    assert launcher.stop(store, run.run_id) == "cancelled"
    assert launcher.stop(store, run.run_id) == "cancelled", "twice changes nothing"
    assert [one.what for one in store.deeds.latest(9)] == [f"stopped run {run.run_id}"]
    assert launcher.resume(store, run.run_id).state == "queued"
    with pytest.raises(InputError, match="Only a stopped run"):
        launcher.resume(store, run.run_id)
    launcher.delete(store, run.run_id)
    assert not files.folder.exists()
    with pytest.raises(NotFoundError):
        launcher.delete(store, run.run_id)
    for call in (launcher.stop, launcher.resume, launcher.delete):
        with pytest.raises(NotFoundError):
            call(store, "20200101-000000-abcd")


def test_a_run_whose_processes_were_all_killed_can_be_resumed_at_once(
    store: Store, dataset: str, queue: Queue, dispatchers: list[Alive]
) -> None:
    """Even if nobody has looked since."""
    run = queue()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    store.runs.transition(
        run.run_id,
        RunState.TRAINING,
        started_at=time.time() - 600,
        pid=gone.pid,
        pid_started=1.0,
    )
    assert launcher.resume(store, run.run_id).state == "queued"


def test_an_active_run_cannot_be_deleted(
    store: Store, queue: Queue, dispatchers: list[Alive]
) -> None:
    run = queue()
    store.runs.transition(run.run_id, RunState.TRAINING, started_at=time.time())
    folder = RunFiles(store.workspace.run_folder(run.run_id)).create().folder
    with pytest.raises(InputError, match="Stop it before"):
        launcher.delete(store, run.run_id)
    assert folder.exists()


def test_a_run_of_a_deleted_data_set_cannot_be_resumed(
    store: Store, dataset: str, queue: Queue, dispatchers: list[Alive]
) -> None:
    run = queue()
    launcher.stop(store, run.run_id)
    store.datasets.delete(dataset)
    with pytest.raises(NotFoundError, match="no data set called"):
        launcher.resume(store, run.run_id)
    assert store.runs.get(run.run_id).state == "cancelled"


def test_the_tail_of_a_log(workspace: Workspace) -> None:
    assert launcher.log_tail(workspace, "none") == ""
    files = RunFiles(workspace.run_folder("one")).create()
    lines = [f"line {number}" for number in range(100_000)]
    noise = "I0000 00:00:1795375829.960755   18029 port.cc:153] oneDNN custom operations are on."
    files.log.write_bytes("\n".join([*lines, noise, "Grüße"]).encode() + b"\n\xff torn")
    tail = launcher.log_tail(workspace, "one", lines=3).splitlines()
    assert tail == ["line 99999", "Grüße", "� torn"]


def test_wait_returns_what_there_is_when_time_is_up(
    store: Store, queue: Queue, dispatchers: list[Alive]
) -> None:
    run = queue()
    assert launcher.wait(store, run.run_id, timeout=0.1).state == "queued"
    store.runs.transition(run.run_id, RunState.DONE)
    assert launcher.wait(store, run.run_id).state == "done"


def test_a_card_survives_the_disk(tmp_path: Path) -> None:
    card = RunConfig(
        run_id="r",
        model="vgg16",
        classes=("covid", "healthy"),
        image_size=224,
        preprocessing="caffe",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="ab",
    )
    path = tmp_path / "run.json"
    card.save(path)
    assert RunConfig.load(path) == card
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]
    path.write_text("{")
    with pytest.raises(NotFoundError, match="cannot be read"):
        RunConfig.load(path)
