"""Who wishes that the software be loaded, for how long, and whom it would not fit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.runs import kinds, upkeep
from core.runs.jobs import Job
from core.runs.processes import with_our_modules
from core.runs.surroundings import surroundings
from core.runs.warm_time import WarmNote, set_warm_time, warm_time
from core.store import RunState, Store
from core.workspace import PROJECT_ROOT
from tests.core.runs.jobs_at_hand import stand
from tests.core.runs.pretending import eventually
from tests.core.runs.warm_jobs import MINUTES, MODULE, SCRIPT, Begin, gone


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
