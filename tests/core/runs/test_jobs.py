"""Jobs: started once, watched from outside, and never lost without a word."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.errors import InputError
from core.runs import jobs, launcher
from core.runs.jobs import Job, JobStatus, reporting
from core.runs.processes import living
from core.specs import RunSpec
from core.store import Store

MODULE = "a_job_for_tests"
SCRIPT = """
import pathlib, sys, time
from core.errors import InputError
from core.runs.jobs import reporting
folder, what = pathlib.Path(sys.argv[1]), sys.argv[2]
with reporting(folder) as tell:
    tell.stage("Counting", total=3)
    for number in range(3):
        tell.update(number + 1)
    if what == "wait":
        time.sleep(60)
    if what == "refuse":
        raise InputError("There are no films. Import some.")
    if what == "break":
        raise RuntimeError("boom")
"""

Start = Callable[[str], Job]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    job = Job(tmp_path / "job")

    def begin(what: str) -> Job:
        assert job.start(MODULE, [str(job.folder), what])
        return job

    yield begin
    job.stop()


def reach(job: Job, wanted: Callable[[JobStatus], object]) -> JobStatus:
    end = time.monotonic() + 30
    while not wanted(found := job.status()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.02)
    return found


def test_a_job_tells_how_far_it_is_and_that_it_is_done(start: Start) -> None:
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
def test_a_job_that_fails_says_why(start: Start, what: str, reason: str) -> None:
    job = start(what)
    assert reach(job, lambda one: one.state == "failed").reason.startswith(reason)
    assert ("Traceback" in job.log.read_text()) is (what == "break")


def test_a_job_runs_once_at_a_time_and_again_when_it_is_over(start: Start) -> None:
    job = start("wait")
    assert not job.start(MODULE, [str(job.folder), "wait"])
    reach(job, lambda one: one.pid)
    assert not Job(job.folder).start(MODULE, [str(job.folder), "wait"])
    job.stop()
    assert job.status().state == "stopped"
    assert job.start(MODULE, [str(job.folder), "finish"])
    reach(job, lambda one: one.state == "done")


def test_a_job_that_is_just_coming_up_can_be_stopped(start: Start) -> None:
    job = start("wait")
    job.stop()
    assert job.status().state == "stopped"


def test_a_run_that_is_deleted_takes_its_jobs_along(start: Start, store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    store.runs.transition(run.run_id, "done")
    folder = store.workspace.run_folder(run.run_id)
    job = Job(folder / "audit")
    assert job.start(MODULE, [str(job.folder), "wait"])
    found = reach(job, lambda one: one.pid)
    launcher.delete(store, run.run_id)
    assert not folder.exists()
    assert living(found.pid, found.pid_started, named=str(job.folder)) is None


def test_a_killed_job_has_failed(start: Start) -> None:
    job = start("wait")
    pid = reach(job, lambda one: one.pid).pid
    os.kill(pid, signal.SIGKILL)
    assert "Start it again" in reach(job, lambda one: one.state == "failed").reason


def test_a_job_that_never_came_up_has_failed_after_a_grace(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = start("no such thing")
    reach(job, lambda one: one.state == "done")
    job._write(JobStatus("running", began=time.time()))
    assert job.status().state == "running"
    monkeypatch.setattr(jobs, "START_GRACE_SECONDS", -1.0)
    assert job.status().state == "failed"


def test_a_process_that_cannot_be_started_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.sys, "executable", str(tmp_path / "no-python"))
    job = Job(tmp_path / "job")
    with pytest.raises(InputError, match="could not be started"):
        job.start(MODULE, [])
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
from core.runs.jobs import reporting
from core.runs.turns import Turns
folder, turns, log = map(pathlib.Path, sys.argv[1:4])
with reporting(folder, Turns(turns)) as tell:
    tell.stage("Working")
    with log.open("a") as stream:
        stream.write(f"+{folder.name}\\n")
    time.sleep(float(sys.argv[4]))
    with log.open("a") as stream:
        stream.write(f"-{folder.name}\\n")
"""


def test_ten_jobs_asked_for_at_once_run_one_after_another_and_show_their_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{MODULE}.py").write_text(TURNS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    jobs_ = [Job(tmp_path / f"job{number}") for number in range(10)]
    log = tmp_path / "log"

    def begin(job: Job, seconds: str) -> None:
        job.start(MODULE, [str(job.folder), str(tmp_path / "turns"), str(log), seconds])

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
        assert not list((tmp_path / "turns").glob("*.ticket"))
    finally:
        for job in jobs_:
            job.stop()


def test_a_job_that_comes_up_is_known_again_after_the_clock_was_set(tmp_path: Path) -> None:
    job = Job(tmp_path / "job")
    job.folder.mkdir()
    for moved in (-3600, 3600):
        job._write(JobStatus("running", "Starting", began=time.time() + moved))
        assert job.status().state == "failed", "no process, and not just started"
    job._write(JobStatus("running", "Starting", began=time.time() + 5))
    assert job.status().state == "running", "set back by a few seconds while it comes up"
