"""Data folders from before the one queue: their audits, tests and demonstrations keep how they
stood, and what waited or worked is not lost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.audit.status import audit_job
from core.demonstration.sessions import Demonstration
from core.external.result_file import folder_of
from core.external.testing import external_job
from core.runs import starting
from core.runs.dispatcher import Dispatcher
from core.runs.local_processes import LocalProcesses
from core.runs.processes import start_time
from core.runs.starting import worker_command
from core.specs import RunSpec
from core.store import open_store
from core.workspace import Workspace, open_workspace
from tests.core.runs.jobs_at_hand import no_dispatcher
from tests.core.runs.pretending import CPU_ONLY, SLEEP, begun, eventually
from tests.core.store.old_stores import make_store, write

RUNS = ("20260101-000000-aaaa", "20260101-000000-bbbb", "20260101-000000-cccc")
SOURCE = "Klinik Süd"


def job(folder: Path, **status: Any) -> None:
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps(status))


def ticket(workspace: Workspace, number: int, folder: Path) -> None:
    own = {"pid": 1, "started": 2.0, "word": "x", "kind": "audit", "limit": 1,
           "folder": str(folder)}  # fmt: skip
    (workspace.root / "turns" / f"{number:08d}.ticket").write_text(json.dumps(own))


def audit_folder(workspace: Workspace, run_id: str) -> Path:
    return workspace.run_folder(run_id) / "audit"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """As the version before left it: three runs, one source, and jobs in their folders."""
    no_dispatcher(monkeypatch)
    workspace = open_workspace(tmp_path / "old")
    make_store(workspace.database, 2)
    spec = RunSpec.build(dataset="study", model="cnn").to_json()
    run = "INSERT INTO runs (run_id, spec, state, created_at) VALUES (?, ?, 'done', 1.0)"
    write(workspace.database, run, *((run_id, spec) for run_id in RUNS))
    source = "INSERT INTO sources VALUES (?, 'folders', '/films', 0, '2025-01-01', '{}')"
    write(workspace.database, source, (SOURCE,))
    (workspace.root / "turns").mkdir()
    return workspace


def test_what_was_over_is_known_as_it_was(old: Workspace) -> None:
    job(
        audit_folder(old, RUNS[0]), version=1, state="done", stage="Reading films", done=3,
        total=3, began=5.0, ended=9.0, pid=7, pid_started=4.0, heartbeat_at=8.0,
    )  # fmt: skip
    job(audit_folder(old, RUNS[1]), state="failed", reason="The films are gone.", began=6.0)
    job(folder_of(old, RUNS[0], SOURCE), state="stopped", reason="Stopped at your request.")
    job(folder_of(old, RUNS[0], "gone"), state="failed", reason="Nobody knows of what source.")
    job(old.root / "demonstration" / "take-0002", state="done", began=5.0)
    (audit_folder(old, RUNS[2])).mkdir(parents=True)
    (audit_folder(old, RUNS[2]) / "job.json").write_text("{torn")
    store = open_store(old)
    done = audit_job(store, RUNS[0]).status()
    assert (done.state, done.told, done.asked) == ("done", "Reading films (3 of 3)", 5.0)
    failed = audit_job(store, RUNS[1]).status()
    assert (failed.state, failed.reason) == ("failed", "The films are gone.")
    assert audit_job(store, RUNS[2]).status().state is None
    stopped = external_job(store, RUNS[0], SOURCE).status()
    assert (stopped.state, stopped.reason) == ("cancelled", "Stopped at your request.")
    session = Demonstration(store).latest()
    assert (session.number, session.status().state) == (2, "done")
    assert store.queue.unfinished() == []
    assert {run.run_id for run in store.runs.all()} == set(RUNS)


def test_what_waited_or_worked_is_queued_in_its_old_order(old: Workspace) -> None:
    folders = [audit_folder(old, RUNS[0]), folder_of(old, RUNS[1], SOURCE),
               audit_folder(old, RUNS[2])]  # fmt: skip
    for began, folder in zip((9.0, 7.0, 8.0), folders, strict=True):
        job(folder, state="running", stage="Waiting for its turn: 1 other first", began=began)
    ticket(old, 3, folders[2])
    ticket(old, 4, folders[0])
    (old.root / "turns" / "00000001.ticket").write_text("[1, 2.0, 'of the oldest version'")
    store = open_store(old)
    found = [(row.job_id, row.kind, dict(row.arguments)) for row in store.queue.unfinished()]
    assert found == [
        (f"runs/{RUNS[2]}/audit", "audit", {"run": RUNS[2]}),
        (f"runs/{RUNS[0]}/audit", "audit", {"run": RUNS[0]}),
        (folders[1].relative_to(old.root).as_posix(), "external_test",
         {"run": RUNS[1], "source": SOURCE}),
    ]  # fmt: skip
    assert audit_job(store, RUNS[2]).status().stage == "Starting"
    assert audit_job(store, RUNS[0]).status().stage == "Waiting for its turn: 1 other first"
    assert not (old.root / "turns").exists()


def test_a_process_that_still_waits_by_a_ticket_makes_place_for_the_new_one(
    old: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = audit_folder(old, RUNS[0])
    waits = subprocess.Popen([sys.executable, "-S", "-c", SLEEP, str(folder)])
    try:
        begun(waits.pid)
        job(folder, state="running", began=time.time(), pid=waits.pid,
            pid_started=start_time(waits.pid))  # fmt: skip
        store = open_store(old)
        monkeypatch.setattr(starting, "ENTRY", "no_such_module")
        dispatcher = Dispatcher(store, LocalProcesses(store, worker_command(store), CPU_ONLY))
        dispatcher.step()
        eventually(lambda: waits.poll() is not None)
        eventually(lambda: not dispatcher.step())
    finally:
        waits.kill()
        waits.wait()
    status = audit_job(store, RUNS[0]).status()
    assert status.state == "interrupted", "the one of this version was started"
    assert status.reason.startswith("The audit’s process broke off by itself (exit code 1)")
