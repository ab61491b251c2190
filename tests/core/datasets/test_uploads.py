"""What is left of an import that is killed, and that a living one is left alone."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest

from core.datasets import ingest, uploads
from core.datasets.archive import key_of, unpack
from core.datasets.ingest import import_zip
from core.datasets.uploads import clean_up, importing
from core.store import Store, open_store
from core.workspace import PROJECT_ROOT
from tests.core import planted

FILES = {f"covid/{seed}.png": planted.png(seed) for seed in range(4)}


def packed(files: dict[str, bytes] = FILES) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    stream.seek(0)
    return stream


# Kills itself where the second argument says, in the middle of an import.
SCRIPT = """
import os, signal, sys
from core.datasets import archive, ingest
from core.store import open_store
from core.workspace import open_workspace

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

store = open_store(open_workspace(sys.argv[1]))
module, name = {"unpacking": (archive, "_put"), "reading": (ingest, "described_films"),
                "saving": (type(store.catalogue), "save_source")}[sys.argv[3]]
setattr(module, name, die)
with open(sys.argv[2], "rb") as file:
    ingest.import_zip(store, file, "clinic.zip")
"""


@pytest.mark.parametrize("stage", ["unpacking", "reading", "saving"])
def test_nothing_stays_of_an_import_that_was_killed(
    stage: str, store: Store, tmp_path: Path
) -> None:
    archive = tmp_path / "clinic.zip"
    archive.write_bytes(packed().getvalue())
    command = [sys.executable, "-c", SCRIPT, str(store.workspace.root), str(archive), stage]
    assert subprocess.run(command, cwd=PROJECT_ROOT).returncode == -signal.SIGKILL
    assert list(store.workspace.uploads.iterdir())
    clean_up(store)
    assert list(store.workspace.uploads.iterdir()) == []
    assert not list(store.workspace.importing.glob("*.note"))
    assert import_zip(store, packed(), "clinic.zip").added == 4


def test_an_import_that_lives_is_left_alone(store: Store) -> None:
    key = "0" * 32
    with importing(store.workspace, key):
        unpacking = store.workspace.uploads / f"{uploads.UNPACKING}{key}-x"
        unpacking.mkdir()
        (store.workspace.uploads / key).mkdir()
        clean_up(open_store(store.workspace))
        assert len(list(store.workspace.uploads.iterdir())) == 2
    clean_up(store)
    assert [one.name for one in store.workspace.uploads.iterdir()] == [key]


def test_what_was_imported_stays_even_when_its_source_was_removed(store: Store) -> None:
    """Removing a source promises that its files stay on the disk."""
    import_zip(store, packed(), "clinic.zip")
    store.catalogue.remove_source("clinic")
    (store.workspace.uploads / f"{uploads.UNPACKING}old").mkdir()  # without a lock, as it was
    clean_up(store)
    [folder] = store.workspace.uploads.iterdir()
    assert len(list(folder.rglob("*.png"))) == 4


def test_killed_between_the_store_and_the_note_nothing_is_lost(store: Store) -> None:
    import_zip(store, packed(), "clinic.zip")
    (store.workspace.importing / f"{key_of(packed())}.note").touch()
    clean_up(store)
    assert all(Path(path).is_file() for path in store.catalogue.frame()["path"])
    assert not list(store.workspace.importing.glob("*.note"))


def test_the_same_archive_twice_at_once_is_imported_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[int] = []
    most: list[int] = []

    def slow(*arguments: Any, **more: Any) -> object:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.1)
        inside.pop()
        return unpack(*arguments, **more)

    monkeypatch.setattr(ingest, "unpack", slow)
    threads = [
        threading.Thread(target=import_zip, args=(store, packed(), "clinic.zip")) for _ in range(3)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert max(most) == 1
    assert store.catalogue.count() == 4
