"""What a run survives: a refresh, a second window, a dead server, and its own death."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from core.runs import launcher
from core.specs import RunSpec
from core.store import ACTIVE, Run, Store, open_store
from core.workspace import Workspace
from tests.browser.live import counter, ours, sees_it_move
from tests.browser.running import PATIENCE, WIDE, Server, Watched, press, until, workers_of

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.timeout(600)]

ENDLESS = 1000  # epochs: no test waits for the end of such a run
ENDLESS_SIZE = 64  # px: at 32, a quick computer has it done before the test is over
SHORT = 30
STARTED_WITHIN = 180  # seconds, TensorFlow's start on a busy machine included


@pytest.fixture
def running(stocked: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of this test's own; whatever is left of it ends with the test."""
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    server = Server(data)
    server.start()
    yield server
    if server.is_up:
        server.kill()
    for process in workers_of(data):
        process.kill()


def start_run(server: Server, epochs: int, size: int | None = None) -> tuple[Store, Run]:
    store = open_store(Workspace(server.data))
    spec = RunSpec.build(dataset="tiny", model="cnn", epochs=epochs, batch_size=4, image_size=size)
    return store, launcher.launch(store, spec)


def worker_of(store: Store, run: Run) -> int:
    """The process that trains it, as soon as there is one."""
    return until("it has a process", lambda: store.runs.get(run.run_id).pid) or 0


def in_epoch(store: Store, run: Run, number: int) -> Run:
    """Wait until the run has finished so many epochs and has a process."""
    until(
        f"{number} epochs are finished",
        lambda: len(store.runs.epochs(run.run_id)) >= number,
        STARTED_WITHIN,
    )
    return store.runs.get(run.run_id)


def test_a_run_outlives_windows_and_the_server(
    browser: Browser, watched: Watched, running: Server
) -> None:
    store, run = start_run(running, ENDLESS, ENDLESS_SIZE)
    worker = in_epoch(store, run, 1).pid
    assert worker
    address = f"{running.url}/train?run={run.run_id}"
    watched.open(address)
    reached = sees_it_move(watched, 1)

    watched.page.reload()
    expect(counter(watched.page)).to_be_visible()
    reached = sees_it_move(watched, reached)

    second = browser.new_context(viewport=WIDE)
    other = Watched(second.new_page())
    other.open(f"{running.url}/train")  # no run in the address: the active one opens
    sees_it_move(other, reached)
    other.check()
    second.close()

    watched.server_is_gone = True
    running.kill()
    assert store.runs.get(run.run_id).pid == worker
    before = len(store.runs.epochs(run.run_id))
    until("it goes on alone", lambda: len(store.runs.epochs(run.run_id)) > before)
    running.start()
    watched.open(address)
    watched.server_is_gone = False
    sees_it_move(watched, before)
    now = store.runs.get(run.run_id)
    assert (now.state, now.pid) == ("training", worker), "another process trains it"
    watched.check()

    stop = ours(watched.page, "Stop")
    press(stop, "a stop is asked for", lambda: store.runs.get(run.run_id).cancel_at is not None)
    expect(watched.page.get_by_text("Stopped at your request.")).to_be_visible()
    assert store.runs.get(run.run_id).state == "cancelled"
    expect(watched.page.get_by_role("button", name="Resume")).to_be_visible()
    watched.settle()
    watched.check()
    nothing_is_left(watched, running)


def test_a_killed_run_says_so_and_can_be_resumed(watched: Watched, running: Server) -> None:
    store, run = start_run(running, SHORT)
    page = watched.page
    # Held until somebody looks: it may be quicker than the browser.
    worker = worker_of(store, run)
    os.kill(worker, signal.SIGSTOP)
    watched.open(f"{running.url}/train?run={run.run_id}")
    os.kill(worker, signal.SIGCONT)
    in_epoch(store, run, 2)
    os.kill(worker, signal.SIGKILL)
    reached = len(store.runs.epochs(run.run_id))
    assert reached < SHORT, "the run was over before it could be killed"

    alert = page.get_by_test_id("stAlertContentError")
    expect(alert).to_contain_text("The training process was killed (signal 9).")
    expect(alert).to_contain_text(re.compile(r"Resume goes on from epoch \d+\."))
    died = store.runs.get(run.run_id)
    assert died.state == "interrupted"
    kept = store.runs.epochs(run.run_id)
    watched.settle()
    watched.check()

    resume = ours(page, "Resume")
    press(resume, "it goes on", lambda: store.runs.get(run.run_id).state != "interrupted")
    until("it is under way again", lambda: store.runs.get(run.run_id).state in (*ACTIVE, "done"))
    expect(page.get_by_test_id("stMetric").filter(has_text="Test accuracy")).to_be_visible(
        timeout=STARTED_WITHIN * 1000
    )
    done = store.runs.get(run.run_id)
    epochs = store.runs.epochs(run.run_id)
    assert done.state == "done"
    assert list(epochs["epoch"]) == list(range(1, SHORT + 1)), "an epoch is missing or twice"
    # Resumed, not begun anew: what the first process wrote down before its last checkpoint stays.
    resumed_after = int(re.search(r"from epoch (\d+)", died.reason)[1]) - 1
    assert 1 <= resumed_after <= reached
    same = ["epoch", "loss", "seconds"]
    assert epochs[same].head(resumed_after).equals(kept[same].head(resumed_after))
    watched.settle()
    watched.check()
    nothing_is_left(watched, running)


def nothing_is_left(watched: Watched, server: Server) -> None:
    """Once runs are over and the server is shut down, no process of ours works there."""
    watched.server_is_gone = True
    server.shut_down()
    until("all processes have ended", lambda: not workers_of(server.data), PATIENCE)
