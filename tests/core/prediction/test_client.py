"""The client with a real worker process: crashes, silence, orphans."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.errors import PredictionError
from core.prediction.client import PredictionClient
from core.workspace import PROJECT_ROOT, Workspace
from tests.core import planted
from tests.core.prediction.conftest import MakeRun, png


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def ended(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie":
            return True
        time.sleep(0.05)
    return False


def test_from_first_film_to_crash_and_back(
    workspace: Workspace, make_run: MakeRun, temporary_files: Path
) -> None:
    """One story, because each worker imports TensorFlow: two of them are enough."""
    make_run("one", "cnn")
    make_run("two", "vgg16")
    films = [("a.png", png(0)), ("bad.png", b"rubbish"), ("b \udce4.png", png(1))]
    steps: list[tuple[int, int, str]] = []
    client = PredictionClient(workspace)
    assert client.pid is None
    assert client.classify([], films) == client.classify(["one"], []) == []
    assert client.pid is None
    client.make_ready()
    made_ready = client.pid
    assert made_ready is not None

    results = client.classify(["one", "two"], films, progress=lambda *step: steps.append(step))
    assert [(one.file, one.run_id) for one in results] == [
        (name, run) for name, _ in films for run in ("one", "two")
    ]
    client.make_ready()
    assert client.pid == made_ready, "it is the one that answers"
    assert [one.error is None for one in results] == [True, True, False, False, True, True]
    assert "bad.png" in (results[2].error or "")
    for one in results[:2] + results[4:]:
        assert one.label in ("covid", "healthy")
        assert sum(one.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert one.heat is not None
        assert one.heat.dtype == np.float32
        assert 0 <= one.heat.min() <= one.heat.max() <= 1
        assert one.picture is not None
        assert one.picture.shape == (80, 80)
        assert one.picture.dtype == np.uint8
    assert results[2].picture is None
    assert steps[-1][0] == steps[-1][1] == 6
    assert not list(temporary_files.iterdir())

    # Whose films they are stays nowhere, be they answered, refused or unreadable.
    everybody = list(planted.every_kind().items())
    assert len(client.classify(["one"], everybody)) == len(everybody)
    assert not list(temporary_files.iterdir())
    assert not list(workspace.lent.iterdir())
    for path in workspace.root.rglob("*"):
        assert not path.is_file() or planted.WORD not in path.read_bytes(), path

    # The worker is warm, answers two threads one after the other, and gives the same again.
    pid = client.pid
    assert pid is not None
    again: list[float] = []
    threads = [
        threading.Thread(
            target=lambda: again.append(
                client.classify(["one"], films[:1], cam=False)[0].probabilities["covid"]
            )
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert again == pytest.approx([results[0].probabilities["covid"]] * 3, abs=1e-6)
    assert client.pid == pid

    # A caller that goes away in the middle (a page that is left) disturbs nobody.
    def leave(done: int, total: int, what: str) -> None:
        raise KeyError("left")

    with pytest.raises(KeyError, match="left"):
        client.classify(["one"], films[:1], progress=leave)
    assert client.classify(["one"], films[:1], cam=False)[0].heat is None
    assert client.pid == pid

    # Killed in the middle of a request: that request fails in plain words, the next works.
    worker = psutil.Process(pid)
    worker.suspend()
    threading.Timer(0.3, worker.kill).start()
    with pytest.raises(PredictionError, match=r"was killed.*Try again"):
        client.classify(["one"], films[:1])
    assert client.pid is None
    assert client.classify(["one"], films[:1])[0].error is None
    assert client.pid not in (None, pid)

    pid = client.pid
    assert pid is not None
    client.close()
    client.close()
    assert ended(pid)
    assert not list(temporary_files.iterdir())


def test_a_silent_worker_is_stopped(workspace: Workspace) -> None:
    """It cannot have imported TensorFlow in so short a time."""
    with (
        PredictionClient(workspace, silence_seconds=0.2) as client,
        pytest.raises(PredictionError, match="said nothing for 0 seconds"),
    ):
        client.classify(["one"], [("a.png", png(0))])
    assert client.pid is None


def test_a_worker_that_cannot_start_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with PredictionClient(workspace) as client:
        with pytest.raises(PredictionError, match=r"ended unexpectedly \(code 1\).*prediction.log"):
            client.classify(["one"], [("a.png", png(0))])
        assert client.pid is None


def test_no_orphan_and_no_film_is_left_when_the_server_dies(
    workspace: Workspace, temporary_files: Path
) -> None:
    server = """
import os, signal, sys, threading, time
from core.prediction.client import PredictionClient
from core.workspace import open_workspace
assert "keras" not in sys.modules and "tensorflow" not in sys.modules
client = PredictionClient(open_workspace(sys.argv[1]))
films = [("a.png", b"0" * 1000)]
threading.Thread(target=lambda: client.classify(["one"], films), daemon=True).start()
while client.pid is None:
    time.sleep(0.01)
print(client.pid, flush=True)
time.sleep(0.5)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", server, str(workspace.root)],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TMPDIR": str(temporary_files)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    assert ended(int(done.stdout))
    assert not list(temporary_files.iterdir())
