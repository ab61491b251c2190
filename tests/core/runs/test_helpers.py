"""GPUs that nobody wants help a training with its films, and go as soon as somebody wants them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from core.runs.devices import Device
from core.runs.dispatcher import Dispatcher
from core.runs.helpers import LEAST
from core.runs.kinds import FEATURES
from core.store import JobRow, Run, RunProgress, RunState
from tests.core.runs.pretending import Pretended, eventually

Queue = Callable[..., Run]
GPUS = (
    Device("gpu:0", "A"), Device("gpu:1", "A"), Device("gpu:2", "B"), Device("gpu:3", "A"),
    Device("cpu", "C"),
)  # fmt: skip


@pytest.fixture
def passing(pretended: Pretended, queue: Queue) -> tuple[Dispatcher, Run]:
    """A training on the first GPU that has many films to pass."""
    pretended.devices = GPUS
    run = queue(model="vgg16", weights="random")
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    passes(pretended, run, LEAST)
    return dispatcher, run


def passes(pretended: Pretended, run: Run, films: int, **change: Any) -> None:
    progress = RunProgress(stage="features", done=5, total=5 + films, unit="films", **change)
    pretended.store.queue.beat(run.run_id, progress)


def helpers(pretended: Pretended) -> dict[str, JobRow]:
    """By the device that each was asked for, those that are not over."""
    rows = pretended.store.queue.unfinished()
    return {one.arguments["device"]: one for one in rows if one.kind == FEATURES.name}


def test_gpus_of_the_same_name_help(pretended: Pretended, passing: tuple[Dispatcher, Run]) -> None:
    dispatcher, run = passing
    dispatcher.step()
    asked = helpers(pretended)
    assert set(asked) == {"gpu:1", "gpu:3"}, "not the one that may compute other bits"
    dispatcher.step()
    for gpu, row in helpers(pretended).items():
        assert row.arguments["run"] == run.run_id
        assert row.job_id == f"runs/{run.run_id}/helper-{gpu.replace(':', '-')}"
        assert row.device == f"GPU {gpu[-1]} (A)"
        assert row.state == "preparing"
    assert pretended.started == [run.run_id, *(one.job_id for one in asked.values())]


def test_few_films_need_no_help(pretended: Pretended, passing: tuple[Dispatcher, Run]) -> None:
    dispatcher, run = passing
    passes(pretended, run, LEAST - 1)
    dispatcher.step()
    assert helpers(pretended) == {}


def test_who_keeps_vectors_to_itself_gets_no_help(pretended: Pretended, queue: Queue) -> None:
    pretended.devices = GPUS
    alone, on_cpu = queue(model="vgg16", cache=False), queue(model="vgg16", device="cpu")
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    for one in (alone, on_cpu):
        passes(pretended, one, LEAST)
    dispatcher.step()
    assert helpers(pretended) == {}


def test_a_training_that_waits_gets_the_gpu(
    pretended: Pretended, passing: tuple[Dispatcher, Run], queue: Queue
) -> None:
    dispatcher, _ = passing
    dispatcher.step()
    dispatcher.step()
    assert set(helpers(pretended)) == {"gpu:1", "gpu:3"}
    next_one, another = queue(), queue(device="gpu:1")
    dispatcher.step()
    assert pretended.store.runs.get(next_one.run_id).device == "GPU 2 (B)"
    dispatcher.step()
    asked = helpers(pretended)
    assert all(one.cancel_at is not None for one in asked.values())
    for one in asked.values():  # as they do when they hear it
        pretended.store.queue.transition(one.job_id, RunState.CANCELLED)
        assert one.pid is not None
        os.killpg(one.pid, signal.SIGKILL)

    def placed() -> bool:
        dispatcher.step()
        return pretended.store.runs.get(another.run_id).device == "GPU 1 (A)"

    eventually(placed)
    dispatcher.step()
    assert set(helpers(pretended)) == {"gpu:3"}, "nobody waits any more"


def test_helpers_go_with_their_training_and_come_once(
    pretended: Pretended, passing: tuple[Dispatcher, Run]
) -> None:
    dispatcher, run = passing
    dispatcher.step()
    first = helpers(pretended)["gpu:1"]
    pretended.store.queue.transition(first.job_id, RunState.DONE)
    dispatcher.step()
    assert set(helpers(pretended)) == {"gpu:3"}, "it has found nothing more to do"
    pretended.store.queue.beat(run.run_id, RunProgress(stage="training"))
    dispatcher.step()
    dispatcher.step()
    assert all(one.cancel_at is not None for one in helpers(pretended).values())
    # A training that is resumed has a session of its own, and may be helped again.
    pretended.store.queue.transition(run.run_id, RunState.PREPARING, started_at=time.time())
    passes(pretended, run, LEAST)
    dispatcher.step()
    assert "gpu:1" in helpers(pretended)
