"""What is kept for speed: counted, limited, cleaned up, and never taken from under anybody."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from filelock import FileLock, Timeout

from core import cache
from core.cache import GB, Usage, cache_limit, cache_usage, clear, mark_used, set_cache_limit, trim
from core.errors import InputError
from core.images.decode import film_id_of
from core.images.film_array import film_array
from core.workspace import Workspace


@pytest.fixture(autouse=True)
def _limit_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cache.ENVIRONMENT_VARIABLE, raising=False)


def keep(folder: Path, name: str, size: int, hours_ago: float, *, lock: bool = True) -> Path:
    """A kept file that was used so long ago, with its lock, as training leaves them."""
    path = folder / name
    path.write_bytes(b"x" * size)
    used = time.time() - hours_ago * 3600
    os.utime(path, (used, used))
    if lock:
        path.with_suffix(".lock").touch()
    return path


def names(workspace: Workspace) -> set[str]:
    folders = (workspace.film_cache, workspace.feature_cache)
    return {one.name for folder in folders for one in folder.iterdir()}


def test_usage_counts_each_kind_without_its_locks(workspace: Workspace) -> None:
    keep(workspace.film_cache, "a.npy", 100, 1)
    keep(workspace.feature_cache, "b.npy", 10, 1)
    keep(workspace.feature_cache, "c.part", 5, 1)
    assert cache_usage(workspace) == {"films": Usage(100, 1), "features": Usage(15, 2)}


def test_folders_that_are_gone_hold_nothing(workspace: Workspace) -> None:
    workspace.film_cache.rmdir()
    assert cache_usage(workspace)["films"] == Usage(0, 0)
    assert trim(workspace, 0) == 0


def test_what_was_used_longest_ago_goes_first_whatever_its_kind(workspace: Workspace) -> None:
    oldest = keep(workspace.film_cache, "a.npy", 100, 30)
    keep(workspace.feature_cache, "b.npy", 100, 20)
    keep(workspace.film_cache, "c.npy", 100, 10)
    mark_used(oldest)
    assert trim(workspace, 200) == 100
    assert names(workspace) == {"a.npy", "a.lock", "c.npy", "c.lock"}
    assert trim(workspace, 200) == 0
    assert trim(workspace, 0) == 200
    assert names(workspace) == set()


def test_a_limit_that_is_kept_removes_nothing(workspace: Workspace) -> None:
    keep(workspace.film_cache, "a.npy", 100, 1000)
    assert trim(workspace) == 0
    assert "a.npy" in names(workspace)


def test_a_locked_file_stays_and_the_next_one_goes(workspace: Workspace) -> None:
    keep(workspace.feature_cache, "busy.npy", 100, 50)
    keep(workspace.feature_cache, "idle.npy", 100, 40)
    with FileLock(workspace.feature_cache / "busy.lock"):
        assert trim(workspace, 100) == 100
        assert names(workspace) == {"busy.npy", "busy.lock"}
        assert clear(workspace) == 0
    assert clear(workspace) == 100
    assert names(workspace) == set()


def test_parts_go_when_nobody_went_on_with_them_for_a_day(workspace: Workspace) -> None:
    keep(workspace.feature_cache, "old.part", 10, 25)
    keep(workspace.feature_cache, "new.part", 10, 23)
    keep(workspace.feature_cache, "tmp-1234-torn.npy", 10, 25, lock=False)
    keep(workspace.feature_cache, "busy.part", 10, 25)
    with FileLock(workspace.feature_cache / "busy.lock"):
        assert trim(workspace, 0) == 20
    assert names(workspace) == {"new.part", "new.lock", "busy.part", "busy.lock"}
    assert clear(workspace) == 20, "clearing takes fresh parts too, if nobody is at them"


def test_locks_without_a_file_go_unless_somebody_holds_them(workspace: Workspace) -> None:
    keep(workspace.film_cache, "a.npy", 1, 1)
    keep(workspace.film_cache, "b.npy", 1, 1).unlink()
    held = FileLock(workspace.film_cache / "c.lock")
    with held:
        assert trim(workspace) == 0
        assert names(workspace) == {"a.npy", "a.lock", "c.lock"}
    trim(workspace)
    assert names(workspace) == {"a.npy", "a.lock"}


HOLD = """
import pathlib, sys, time
from filelock import FileLock
counter = pathlib.Path(sys.argv[2])
for _ in range(150):
    with FileLock(sys.argv[1]):
        value = int(counter.read_text())
        time.sleep(0.001)
        counter.write_text(str(value + 1))
"""


def test_removing_locks_lets_no_two_in_at_once(workspace: Workspace, tmp_path: Path) -> None:
    """Two processes count up under a lock that is removed again and again."""
    counter = tmp_path / "counter"
    counter.write_text("0")
    lock = workspace.film_cache / "wanted.lock"
    counting = [
        subprocess.Popen([sys.executable, "-c", HOLD, str(lock), str(counter)]) for _ in range(2)
    ]
    while any(one.poll() is None for one in counting):
        trim(workspace)
    assert [one.returncode for one in counting] == [0, 0]
    assert counter.read_text() == "300"


def test_an_array_in_use_survives_its_files_removal(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), np.arange(64 * 64, dtype=np.uint8).reshape(64, 64))
    ids, paths = [film_id_of(path.read_bytes())], [str(path)]
    array = film_array(workspace, ids, paths, 64)
    expected = np.array(array)
    clear(workspace)
    assert not list(workspace.film_cache.iterdir())
    np.testing.assert_array_equal(array, expected)
    np.testing.assert_array_equal(film_array(workspace, ids, paths, 64), expected)


def test_reading_an_array_marks_it_used(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), np.zeros((64, 64), np.uint8))
    ids, paths = [film_id_of(path.read_bytes())], [str(path)]
    film_array(workspace, ids, paths, 64)
    (kept,) = workspace.film_cache.glob("*.npy")
    os.utime(kept, (1000, 1000))
    film_array(workspace, ids, paths, 64)
    assert kept.stat().st_mtime == pytest.approx(time.time(), abs=60)


def test_building_while_everything_is_cleared(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), np.zeros((64, 64), np.uint8))
    ids, paths = [film_id_of(path.read_bytes())], [str(path)]
    over = threading.Event()

    def clear_always() -> None:
        while not over.is_set():
            clear(workspace)

    thread = threading.Thread(target=clear_always)
    thread.start()
    try:
        for size in range(32, 82):
            assert film_array(workspace, ids, paths, size).shape == (1, size, size)
    finally:
        over.set()
        thread.join()


def test_the_limit_is_ten_gigabytes_until_it_is_set(workspace: Workspace) -> None:
    assert cache_limit(workspace) == cache.Limit(10.0, fixed=False)
    set_cache_limit(workspace, 2.5)
    assert cache_limit(workspace) == cache.Limit(2.5, fixed=False)
    assert cache_limit(workspace).bytes == 2.5 * GB
    assert [one.name for one in workspace.root.glob("*cache-limit*")] == ["cache-limit.json"]
    (workspace.root / "cache-limit.json").write_text("[")
    assert cache_limit(workspace).gigabytes == 10


def test_the_environment_decides(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    set_cache_limit(workspace, 2)
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, "0.5")
    assert cache_limit(workspace) == cache.Limit(0.5, fixed=True)
    with pytest.raises(InputError, match="THORAXLENS_CACHE_GB is set"):
        set_cache_limit(workspace, 3)
    monkeypatch.setenv(cache.ENVIRONMENT_VARIABLE, "much")
    with pytest.raises(InputError, match="THORAXLENS_CACHE_GB is 'much'"):
        cache_limit(workspace)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf")])
def test_no_number_is_no_limit(workspace: Workspace, wrong: float) -> None:
    with pytest.raises(InputError, match="at least 0"):
        set_cache_limit(workspace, wrong)


def test_a_lock_held_elsewhere_is_not_waited_for(workspace: Workspace) -> None:
    keep(workspace.film_cache, "a.npy", 1, 1)
    with FileLock(workspace.film_cache / "a.lock"):
        clear(workspace)  # would wait for ever
        with pytest.raises(Timeout):
            FileLock(workspace.film_cache / "a.lock").acquire(timeout=0)
