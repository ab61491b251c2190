"""Jobs: queued once, started in their turn, watched from outside, and never lost without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from core.errors import InputError
from core.runs import kinds, launcher, starting, upkeep
from core.runs.dispatcher import Dispatcher
from core.runs.files import RunFiles
from core.runs.jobs import Job, JobStatus
from core.runs.kinds import Kind, Seat
from core.runs.line import ahead
from core.runs.local_processes import LocalProcesses
from core.runs.processes import living
from core.runs.starting import worker_command
from core.specs import RunSpec
from core.store import RunState, Store
from tests.core.runs.jobs_at_hand import no_dispatcher, stand
from tests.core.runs.pretending import CPU_ONLY

MODULE = "a_job_for_tests"
SCRIPT = """
import pathlib, time
from core.errors import InputError
from core.runs import kinds, worker
def work(task, tell):
    tell.stage("Counting", total=3)
    for number in range(3):
        tell.update(number + 1)
    with pathlib.Path(task.arguments["log"]).open("a") as log:
        log.write(task.folder.name + "\\n")
    what = task.arguments["what"]
    if what == "wait":
        time.sleep(60)
    if what == "refuse":
        raise InputError("There are no films. Import some.")
    if what == "break":
        raise RuntimeError("boom")
if __name__ == "__main__":
    for name, seat in (("counting", "slot"), ("showing", "none")):
        kinds.KINDS[name] = kinds.Kind(name, "a_job_for_tests", "count", kinds.Seat(seat))
    worker.main()
"""
COUNTING = Kind("counting", MODULE, "count’s process")
SHOWING = Kind("showing", MODULE, "show’s process", Seat.NONE)


class Begin:
    """Jobs that count to three in processes of their own, started by a dispatcher that works
    whenever the test looks."""

    def __init__(self, store: Store, log: Path) -> None:
        self.store, self.log = store, log
        self.dispatcher = self.another()
        self.jobs: list[Job] = []

    def another(self) -> Dispatcher:
        """A dispatcher that remembers nothing, as after the first was killed."""
        self.dispatcher = Dispatcher(
            self.store, LocalProcesses(self.store, worker_command(self.store), CPU_ONLY)
        )
        return self.dispatcher

    def again(self, job: Job, what: str) -> bool:
        return job.start(what=what, log=str(self.log))

    def __call__(self, what: str, name: str = "job", kind: Kind = COUNTING) -> Job:
        job = Job(self.store, kind, self.store.workspace.root / "jobs" / name)
        self.jobs.append(job)
        assert self.again(job, what)
        return job

    def reach(self, job: Job, wanted: Callable[[JobStatus], object]) -> JobStatus:
        end = time.monotonic() + 240
        while not wanted(found := job.status()):
            assert time.monotonic() < end, f"still {found}"
            self.dispatcher.step()
            time.sleep(0.02)
        return found

    def pid(self, job: Job) -> int:
        """Of a job that works."""
        self.reach(job, lambda one: one.stage == "Counting")
        row = self.store.queue.find(job.job_id)
        assert row is not None
        assert row.pid is not None
        return row.pid


@pytest.fixture
def start(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    (tmp_path / f"{MODULE}.py").write_text(SCRIPT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(starting, "ENTRY", MODULE)
    no_dispatcher(monkeypatch)
    for kind in (COUNTING, SHOWING):
        monkeypatch.setitem(kinds.KINDS, kind.name, kind)
    begin = Begin(store, tmp_path / "log")
    yield begin
    for job in begin.jobs:
        job.stop()


def test_a_job_tells_how_far_it_is_and_that_it_is_done(start: Begin) -> None:
    job = start("finish")
    status = job.status()
    assert (status.is_running, status.state, status.stage) == (True, "queued", "Starting")
    found = start.reach(job, lambda one: one.state == "done")
    assert (found.stage, found.done, found.total, found.exit_code) == ("Counting", 3, 3, 0)
    assert found.told == "Counting (3 of 3)"
    assert not found.is_running


@pytest.mark.parametrize(
    ("what", "reason", "code"),
    [
        ("refuse", "There are no films. Import some.", InputError.exit_code),
        ("break", "It broke off (RuntimeError: boom). Its log in ", 0),
    ],
)
def test_a_job_that_fails_says_why(start: Begin, what: str, reason: str, code: int) -> None:
    job = start(what)
    found = start.reach(job, lambda one: one.state == "failed")
    assert found.reason.startswith(reason)
    assert found.exit_code == code
    assert ("Traceback" in job.log.read_text()) is (what == "break")


def test_a_job_runs_once_at_a_time_and_again_when_it_is_over(start: Begin) -> None:
    job = start("wait")
    assert not start.again(job, "wait")
    start.pid(job)
    assert not start.again(job, "wait")
    job.stop()
    assert job.status().state == "cancelled"
    assert job.status().reason == "Stopped at your request."
    assert start.again(job, "finish")
    start.reach(job, lambda one: one.state == "done")


def test_a_job_that_is_just_coming_up_or_waits_can_be_stopped(start: Begin) -> None:
    job, waiting = start("wait"), start("wait", "second")
    start.dispatcher.step()
    for one in (job, waiting):
        one.stop()
        assert one.status().state == "cancelled"
    start.dispatcher.step()
    assert not start.log.exists()


def test_a_run_that_is_deleted_takes_its_jobs_along(start: Begin, store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    store.runs.transition(run.run_id, RunState.DONE)
    folder = RunFiles(store.workspace.run_folder(run.run_id)).create().folder
    job = Job(store, COUNTING, folder / "audit")
    start.again(job, "wait")
    pid = start.pid(job)
    launcher.delete(store, run.run_id)
    assert not folder.exists()
    assert living(pid, 0.0, named=job.job_id) is None
    assert job.status() == JobStatus()


def test_a_killed_job_is_interrupted_and_says_what_to_do(start: Begin) -> None:
    job = start("wait")
    os.kill(start.pid(job), signal.SIGKILL)
    assert start.reach(job, lambda one: one.state == "interrupted").reason == (
        "The count’s process was killed (signal 9). Often the machine ran out of memory. "
        "Start it again."
    )


def test_a_killed_dispatcher_loses_neither_what_works_nor_what_waits(start: Begin) -> None:
    first, second = start("wait"), start("finish", "second")
    pid = start.pid(first)
    start.another()
    start.dispatcher.step()
    assert first.status().stage == "Counting"
    assert second.status().stage == "Waiting for its turn: 1 other first"
    os.kill(pid, signal.SIGKILL)
    assert "is gone" in start.reach(first, lambda one: one.state == "interrupted").reason
    start.reach(second, lambda one: one.state == "done")


def test_a_job_whose_processes_were_all_killed_starts_anew_when_it_is_asked_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if nobody has looked since."""
    job = Job(store, kinds.AUDIT, store.workspace.run_folder("one") / "audit")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr(upkeep, "_start_dispatcher", lambda _: gone)
    store.queue.add(job.job_id, job.kind.name, {})
    store.queue.transition(
        job.job_id,
        RunState.WORKING,
        started_at=time.time() - 600,
        pid=gone.pid,
        pid_started=1.0,
    )
    assert job.start(run="one")
    assert job.status().state == RunState.QUEUED


def test_a_process_that_cannot_be_started_is_told(
    start: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.runs.starting.sys.executable", str(tmp_path / "no-python"))
    job = start("finish")
    found = start.reach(job, lambda one: one.state == "failed")
    assert found.reason.startswith("The count’s process could not be started (")


def test_a_dispatcher_that_cannot_be_started_leaves_the_job_in_the_queue(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.runs.upkeep.sys.executable", str(tmp_path / "no-python"))
    job = Job(store, kinds.AUDIT, store.workspace.run_folder("one") / "audit")
    with pytest.raises(InputError, match="waits in the queue"):
        job.start(run="one")
    assert [row.job_id for row in upkeep.unfinished(store)] == ["runs/one/audit"]


def test_ten_jobs_asked_for_at_once_run_one_after_another_and_show_their_place(
    start: Begin,
) -> None:
    first = start("wait", "job0")
    start.pid(first)
    rest = [start("finish", f"job{number}") for number in range(1, 10)]
    beside = start("finish", "beside", SHOWING)
    start.reach(beside, lambda one: one.state == "done")  # it waits for nothing
    assert [job.status().stage for job in rest] == [
        f"Waiting for its turn: {number} other{'s' * (number > 1)} first" for number in range(1, 10)
    ]
    # One that waits is stopped, and the one that works killed: neither keeps the others.
    rest[0].stop()
    os.kill(start.pid(first), signal.SIGKILL)
    for job in rest[1:]:
        start.reach(job, lambda one: one.state == "done")
    assert start.log.read_text().split() == [
        "job0", "beside", *(f"job{number}" for number in range(2, 10))
    ]  # fmt: skip


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


def test_a_training_and_a_job_do_not_wait_for_each_other(start: Begin, store: Store) -> None:
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    store.runs.transition(run.run_id, RunState.TRAINING, device="CPU", started_at=time.time())
    job = start("finish")
    assert job.status().stage == "Starting"
    start.reach(job, lambda one: one.state == "done")
    assert store.runs.get(run.run_id).state == "training"


def test_jobs_are_no_runs(start: Begin, store: Store) -> None:
    job = start("finish")
    assert store.runs.all() == []
    assert store.runs.damaged() == []
    with pytest.raises(InputError, match="There is no run"):
        store.runs.get(job.job_id)
    assert [row.kind for row in store.queue.unfinished()] == ["counting"]


def test_a_job_that_hangs_is_ended(start: Begin) -> None:
    job = start("wait")
    process = psutil.Process(start.pid(job))
    start.dispatcher.here.hang_seconds = 3.0
    process.suspend()
    found = start.reach(job, lambda one: one.state == "interrupted")
    assert found.reason == (
        "The count’s process hung: it gave no sign of life for 3 seconds, so it was ended. Its "
        "log may say what it was doing. Start it again."
    )
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_is_known_of_a_job_by_its_row(start: Begin, store: Store) -> None:
    job = Job(store, COUNTING, store.workspace.root / "jobs" / "one")
    assert job.status() == JobStatus()
    stand(job, "working", "Reading films", 3, 9)
    found = job.status()
    assert (found.told, found.share) == ("Reading films (3 of 9)", 3 / 9)
    with store.database.work(write=True) as work:
        work.execute("UPDATE runs SET spec = '{torn' WHERE run_id = ?", (job.job_id,))
    assert job.status() == JobStatus(), "a damaged row is none"
    assert store.queue.unfinished() == []


def test_a_version_that_does_not_know_a_kind_leaves_its_work_alone(store: Store) -> None:
    store.queue.add("jobs/one", "from the future", {})
    assert upkeep.unfinished(store) == []
    assert not Dispatcher(store, LocalProcesses(store, worker_command(store), CPU_ONLY)).step()
    found = store.queue.find("jobs/one")
    assert found is not None
    assert found.state == "queued"
