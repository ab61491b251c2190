"""What a node keeps, and what it removes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import psutil
import pytest

from core.cache import ENVIRONMENT_VARIABLE
from core.cluster import tied
from core.cluster.attendant import HOME_VARIABLE, Attendant
from core.cluster.changes import FolderChanges
from core.cluster.node_cache import CACHE_VARIABLE, Cache, node_cache, work_folder
from core.cluster.parcels import Good
from core.cluster.receiving import _below
from core.errors import DamagedError
from core.store import Film, Source, Store
from core.workspace import PROJECT_ROOT
from tests.core.runs.pretending import eventually


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "node"))
    return node_cache()


def good(content: bytes, key: str = "films-1") -> Good:
    return Good(key, "films.npy", len(content), chunks=(content[:3], content[3:]))


def test_a_file_is_fetched_once_a_node(cache: Cache) -> None:
    fetched: list[bytes] = []

    def fetch(chunk: bytes) -> bytes:
        fetched.append(chunk)
        return chunk

    first = cache.hold(good(b"abcdefgh"), fetch)
    assert first.read_bytes() == b"abcdefgh"
    assert cache.hold(good(b"abcdefgh"), fetch) == first
    assert fetched == [b"abc", b"defgh"]
    first.write_bytes(b"cut")  # by a full disk, say
    assert cache.hold(good(b"abcdefgh"), fetch).read_bytes() == b"abcdefgh"


def test_what_does_not_arrive_whole_is_not_kept(cache: Cache) -> None:
    with pytest.raises(OSError, match="did not arrive whole"):
        cache.hold(good(b"abcdefgh"), lambda chunk: chunk[:1])
    assert not list(cache.root.rglob("*.npy"))


def test_what_was_used_longest_ago_goes_first(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        held = cache.hold(good(b"x" * 1000, f"films-{number}"), bytes)
        os.utime(held.parent, (number, number))
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "0.000002")
    cache.trim()
    assert sorted(one.parent.name for one in cache.root.rglob("*.npy")) == ["films-1", "films-2"]


def test_the_folder_of_killed_work_is_removed_by_the_next(cache: Cache) -> None:
    script = (
        "import time; from core.cluster.node_cache import node_cache, work_folder\n"
        "with work_folder(node_cache()) as folder:\n"
        "    (folder / 'film').touch(); print(folder, flush=True); time.sleep(60)"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    folder = Path(other.stdout.readline().strip())
    with work_folder(cache) as mine:
        assert mine != folder
        assert (folder / "film").exists(), "somebody works there"
    other.kill()
    other.communicate()
    with work_folder(cache):
        assert not (folder / "film").exists()
    assert not [one for one in cache.work.iterdir() if one.is_dir()]


@pytest.mark.skipif(sys.platform != "linux", reason="the tie is Linux's")
def test_a_tied_program_ends_with_its_parent() -> None:
    script = (
        "import subprocess, sys, time; from core.cluster import tied\n"
        "child = subprocess.Popen(tied.command([sys.executable, '-S', '-c', "
        "'import time; time.sleep(60)']), start_new_session=True)\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)},
    )  # fmt: skip
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    eventually(lambda: "time.sleep(60)" in " ".join(child.cmdline()[-1:]))
    parent.kill()
    parent.communicate()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_tied_program_whose_parent_is_gone_does_not_begin() -> None:
    words = tied.command(["/bin/false"])
    words[words.index(str(os.getpid()))] = "1"
    done = subprocess.run(
        words, cwd=PROJECT_ROOT, env={**os.environ, "PYTHONPATH": str(PROJECT_ROOT)}, check=False
    )
    assert done.returncode == 1


def test_only_what_has_changed_is_told_and_what_did_not_arrive_again(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    changes = FolderChanges(tmp_path)
    assert changes.look(settled=True) == ({}, (), b"")
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "state.npz").write_bytes(b"1")
    (tmp_path / "log.txt").write_bytes(b"one\n")
    (tmp_path / "tmp-1-half").write_bytes(b"half")
    told = ({"checkpoint/state.npz": b"1"}, (), b"one\n")
    assert changes.look(settled=False) == told
    changes.heard(False)
    assert changes.look(settled=False) == ({"checkpoint/state.npz": b"1"}, (), b""), (
        "what was printed is told once: twice in a log is worse than a gap"
    )
    changes.heard(True)
    assert changes.look(settled=False) == ({}, (), b"")
    (tmp_path / "checkpoint" / "state.npz").unlink()
    assert changes.look(settled=True) == ({}, ("checkpoint/state.npz",), b"")
    changes.heard(False, everything=True)
    assert changes.look(settled=True) == ({"old": b"old"}, (), b""), "a new head is told everything"


def test_a_file_that_is_being_written_waits(tmp_path: Path) -> None:
    changes = FolderChanges(tmp_path)
    (tmp_path / "head.weights.h5").write_bytes(b"half")
    assert changes.look(settled=False)[0] == {}
    past = time.time() - 5
    os.utime(tmp_path / "head.weights.h5", (past, past))
    assert changes.look(settled=False)[0] == {"head.weights.h5": b"half"}


@pytest.mark.parametrize("name", ["../run.json", "/etc/passwd", "a/../../b", ""])
def test_a_node_writes_nowhere_but_into_the_folder_of_its_work(name: str, tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="lies in no folder of its work"):
        _below(tmp_path, name)
    assert _below(tmp_path, "checkpoint/state.npz") == tmp_path / "checkpoint" / "state.npz"


def test_a_node_without_the_program_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    about = Attendant(str(PROJECT_ROOT)).about("tensorflow")
    assert about["missing"].startswith(f"There is no copy of this ThoraxLens in {tmp_path}.")
    assert HOME_VARIABLE in about["missing"]
    monkeypatch.delenv(HOME_VARIABLE)
    assert "missing" not in Attendant(str(PROJECT_ROOT)).about("tensorflow")


def test_work_keeps_its_films_when_others_make_room(
    cache: Cache, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ["a" * 32, "b" * 32]
    store.catalogue.save_source(
        Source("ward", "folders", "/films"),
        [Film(one, "ward", f"/films/{one}.png", "", "COVID-19") for one in ids],
    )
    pack = tmp_path / "films.zip"
    with zipfile.ZipFile(pack, "w") as files:
        for one in ids:
            files.writestr(f"{one}/{one}.png", one)
        files.writestr(f"masks/{ids[0]}/lungs/mask.png", "lungs")
    (cache.root / "goods" / "files-1").mkdir()
    cache.move_films(store, pack, "files-1")
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "0")
    cache.trim()  # as other work does at its end
    assert not (cache.root / "goods" / "files-1").exists()
    films = store.catalogue.films(ids)
    assert [Path(one.path).read_text() for one in films] == ids
    assert Path(films[0].masks["lungs"]).read_text() == "lungs"
