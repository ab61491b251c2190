"""One of several processes fetches a file, whoever comes when."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from core import fetch


def test_who_waited_is_not_joined_by_somebody_who_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ".file.lock"
    rival = FileLock(place)  # of another process, which has the lock the moment that it is free

    class Watched(FileLock):
        def release(self, force: bool = False) -> None:
            super().release(force)
            if not rival.is_locked:
                rival.acquire(timeout=0)

    monkeypatch.setattr(fetch, "FileLock", Watched)
    monkeypatch.setattr(fetch._Download, "append", lambda one: one.part.write_bytes(b"right"))
    right = lambda file: file.read_bytes() == b"right"  # noqa: E731 - as short as its use
    assert fetch.fetch("https://example.org/file", tmp_path / "file", right)
    try:
        with pytest.raises(Timeout):
            FileLock(place, timeout=0).acquire()
    finally:
        rival.release()
