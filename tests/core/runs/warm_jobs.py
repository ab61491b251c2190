"""Jobs for the process that has the software loaded: here it loads nothing, and they only write
down what they find."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psutil

from core.runs.dispatcher import Dispatcher
from core.runs.jobs import Job
from core.runs.kinds import Kind
from core.runs.local_processes import LocalProcesses
from core.runs.starting import worker_command
from core.runs.warm import Warmth
from core.store import Store
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


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
