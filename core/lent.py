"""Folders that hold something for one piece of work and go with it, even when it is killed.

Films of patients lie in them, so they are in the data folder, which nobody else reads, and not
where the system keeps everybody's temporary files.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

_DONE = "-done"


@contextmanager
def lent_folder(parent: Path) -> Iterator[Path]:
    """A new folder in ``parent`` for the body. It is renamed before it is removed, so that
    another process still at it cannot write into what is being removed. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = parent / secrets.token_hex(8)
    try:
        # The system lets go of the lock when this process ends, however it does.
        with FileLock(_lock(folder)):
            folder.mkdir()
            try:
                yield folder
            finally:
                with suppress(FileNotFoundError):  # the other process may have removed it itself
                    shutil.rmtree(folder.rename(folder.with_name(f"{folder.name}{_DONE}")))
    finally:
        _lock(folder).unlink(missing_ok=True)


def remove_abandoned(parent: Path) -> None:
    """Remove folders whose process is gone. Raises OSError."""
    for lock in sorted(parent.glob("*.lock")):
        with suppress(Timeout), FileLock(lock, timeout=0):
            for folder in (lock.with_suffix(""), lock.with_name(f"{lock.stem}{_DONE}")):
                shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")
