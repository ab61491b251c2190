"""The page Machines: what works where, what waits and why, what was taken up again."""

from __future__ import annotations

import os
import time

import pytest

from core.runs.liveness import STOPPED
from core.runs.machines import Machine, Seats
from core.runs.processes import start_time
from core.store import RunProgress, RunState, Store
from core.version import node_name
from pages.components.machines.machine_table import machines_html
from tests.core.runs.jobs_at_hand import no_dispatcher
from tests.pages.hostile import FINDING, SOURCE
from tests.pages.opening import as_read, everything_said, open_app
from tests.pages.runs import RESULT, make_dataset, make_run


@pytest.fixture(autouse=True)
def _nothing_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    no_dispatcher(monkeypatch)


def own() -> dict[str, object]:
    return {"pid": os.getpid(), "pid_started": start_time(os.getpid()), "node": node_name()}


def test_an_idle_machine_is_shown_with_the_way_on(phantom_store: Store) -> None:
    app = open_app("machines")
    table = app.get("html")[0].proto.body
    assert node_name() in table
    assert "0 of 1 <small>training on the processor</small>" in table
    said = everything_said(app)
    assert "Nothing is at work, and nothing waits." in said
    assert "Waiting" not in said
    assert "Taken up again" not in said


def test_what_works_and_what_waits_say_where_and_why(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    done = make_run(store, "done", epochs=3, result=RESULT)
    make_run(
        store,
        "training",
        progress={"stage": "training", "done": 20, "total": 40, "epoch": 2, "epochs": 3,
                  "eta_seconds": 100.0},
        device="CPU",
        **own(),
    )  # fmt: skip
    audit = f"runs/{done.run_id}/audit"
    store.queue.add(audit, "audit", {"run": done.run_id})
    store.queue.transition(audit, RunState.WORKING, **own())
    store.queue.beat(audit, RunProgress(stage="Comparing films", done=3, total=12))
    store.queue.add("map", "map", {})
    helper = f"runs/{done.run_id}/helper-gpu-1"
    store.queue.add(helper, "features", {"run": done.run_id, "device": "gpu:1"})
    store.queue.transition(helper, RunState.WORKING, device="GPU 1 (Card)", **own())
    store.queue.beat(helper, RunProgress(stage="Looking at films", done=1, total=4))
    make_run(store, "queued")
    app = open_app("machines")
    table = app.get("html")[0].proto.body
    assert "1 of 1 <small>training on the processor</small>" in table
    assert "1 of 1 <small>other work</small>" in table
    bars = [as_read(one.proto.text) for one in app.get("progress")]
    assert "Training: epoch 2 of 3, 2 min left" in bars[0]
    assert bars[1].startswith("**Audit of CNN (from scratch) on tiny")
    assert bars[1].endswith("Comparing films (3 of 12)")
    assert bars[2].startswith("**Help for CNN (from scratch) on tiny")
    assert bars[2].endswith("Looking at films (1 of 4)")
    assert [one.proto.value for one in app.get("progress")] == [50, 25, 25]
    said = as_read(everything_said(app))
    assert f"{node_name()} · CPU" in said
    assert "1. **Map of the films** · Waiting for its turn: 1 other first." in said
    assert "It waits for the processor, where 1 training is at work." in said


def test_machines_that_help_a_training_say_for_what(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    progress = {"stage": "features", "done": 300, "total": 4000, "eta_seconds": 400.0}
    run = make_run(store, "preparing", progress=progress, **own())
    for node in ("cellar", "attic"):
        helper = f"runs/{run.run_id}/helper-{node}-0"
        store.queue.add(helper, "node_features", {"run": run.run_id, "node": node})
        store.queue.transition(helper, RunState.WORKING, **(own() | {"node": node}))
    store.queue.beat(helper, RunProgress(stage="Looking at films", done=1200, total=4000))
    app = open_app("machines")
    bars = [as_read(one.proto.text) for one in app.get("progress")]
    assert bars[1].endswith("Passing films through the frozen network for it")
    assert bars[2].startswith("**Help for CNN (from scratch) on tiny")
    assert bars[2].endswith("Passing films through the frozen network for it: 1,200 films so far")
    said = as_read(everything_said(app))
    assert f"{node_name()} · attic and cellar help with the films" in said


def test_what_broke_off_and_was_taken_up_again_says_where_it_is_now(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    run = make_run(store, "training", **(own() | {"node": "cellar"}))
    store.queue.lost_node(run.run_id, "The machine cellar does not answer any more.")
    store.queue.transition(run.run_id, RunState.TRAINING, started_at=time.time(), **own())
    said = as_read(everything_said(open_app("machines")))
    assert "broke off on cellar and was taken up again on" in said
    assert "The machine cellar does not answer any more." in said
    assert f"Now: Training on {node_name()}" in said


def test_what_somebody_stopped_and_resumed_did_not_break_off(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    run = make_run(store, "cancelled", **(own() | {"node": "cellar", "reason": STOPPED}))
    store.queue.requeue(run.run_id)
    said = as_read(everything_said(open_app("machines")))
    assert "was stopped on cellar and resumed on" in said
    assert "broke off" not in said


def test_a_machine_without_cores_for_work_takes_none() -> None:
    head = Machine("reading-room", is_here=True, seats=(Seats("cores given to work", 0, 0),))
    assert "takes no work" in machines_html([head])
    assert "0 of 0" not in machines_html([head])


def test_names_from_elsewhere_are_text(phantom_store: Store) -> None:
    store = phantom_store
    make_dataset(store)
    node = f"{FINDING} {SOURCE}"
    run = make_run(store, "training", **(own() | {"node": node, "device": FINDING}))
    store.queue.lost_node(run.run_id, SOURCE)
    store.queue.transition(run.run_id, RunState.TRAINING, **(own() | {"node": node}))
    store.queue.add("odd", "external_test", {"run": FINDING, "source": SOURCE})
    app = open_app("machines")
    bars = "\n".join(one.proto.text for one in app.get("progress"))
    said = f"{bars}\n{everything_said(app)}"
    for raw in ("**b** !", "![x](", "<b>i", "$y$", "[l](", ":red[r"):
        assert raw not in said, raw
    # An address in it is code, so that nothing is fetched.
    assert SOURCE in as_read(said).replace("`http", "http").replace(".png`", ".png")
    assert FINDING in as_read(said)


def test_a_damaged_run_keeps_nothing_from_the_page(phantom_store: Store) -> None:
    phantom_store.queue.add(
        "runs/20200101-000000-abcd/audit", "audit", {"run": "20200101-000000-abcd"}
    )
    app = open_app("machines")
    assert not app.exception
    assert "Audit of 20200101-000000-abcd" in as_read(everything_said(app))
