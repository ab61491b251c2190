"""The process that has the software loaded: used for one row after the other, and let go in time.

Here it loads nothing, and its jobs only write down what they find."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.runs import kinds, starting, upkeep, warm
from core.runs.dispatcher import Dispatcher
from core.runs.jobs import Job
from core.runs.kinds import Kind
from core.runs.local_processes import LocalProcesses
from core.runs.processes import living, with_our_modules
from core.runs.starting import worker_command
from core.runs.surroundings import surroundings
from core.runs.warm import Warmth
from core.runs.warm_time import WarmNote, set_warm_time, warm_time
from core.store import RunState, Store, open_store
from core.workspace import PROJECT_ROOT, open_workspace
from tests.core.runs.jobs_at_hand import no_dispatcher, stand
from tests.core.runs.pretending import CPU_ONLY, eventually

MODULE = "a_warm_job_for_tests"
SCRIPT = """
import json, os, pathlib, signal, sys, time
import numpy
from core.runs import kinds, warm_process, worker
kinds.KINDS["telling"] = kinds.Kind("telling", "a_warm_job_for_tests", "test’s process")
LEFT_BEHIND = []
def work(task, tell):
    tell.stage("Telling")
    LEFT_BEHIND.append(task.job_id)
    found = {
        "pid": os.getpid(), "parent": os.getppid(), "session": os.getsid(0),
        "left_behind": LEFT_BEHIND, "input": sys.stdin.read(), "random": numpy.random.random(),
        "device": os.environ["CUDA_VISIBLE_DEVICES"], "name": os.environ.get("SOME_NAME", ""),
        "age": time.time() - task.began,
    }
    print("I am", os.getpid())
    (task.folder / "found.json").write_text(json.dumps(found))
    if task.arguments["what"] == "wait":
        time.sleep(60)
    if task.arguments["what"] == "break":
        raise RuntimeError("boom")
    if task.arguments["what"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
def load():
    time.sleep(float(os.environ.get("TEST_LOADING", "0")))
    return os.environ.get("TEST_UNFIT", "")
warm_process.load = load
warm_process.GRACE_SECONDS = 0.0
if __name__ == "__main__":
    sys.modules["a_warm_job_for_tests"] = sys.modules["__main__"]
    if "--seconds" in sys.argv:
        worker.leave(warm_process.main())
    worker.leave(worker.main())
"""
TELLING = Kind("telling", MODULE, "test’s process", on_cpu=True)
MINUTES = "THORAXLENS_WARM_MINUTES"


class Begin:
    """Jobs whose dispatcher works whenever the test looks."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.warmth = Warmth(store.workspace)
        self.here = LocalProcesses(store, worker_command(store), CPU_ONLY, warmth=self.warmth)
        self.dispatcher = Dispatcher(store, self.here)
        self.jobs: list[Job] = []

    def __call__(self, what: str, name: str) -> Job:
        job = Job(self.store, TELLING, self.store.workspace.root / "jobs" / name)
        self.jobs.append(job)
        assert job.start(what=what)
        return job

    def step_until(self, holds: Callable[[], object]) -> None:
        eventually(lambda: (self.dispatcher.step(), holds())[1], seconds=240)

    def reach(self, job: Job, *states: str) -> str:
        """Its reason, once it is in one of the states."""
        self.step_until(lambda: job.status().state in states)
        return job.status().reason

    def done(self, name: str) -> dict[str, Any]:
        """What a job found that has run from its beginning to its end."""
        job = self("finish", name)
        self.reach(job, "done")
        self.step_until(lambda: not self.here.children)
        return found(job)

    @property
    def process(self) -> psutil.Process:
        assert self.warmth._process is not None
        return psutil.Process(self.warmth._process.child.pid)


def found(job: Job) -> dict[str, Any]:
    said = json.loads((job.folder / "found.json").read_text())
    assert isinstance(said, dict)
    return said


@pytest.fixture
def begin(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv(MINUTES, "5")
    for module in (starting, warm):
        monkeypatch.setattr(module, "ENTRY", MODULE)
    monkeypatch.setattr(warm, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(warm, "spare_memory", lambda: 8e9)
    monkeypatch.setitem(kinds.KINDS, TELLING.name, TELLING)
    no_dispatcher(monkeypatch)
    begun = Begin(store)
    yield begun
    for job in begun.jobs:
        job.stop()
    begun.here.close()


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


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


def test_who_opens_the_page_for_runs_has_the_software_loaded(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Path] = []

    def start(workspace: Any) -> subprocess.Popen[bytes]:
        started.append(workspace.root)
        return subprocess.Popen([sys.executable, "-S", "-c", ""])

    monkeypatch.setattr(upkeep, "_start_dispatcher", start)
    monkeypatch.setattr(upkeep, "_dispatchers", {})
    monkeypatch.setattr(upkeep, "spare_memory", lambda: 1e9)
    upkeep.keep_warm(begin.store)
    assert not started, "memory is short"
    monkeypatch.setattr(upkeep, "spare_memory", lambda: 8e9)
    upkeep.keep_warm(begin.store)
    upkeep.keep_warm(begin.store)
    assert started == [begin.store.workspace.root], "once for all looks within seconds"
    begin.step_until(lambda: begin.warmth.memory)
    assert begin.done("one")["parent"] == begin.process.pid
    begin.warmth.release("a test")
    assert not begin.dispatcher.step(), "a wish is heard once"


def test_an_idle_one_with_other_settings_makes_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = store.workspace.warm_note
    monkeypatch.setattr(upkeep, "_dispatcher_is_at_work", lambda workspace: False)
    WarmNote(pid=1, surroundings=surroundings(os.environ)).save(note)
    upkeep.make_way(store)
    assert note.exists(), "it has the settings of this process"
    WarmNote(pid=1, surroundings="others").save(note)
    job = Job(store, kinds.AUDIT, store.workspace.root / "jobs" / "one")
    stand(job, RunState.QUEUED)
    upkeep.make_way(store)
    assert note.exists(), "it is at work"
    stand(job, RunState.DONE)
    store.queue.transition(job.job_id, RunState.DONE)
    upkeep.make_way(store)
    assert not note.exists()


def test_code_and_settings_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = {"KERAS_BACKEND": "tensorflow", "LANG": "C"}
    now = surroundings(settings)
    assert surroundings(with_our_modules(settings)) == now
    assert surroundings({**settings, "LANG": "de"}) == now
    assert surroundings({**settings, "KERAS_BACKEND": "torch"}) != now
    module = tmp_path / "core" / "room" / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text("A = 1")
    monkeypatch.setattr("core.runs.surroundings.PROJECT_ROOT", tmp_path)
    before = surroundings(settings)
    assert before == surroundings(settings) != now
    module.write_text("A = 10")
    assert surroundings(settings) != before


def test_a_killed_dispatcher_leaves_no_process_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The real dispatcher, killed while the software is loaded."""
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    script = (
        "import sys; from core.runs import dispatcher, warm; "
        f"warm.ENTRY = {MODULE!r}; warm.spare_memory = lambda: 8e9; "
        f"dispatcher.main(['--data', {str(store.workspace.root)!r}])"
    )
    store.workspace.warm_wish.touch()
    environment = with_our_modules({**os.environ, "PYTHONPATH": str(tmp_path), MINUTES: "5"})
    dispatcher = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        eventually(store.workspace.warm_note.exists, seconds=240)
        process = psutil.Process(WarmNote.load(store.workspace.warm_note).pid)
        assert not gone(process)
    finally:
        dispatcher.send_signal(signal.SIGKILL)
        dispatcher.wait()
    eventually(lambda: gone(process), seconds=240)


def test_the_time_is_set_here_or_by_the_environment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MINUTES)
    workspace = store.workspace
    assert (warm_time(workspace).minutes, warm_time(workspace).fixed) == (5, False)
    set_warm_time(workspace, 12.5)
    assert warm_time(workspace).minutes == 12.5
    for wrong in (-1, 1441, float("nan")):
        with pytest.raises(Exception, match=r"Choose between 0 and 1,440 minutes\."):
            set_warm_time(workspace, wrong)
    workspace.warm_setting.write_text("{")
    assert warm_time(workspace).minutes == 5
    for said, minutes in (("2", 2), ("much", 0), ("-1", 0)):
        monkeypatch.setenv(MINUTES, said)
        assert (warm_time(workspace).minutes, warm_time(workspace).fixed) == (minutes, True)
    with pytest.raises(Exception, match="is set and decides the time"):
        set_warm_time(workspace, 3)
