"""The process that has the software loaded: used for one row after the other, let go in time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from core.runs import warm
from core.runs.dispatcher import Dispatcher
from core.runs.local_processes import LocalProcesses
from core.runs.processes import living
from core.runs.warm_time import WarmNote, set_warm_time
from core.store import open_store
from core.workspace import open_workspace
from tests.core.runs.pretending import CPU_ONLY, eventually
from tests.core.runs.warm_jobs import MINUTES, Begin, found, gone


def test_each_row_gets_a_copy_of_its_own(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    first = begin.done("one")
    process = begin.process
    second = begin.done("two")
    assert begin.process == process
    assert first["parent"] == second["parent"] == process.pid
    assert len({first["pid"], second["pid"], process.pid}) == 3
    assert (first["session"], second["session"]) == (first["pid"], second["pid"])
    assert second["left_behind"] == ["jobs/two"], "what the first one changed is not there"
    assert first["random"] != second["random"]
    assert (second["device"], second["input"]) == ("-1", "")
    assert second["age"] < 60
    log = begin.jobs[1].log.read_text()
    assert f"I am {second['pid']}" in log
    assert str(first["pid"]) not in log


@pytest.mark.parametrize(
    ("what", "state", "reason"),
    [
        ("break", "failed", "It broke off (RuntimeError: boom). Its log in "),
        ("die", "interrupted", "The test’s process was killed (signal 9)."),
    ],
)
def test_what_breaks_in_one_does_not_reach_the_next(
    begin: Begin, what: str, state: str, reason: str
) -> None:
    job = begin(what, "bad")
    assert begin.reach(job, state).startswith(reason)
    assert begin.done("good")["parent"] == begin.process.pid == found(job)["parent"]


def test_one_that_has_grown_is_replaced(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    begin.done("one")
    before = begin.process
    assert begin.warmth.memory > 1e6
    monkeypatch.setattr(warm, "GROWN", 0.5)
    begin.done("two")
    monkeypatch.undo()
    assert gone(before)
    assert begin.process != before


def set_to_nothing(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MINUTES)  # which decides, as long as it is set
    set_warm_time(begin.store.workspace, 0)
    # Who takes the variable away changes the settings; here only the time shall count.
    before = WarmNote.load(begin.store.workspace.warm_note).surroundings
    monkeypatch.setattr(warm, "surroundings", lambda environment: before)


def memory_gets_short(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm, "spare_memory", lambda: 1e9)


def a_setting_changes(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", "/elsewhere")


def somebody_asks(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    begin.store.workspace.warm_note.unlink()


def time_passes(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: now() + 301)


@pytest.mark.parametrize(
    "change",
    [set_to_nothing, memory_gets_short, a_setting_changes, somebody_asks, time_passes],
    ids=lambda one: one.__name__,
)
def test_it_goes_at_once_when_it_shall(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, change: Callable[..., None]
) -> None:
    begin.done("one")
    process = begin.process
    assert begin.dispatcher.step(), "it is worth watching"
    change(begin, monkeypatch)
    assert not begin.dispatcher.step()
    assert gone(process)
    assert not begin.store.workspace.warm_note.exists()


def test_nothing_of_it_goes_while_a_worker_is_at_work(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = begin("wait", "long")
    begin.step_until(lambda: (job.folder / "found.json").exists())
    memory_gets_short(begin, monkeypatch)
    begin.dispatcher.step()
    assert begin.process.pid == found(job)["parent"]


@pytest.mark.parametrize("why", ["unfit", "off", "short"])
def test_where_it_cannot_be_each_row_has_a_fresh_process(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    if why == "unfit":
        monkeypatch.setenv("TEST_UNFIT", "the backend is another")
    elif why == "off":
        monkeypatch.setenv(MINUTES, "0")
    else:
        memory_gets_short(begin, monkeypatch)
    assert begin.done("one")["parent"] == os.getpid()
    assert begin.done("two")["left_behind"] == ["jobs/two"]
    assert not begin.dispatcher.step()


@pytest.mark.parametrize("loading", ["0", "60"])
def test_when_it_is_killed_the_next_row_has_a_fresh_process(
    begin: Begin, monkeypatch: pytest.MonkeyPatch, loading: str
) -> None:
    """Whether it waited, or was still loading for this very row."""
    if loading == "0":
        begin.done("one")
        begin.process.kill()
        begin.process.wait()
        assert begin.done("two")["parent"] == os.getpid()
        return
    monkeypatch.setenv("TEST_LOADING", loading)
    job = begin("finish", "one")
    begin.step_until(lambda: begin.here.children)
    assert job.status().state == "preparing"
    begin.process.kill()
    begin.reach(job, "done")
    assert found(job)["parent"] == os.getpid()


def test_a_worker_outlives_it_and_the_next_dispatcher_takes_it_up(begin: Begin) -> None:
    job = begin("wait", "long")
    begin.step_until(lambda: (job.folder / "found.json").exists())
    process = begin.process
    assert begin.warmth._process is not None
    begin.warmth._process.line.close()  # as when the dispatcher is killed
    eventually(lambda: gone(process))
    worker = psutil.Process(found(job)["pid"])
    assert not gone(worker)
    following = Dispatcher(begin.store, LocalProcesses(begin.store, lambda *_: [], CPU_ONLY))
    assert following.step()
    assert job.status().state == "working"
    # Its clock may be set meanwhile, and its command line is that of the one it is a copy of.
    named = living(worker.pid, worker.create_time() - 3600, named=job.job_id)
    assert named == worker
    assert living(worker.pid, worker.create_time() - 3600, named="jobs/other") is None
    job.stop()
    eventually(lambda: gone(worker))


def test_it_goes_by_itself_when_nobody_talks_to_it_any_more(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MINUTES, "0.005")
    assert begin.warmth._start()
    eventually(lambda: gone(begin.process))
    eventually(lambda: (begin.warmth.look(), not begin.warmth.is_there)[1])


def test_two_data_folders_have_one_each(begin: Begin, tmp_path: Path) -> None:
    other = Begin(open_store(open_workspace(tmp_path / "other")))
    try:
        assert begin.done("one")["parent"] != other.done("one")["parent"]
        begin.warmth.release("a test")
        assert not gone(other.process)
    finally:
        other.here.close()
