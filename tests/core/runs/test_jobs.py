"""Jobs: started once, watched from outside, and never lost without a word."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import InputError
from core.runs import jobs, launcher
from core.runs.job_process import reporting
from core.runs.jobs import Job, JobState, JobStatus
from core.runs.kinds import AUDIT, Kind
from core.runs.processes import living, start_time
from core.runs.turns import Turns, ahead
from core.specs import RunSpec
from core.store import RunState, Store
from core.workspace import Workspace

MODULE = "a_job_for_tests"
SCRIPT = """
import time
from core.errors import InputError
from core.runs import job_process, kinds
kinds.KINDS["counting"] = kinds.Kind("counting", "a_job_for_tests", limit=None)
def work(task, tell):
    tell.stage("Counting", total=3)
    for number in range(3):
        tell.update(number + 1)
    what = task.arguments["what"]
    if what == "wait":
        time.sleep(60)
    if what == "refuse":
        raise InputError("There are no films. Import some.")
    if what == "break":
        raise RuntimeError("boom")
if __name__ == "__main__":
    job_process.main()
"""
COUNTING = Kind("counting", MODULE)


class Begin:
    """Starts jobs that count to three, in processes of their own."""

    def __init__(self, job: Job, workspace: Workspace) -> None:
        self.job, self.workspace = job, workspace

    def again(self, what: str) -> bool:
        return Job(self.job.folder).start(COUNTING, self.workspace, what=what)

    def __call__(self, what: str) -> Job:
        assert self.again(what)
        return self.job


@pytest.fixture
def start(tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(jobs, "ENTRY", MODULE)
    begin = Begin(Job(tmp_path / "job"), workspace)
    yield begin
    begin.job.stop()


def reach(job: Job, wanted: Callable[[JobStatus], object]) -> JobStatus:
    end = time.monotonic() + 30
    while not wanted(found := job.status()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.02)
    return found


def test_a_job_tells_how_far_it_is_and_that_it_is_done(start: Begin) -> None:
    job = start("finish")
    assert job.status().state == "running"
    found = reach(job, lambda one: one.state == "done")
    assert (found.stage, found.done, found.total) == ("Counting", 3, 3)
    assert found.ended >= found.began > 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("refuse", "There are no films. Import some."),
        ("break", "It broke off (RuntimeError: boom). Its log in "),
    ],
)
def test_a_job_that_fails_says_why(start: Begin, what: str, reason: str) -> None:
    job = start(what)
    assert reach(job, lambda one: one.state == "failed").reason.startswith(reason)
    assert ("Traceback" in job.log.read_text()) is (what == "break")


def test_a_job_runs_once_at_a_time_and_again_when_it_is_over(start: Begin) -> None:
    job = start("wait")
    assert not start.again("wait")
    reach(job, lambda one: one.pid)
    assert not start.again("wait")
    job.stop()
    assert job.status().state == "stopped"
    assert start.again("finish")
    reach(job, lambda one: one.state == "done")


def test_a_job_that_is_just_coming_up_can_be_stopped(start: Begin) -> None:
    job = start("wait")
    job.stop()
    assert job.status().state == "stopped"


def test_a_run_that_is_deleted_takes_its_jobs_along(start: Begin, store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    store.runs.transition(run.run_id, RunState.DONE)
    folder = store.workspace.run_folder(run.run_id)
    job = Job(folder / "audit")
    assert job.start(COUNTING, store.workspace, what="wait")
    found = reach(job, lambda one: one.pid)
    launcher.delete(store, run.run_id)
    assert not folder.exists()
    assert living(found.pid, found.pid_started, named=str(job.folder)) is None


def test_a_killed_job_has_failed(start: Begin) -> None:
    job = start("wait")
    pid = reach(job, lambda one: one.pid).pid
    os.kill(pid, signal.SIGKILL)
    assert "Start it again" in reach(job, lambda one: one.state == "failed").reason


def test_a_job_that_never_came_up_has_failed_after_a_grace(
    start: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("no such thing")
    reach(job, lambda one: one.state == "done")
    job.write(JobStatus(state=JobState.RUNNING, began=time.time()))
    assert job.status().state == "running"
    monkeypatch.setattr(jobs, "START_GRACE_SECONDS", -1.0)
    assert job.status().state == "failed"


def test_a_process_that_cannot_be_started_is_told(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.runs.jobs.sys.executable", str(tmp_path / "no-python"))
    job = Job(tmp_path / "job")
    with pytest.raises(InputError, match="could not be started"):
        job.start(COUNTING, workspace)
    assert job.status().state == "failed"


@pytest.mark.parametrize("content", [None, "{torn", "[1]", '{"state": "done", "other": 1}'])
def test_a_damaged_status_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "job.json").write_text(content)
    assert Job(tmp_path).status() == JobStatus()


def test_progress_is_not_written_at_every_step(tmp_path: Path) -> None:
    with reporting(tmp_path) as tell:
        tell.stage("Counting", total=1000)
        stamp = (tmp_path / "job.json").stat().st_mtime_ns
        tell.update(1)
        assert (tmp_path / "job.json").stat().st_mtime_ns == stamp
    assert Job(tmp_path).status().done == 1


TURNS = """
import pathlib, sys, time
from core.runs import job_process, kinds
kinds.KINDS["working"] = kinds.Kind("working", "a_job_for_tests")
def work(task, tell):
    tell.stage("Working")
    log = pathlib.Path(task.arguments["log"])
    with log.open("a") as stream:
        stream.write(f"+{task.folder.name}\\n")
    time.sleep(float(task.arguments["seconds"]))
    with log.open("a") as stream:
        stream.write(f"-{task.folder.name}\\n")
if __name__ == "__main__":
    job_process.main()
"""
WORKING = Kind("working", MODULE)


def test_ten_jobs_asked_for_at_once_run_one_after_another_and_show_their_place(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{MODULE}.py").write_text(TURNS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(jobs, "ENTRY", MODULE)
    jobs_ = [Job(tmp_path / f"job{number}") for number in range(10)]
    log = tmp_path / "log"

    def begin(job: Job, seconds: str) -> None:
        job.start(WORKING, workspace, log=str(log), seconds=seconds)

    try:
        begin(jobs_[0], "60")
        reach(jobs_[0], lambda one: one.stage == "Working")
        for job in jobs_[1:]:
            begin(job, "0")
        for job in jobs_[1:]:
            reach(job, lambda one: one.stage.startswith("Waiting"))
        places = sorted(job.status().stage for job in jobs_[1:])
        assert places[0] == "Waiting for its turn: 1 other first"
        assert places[-1] == "Waiting for its turn: 9 others first"
        assert log.read_text() == "+job0\n"
        # One that waits is killed, and the one that works too: neither keeps the others.
        second = next(job for job in jobs_[1:] if job.status().stage == places[0])
        os.kill(second.status().pid, signal.SIGKILL)
        os.kill(jobs_[0].status().pid, signal.SIGKILL)
        rest = [job for job in jobs_[1:] if job is not second]
        for job in rest:
            reach(job, lambda one: one.state == "done")
        told = log.read_text().split()[1:]
        assert told == [f"{sign}{one[1:]}" for one in told[::2] for sign in "+-"]
        assert sorted(told[::2]) == sorted(f"+{job.folder.name}" for job in rest)
        assert not list(workspace.turns.glob("*.ticket"))
    finally:
        for job in jobs_:
            job.stop()


@pytest.mark.parametrize(
    ("earlier", "slots", "expected"),
    [
        ("", 1, 0),
        ("a", 1, 1),
        ("aab", 1, 3),
        ("b", 2, 0),
        ("a", 2, 1),
        ("aa", 2, 2),
        ("ab", 2, 1),
        ("aab", 2, 2),
        ("bb", 3, 0),
        ("bbb", 4, 0),
        ("bbbb", 4, 1),
    ],
)
def test_a_turn_takes_a_slot_and_room_in_its_kind(earlier: str, slots: int, expected: int) -> None:
    limits = {"a": 1, "b": 4}
    assert ahead([(kind, limits[kind]) for kind in earlier], ("a", 1), slots) == expected


def test_a_ticket_of_an_earlier_version_still_has_its_place(workspace: Workspace) -> None:
    workspace.turns.mkdir()
    own = [os.getpid(), start_time(os.getpid()), "pytest"]
    (workspace.turns / "00000001.ticket").write_text(json.dumps(own))
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        (workspace.turns / "00000001.ticket").unlink()

    with Turns(workspace.turns).turn(AUDIT, tell):
        assert told == ["Waiting for its turn: 1 other first"]


def test_a_job_that_hangs_is_ended_by_whoever_looks(
    start: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("wait")
    process = psutil.Process(reach(job, lambda one: one.pid).pid)
    beat = job.status().heartbeat_at
    reach(job, lambda one: one.heartbeat_at > beat)  # it tells that it lives, though it waits
    monkeypatch.setattr(jobs, "HANG_SECONDS", 3.0)
    process.suspend()
    found = reach(job, lambda one: one.state == "failed")
    assert "no sign of life for 3 seconds" in found.reason
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert Job(job.folder).status() == found, "and that is kept"


def test_a_job_that_an_earlier_version_started_has_no_heartbeat_and_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "HANG_SECONDS", 0.0)
    own = {"state": "running", "stage": "Reading films", "done": 3, "total": 9, "reason": "",
           "began": 5.0, "ended": 0.0, "pid": os.getpid(),
           "pid_started": start_time(os.getpid())}  # fmt: skip
    (tmp_path / "job.json").write_text(json.dumps(own))
    for _ in range(3):
        found = Job(tmp_path).status()
    assert (found.told, found.share) == ("Reading films (3 of 9)", 3 / 9)


def test_a_job_that_comes_up_is_known_again_after_the_clock_was_set(tmp_path: Path) -> None:
    job = Job(tmp_path / "job")
    job.folder.mkdir()
    for moved in (-3600, 3600):
        job.write(JobStatus(state=JobState.RUNNING, began=time.time() + moved))
        assert job.status().state == "failed", "no process, and not just started"
    job.write(JobStatus(state=JobState.RUNNING, began=time.time() + 5))
    assert job.status().state == "running", "set back by a few seconds while it comes up"
