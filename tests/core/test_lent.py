"""A folder for one piece of work goes with it, also when its process is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.datasets.uploads import clean_up
from core.lent import lent_folder, remove_abandoned
from core.store import Store
from core.workspace import PROJECT_ROOT

SCRIPT = """
import os, signal, sys
from pathlib import Path
from core.lent import lent_folder
with lent_folder(Path(sys.argv[1])) as folder:
    (folder / "0.film").write_bytes(b"a patient's film")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_is_there_while_it_is_used_and_gone_afterwards(tmp_path: Path) -> None:
    def work() -> None:
        with lent_folder(tmp_path) as folder:
            (folder / "film").write_bytes(b"film")
            remove_abandoned(tmp_path)
            assert (folder / "film").exists()
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert list(tmp_path.iterdir()) == []


def test_one_of_a_killed_process_goes_at_the_next_start(store: Store) -> None:
    place = store.workspace.lent
    command = [sys.executable, "-c", SCRIPT, str(place)]
    assert subprocess.run(command, cwd=PROJECT_ROOT).returncode == -signal.SIGKILL
    assert list(place.rglob("*.film"))
    with lent_folder(place) as alive:
        clean_up(store)
        assert [one for one in place.iterdir() if one.is_dir()] == [alive]
    assert list(place.iterdir()) == []
