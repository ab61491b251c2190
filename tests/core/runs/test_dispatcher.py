"""The queue and its processes, with workers that only sleep."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from filelock import FileLock

from core.runs import dispatcher as module
from core.runs import local_processes
from core.runs.devices import Device
from core.runs.files import RunFiles
from core.runs.liveness import worker_of
from core.runs.processes import start_time
from core.store import Run, RunState, Store
from core.version import node_name
from core.workspace import PROJECT_ROOT
from tests.core.runs.pretending import SLEEP, STUBBORN, Pretended, begun, eventually

Queue = Callable[..., Run]


def test_a_run_gets_a_process_of_its_own_session(pretended: Pretended, queue: Queue) -> None:
    run = queue()
    dispatcher = pretended.dispatcher()
    assert dispatcher.step()
    run = pretended.store.runs.get(run.run_id)
    assert run.state == "preparing"
    assert run.device == "CPU"
    assert run.node == node_name() != ""
    assert run.pid is not None
    assert os.getsid(run.pid) == run.pid
    assert run.pid_started == pytest.approx(start_time(run.pid), abs=1)
    assert worker_of(run) == begun(run.pid)
    assert begun(run.pid).environ()["CUDA_VISIBLE_DEVICES"] == "-1"


def test_runs_on_one_device_wait_in_the_order_they_were_queued(
    pretended: Pretended, queue: Queue
) -> None:
    runs = [queue() for _ in range(3)]
    pretended.line = "pass"
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    assert pretended.started == [runs[0].run_id]
    pretended.step_until(dispatcher, runs[2], "interrupted")
    assert pretended.started == [run.run_id for run in runs]


def test_each_gpu_is_a_slot_and_the_cpu_is_one(pretended: Pretended, queue: Queue) -> None:
    pretended.devices = (Device("gpu:0", "A"), Device("gpu:1", "B"), Device("cpu", "C"))
    wanted = ["auto", "gpu:0", "cpu", "auto", "gpu:7"]
    runs = [queue(device=one) for one in wanted]
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    got = {run.run_id: pretended.store.runs.get(run.run_id) for run in runs}
    states = [(got[run.run_id].state, got[run.run_id].device) for run in runs]
    assert states == [
        ("preparing", "GPU 0 (A)"),
        ("queued", ""),  # its GPU is taken
        ("preparing", "CPU"),
        ("preparing", "GPU 1 (B)"),
        ("queued", ""),  # there is no such GPU, and the CPU is taken
    ]
    first = begun(got[runs[0].run_id].pid)
    assert first.environ()["CUDA_VISIBLE_DEVICES"] == "0"
    assert first.environ()["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    cpu = worker_of(got[runs[2].run_id])
    assert cpu is not None
    cpu.kill()
    last = pretended.step_until(dispatcher, runs[4], "preparing")
    assert last.device == "CPU (there is no GPU 7 here)"


def test_a_killed_worker_is_interrupted_with_a_plain_reason(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    files = RunFiles(pretended.store.workspace.run_folder(run.run_id))
    files.checkpoint.mkdir()
    (files.checkpoint / "epoch.json").write_text('{"epoch": 6}')
    pid = pretended.store.runs.get(run.run_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    run = pretended.step_until(dispatcher, run, "interrupted")
    assert run.reason == (
        "The training process was killed (signal 9). Often the machine ran out of memory. "
        "Resume goes on from epoch 7."
    )
    assert run.pid is None
    assert run.finished_at is not None
    assert not dispatcher.step(), "nothing is left to watch"
    pretended.store.runs.requeue(run.run_id)
    pretended.step_until(dispatcher, run, "preparing")


def test_a_worker_that_breaks_off_is_interrupted_with_its_code(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.line = "raise SystemExit(3)"
    run = pretended.step_until(pretended.dispatcher(), run, "interrupted")
    assert "exit code 3" in run.reason
    assert "Resume starts it again." in run.reason


def test_a_stop_of_a_queued_run_never_starts_it(pretended: Pretended, queue: Queue) -> None:
    run = queue()
    assert pretended.store.runs.request_cancel(run.run_id) == "cancelled"
    assert not pretended.dispatcher().step()
    assert pretended.started == []


@pytest.mark.parametrize(("line", "number"), [(SLEEP, 15), (STUBBORN, 9)])
def test_a_worker_that_does_not_hear_a_stop_is_ended(
    pretended: Pretended,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    number: int,
) -> None:
    monkeypatch.setattr(local_processes, "TERMINATE_AFTER", 0.3)
    monkeypatch.setattr(local_processes, "KILL_AFTER", 1.0)
    run = queue()
    pretended.line = line
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    process = dispatcher.here.children[run.run_id].process
    eventually(lambda: SLEEP[-10:] in " ".join(psutil.Process(process.pid).cmdline()))
    time.sleep(0.2)  # until it ignores the signal
    asked = time.monotonic()
    pretended.store.runs.request_cancel(run.run_id)
    run = pretended.step_until(dispatcher, run, "cancelled")
    assert run.reason == "Stopped at your request."
    assert process.poll() == -number
    assert time.monotonic() - asked > 0.2, "it was given time to end by itself"


def test_stopping_takes_the_workers_children_along(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_processes, "TERMINATE_AFTER", 0.0)
    run = queue()
    pretended.line = (
        "import subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)']); "
        "time.sleep(60)"
    )
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    worker = worker_of(pretended.store.runs.get(run.run_id))
    assert worker is not None
    eventually(lambda: worker.children())
    child = worker.children()[0]
    pretended.store.runs.request_cancel(run.run_id)
    pretended.step_until(dispatcher, run, "cancelled")
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_the_next_dispatcher_takes_up_a_living_worker(pretended: Pretended, queue: Queue) -> None:
    run, waiting = queue(), queue()
    pretended.dispatcher().step()
    second = pretended.dispatcher()  # as after a restart: it has started nothing itself
    for _ in range(3):
        assert second.step()
    assert pretended.store.runs.get(run.run_id).state == "preparing"
    assert pretended.store.runs.get(waiting.run_id).state == "queued"
    assert pretended.started == [run.run_id]
    worker = worker_of(pretended.store.runs.get(run.run_id))
    assert worker is not None
    worker.kill()
    assert "is gone" in pretended.step_until(second, run, "interrupted").reason
    pretended.step_until(second, waiting, "preparing")


def test_a_recycled_pid_is_not_taken_for_the_worker(pretended: Pretended, queue: Queue) -> None:
    run = queue()
    stranger = subprocess.Popen([sys.executable, "-S", "-c", SLEEP])
    try:
        pretended.store.runs.transition(
            run.run_id,
            RunState.TRAINING,
            pid=stranger.pid,
            pid_started=psutil.Process(stranger.pid).create_time() - 3600,
            started_at=time.time() - 3600,
        )
        pretended.store.runs.request_cancel(run.run_id)
        run = pretended.step_until(pretended.dispatcher(), run, "cancelled")
        assert stranger.poll() is None, "somebody else's process must not be touched"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_start_time_that_moved_with_the_clock_is_forgiven(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.dispatcher().step()
    run = pretended.store.runs.get(run.run_id)
    begun(run.pid)
    pretended.store.runs.transition(
        run.run_id, RunState.TRAINING, pid_started=(run.pid_started or 0) - 90
    )
    assert worker_of(pretended.store.runs.get(run.run_id)) is not None


def test_a_run_whose_start_was_lost_is_interrupted_after_a_grace(
    pretended: Pretended, queue: Queue
) -> None:
    run = queue()
    pretended.store.runs.transition(run.run_id, RunState.PREPARING, started_at=time.time())
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    assert pretended.store.runs.get(run.run_id).state == "preparing", "it may still appear"
    pretended.store.runs.transition(run.run_id, RunState.PREPARING, started_at=time.time() - 60)
    run = pretended.step_until(dispatcher, run, "interrupted")
    assert "did not start" in run.reason


def test_a_worker_that_cannot_be_started_fails_and_the_next_goes_on(
    pretended: Pretended, queue: Queue
) -> None:
    bad, good = queue(), queue()
    dispatcher = pretended.dispatcher()
    command = dispatcher.here.command
    dispatcher.here.command = lambda job, slot: (
        ["/no/such/program"] if job.job_id == bad.run_id else command(job, slot)
    )
    dispatcher.step()
    assert "could not be started" in pretended.step_until(dispatcher, bad, "failed").reason
    pretended.step_until(dispatcher, good, "preparing")


def test_a_finished_worker_that_lingers_is_ended(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_processes, "LINGER_SECONDS", 0.2)
    run, after = queue(), queue()
    pretended.line = STUBBORN
    dispatcher = pretended.dispatcher()
    dispatcher.step()
    pretended.store.runs.transition(run.run_id, RunState.DONE)
    dispatcher.step()
    assert pretended.store.runs.get(after.run_id).state == "queued", "the device is still in use"
    pretended.step_until(dispatcher, after, "preparing")
    assert pretended.store.runs.get(run.run_id).state == "done"


def test_only_one_of_two_dispatchers_works(
    pretended: Pretended, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.1)
    store, command = pretended.store, pretended.dispatcher().here.command
    lock = FileLock(store.workspace.dispatcher_lock)
    with lock:
        assert not module.serve(store, command, pretended.devices, idle=0.1)
    assert module.serve(store, command, pretended.devices, idle=0.1)


def test_a_run_queued_while_the_dispatcher_ends_is_not_forgotten(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = module._serve_locked
    rounds: list[int] = []

    def serve_locked(
        dispatcher: module.Dispatcher, poll: float, idle: float, until: Callable[[], bool]
    ) -> None:
        rounds.append(len(rounds))
        original(dispatcher, poll, idle, until)
        if len(rounds) == 1:
            pretended.line = "pass"
            queue()  # the lock is still held here, so no launcher would start a dispatcher

    monkeypatch.setattr(module, "_serve_locked", serve_locked)
    module.serve(
        pretended.store, pretended.dispatcher().here.command, pretended.devices, poll=0.02, idle=0.1
    )
    assert len(rounds) == 2
    assert len(pretended.started) == 1


def test_two_real_dispatchers_at_once_leave_one_and_it_ends_by_itself(
    store: Store, queue: Queue
) -> None:
    """The command line, the lock and the exit; the data set is missing, so the run fails
    in the real worker, before it loads any network."""
    run = queue(dataset="gone")
    command = [
        sys.executable,
        "-m",
        "core.runs.dispatcher",
        "--data",
        str(store.workspace.root),
    ]
    both = [
        subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate(timeout=240)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    # The second gave up, or got its turn after the first had ended: never both.
    assert sum(f"{run.run_id} started" in one for one in said) == 1, said
    ended = store.runs.get(run.run_id)
    assert ended.state == "failed"
    assert ended.reason.startswith("There is no data set called “gone”.")
    log = Path(RunFiles(store.workspace.run_folder(run.run_id)).log).read_text()
    assert "failed: There is no data set" in log


def test_the_cache_is_trimmed_when_a_run_has_ended(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THORAXLENS_CACHE_GB", "0")
    kept = pretended.store.workspace.feature_cache / "a.npy"
    kept.write_bytes(b"vectors")
    run, dispatcher = queue(), pretended.dispatcher()
    dispatcher.step()
    dispatcher.step()
    assert kept.exists(), "a run is at work"
    pid = pretended.store.runs.get(run.run_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    pretended.step_until(dispatcher, run, "interrupted")
    eventually(lambda: dispatcher.step() or not kept.exists())
    assert not kept.exists()


def test_a_limit_that_makes_no_sense_does_not_hold_the_queue_up(
    pretended: Pretended, queue: Queue, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("THORAXLENS_CACHE_GB", "much")
    pretended.line = "pass"
    first, second = queue(), queue()
    dispatcher = pretended.dispatcher()
    pretended.step_until(dispatcher, second, "interrupted")
    dispatcher.step()
    assert pretended.started == [first.run_id, second.run_id]
    assert "the cache was left as it is: THORAXLENS_CACHE_GB is 'much'" in capsys.readouterr().out
