"""An import that was killed goes on where it was, and looks anew at what has changed since."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from core.datasets import looking
from core.datasets.importers import Candidate
from core.datasets.ingest import import_folder
from core.datasets.looked import Looked
from core.store import Store
from core.workspace import PROJECT_ROOT, Workspace
from tests.core import planted

FILMS = 200

# Kills itself when so many films have been looked into.
SCRIPT = """
import os, signal, sys
from core.datasets.ingest import import_folder
from core.store import open_store
from core.workspace import open_workspace

def killed(done, total, file):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

import_folder(open_store(open_workspace(sys.argv[1])), sys.argv[2], progress=killed)
"""


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "clinic"
    for seed in range(FILMS):
        place = folder / ("covid", "healthy")[seed % 2] / f"{seed:03d}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(planted.png(seed))
    return folder


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that this process looks into."""
    names: list[str] = []
    look = looking.look

    def noted(workspace: Workspace, one: Candidate, *rest: Any) -> Looked:
        names.append(one.file)
        return look(workspace, one, *rest)

    monkeypatch.setattr(looking, "look", noted)
    return names


def killed(store: Store, folder: Path, after: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(store.workspace.root), str(folder), str(after)]
    ended = subprocess.run(command, cwd=PROJECT_ROOT)
    assert ended.returncode == -signal.SIGKILL
    assert store.catalogue.count() == 0


class _Stopped(BaseException):
    """Somebody stopped the import."""


def stopped(store: Store, folder: Path) -> None:
    def stop(done: int, total: int, _: str) -> None:
        if done == total:
            raise _Stopped

    with pytest.raises(_Stopped):
        import_folder(store, folder, progress=stop)
    assert store.catalogue.count() == 0


def test_what_a_killed_import_has_seen_is_not_looked_into_again(
    store: Store, collection: Path, looked: list[str]
) -> None:
    killed(store, collection, 150)
    (kept,) = store.workspace.importing.glob("*.looks")
    lines = kept.read_bytes().count(b"\n")
    assert 80 <= lines <= 150  # what was not written yet is lost, and no more
    kept.write_bytes(kept.read_bytes() + b'{"version": 1, "file": "cov')  # cut short, too
    report = import_folder(store, collection)
    assert (report.added, len(looked)) == (FILMS, FILMS - lines)
    assert not list(store.workspace.importing.glob("*.looks"))
    resumed = store.catalogue.frame()
    store.catalogue.remove_source(report.source)
    import_folder(store, collection)
    assert resumed.equals(store.catalogue.frame())


def test_a_file_that_has_changed_or_lost_its_thumbnail_is_looked_into_again(
    store: Store, collection: Path, looked: list[str]
) -> None:
    stopped(store, collection)
    other = collection / "covid" / "000.png"
    other.write_bytes(planted.png(FILMS + 1))
    os.utime(other, ns=(1, 1))
    for thumbnail in list(store.workspace.thumbnails.rglob("*.jpg"))[:1]:
        thumbnail.unlink()
    (kept,) = store.workspace.importing.glob("*.looks")
    assert kept.read_bytes().count(b"\n") == FILMS
    looked.clear()
    assert import_folder(store, collection).added == FILMS
    assert "covid/000.png" in looked
    assert len(looked) in (1, 2)  # the thumbnail may have been the changed file's own


@pytest.mark.parametrize("line", [b"\x00\xff\n", b"[]\n", b'{"version": 0}\n'])
def test_a_damaged_list_counts_as_none(
    store: Store, collection: Path, looked: list[str], line: bytes
) -> None:
    stopped(store, collection)
    (kept,) = store.workspace.importing.glob("*.looks")
    kept.write_bytes(line + kept.read_bytes())
    looked.clear()
    assert import_folder(store, collection).added == len(looked) == FILMS


def test_what_an_import_holds_of_a_film_is_little(store: Store, collection: Path) -> None:
    """Of 100,000 films all must fit: names, hashes and rows, but no pixels and no second copy."""
    import_folder(store, collection)
    store.catalogue.remove_source("clinic")
    held = []
    for films in (FILMS // 4, FILMS):
        part = collection if films == FILMS else collection.parent / "part"
        if films != FILMS:
            for place in sorted(collection.rglob("*.png"))[:films]:
                target = part / place.relative_to(collection)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(place.read_bytes())
        tracemalloc.start()
        import_folder(store, part, progress=lambda *_: None)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        for one in store.catalogue.sources():
            store.catalogue.remove_source(one.name)
    assert held[1] - held[0] < 1700 * (FILMS - FILMS // 4)
