"""What is kept on disk for speed only, how much room it may take, and its clean-up.

Two kinds: decoded films (``core.images.film_array``) and the vectors that frozen networks
gave (``core.features.shards``). Each file is made again when it is wanted and gone, so a
limit costs time and nothing else. Files used longest ago go first; the modification time says
when, because many systems do not keep the time of the last look.

Each file has a lock of the same name beside it, held by whoever makes or reads it. Nothing
is removed without that lock. A film array stays mapped without it; its process keeps what it
has mapped (or, on Windows, the system refuses to remove it, and it stays).
"""

from __future__ import annotations

import math
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import Field

from core.documents import Document
from core.errors import InputError
from core.people.asking import asks
from core.people.roles import Deed
from core.public import is_public
from core.workspace import Workspace

ENVIRONMENT_VARIABLE = "THORAXLENS_CACHE_GB"
GB = 10**9
DEFAULT_GB = 10.0
ABANDONED_SECONDS = 24 * 3600  # a part that nobody has gone on with for so long is removed

_TEMPORARY = re.compile(r"tmp-\d+-")  # see core.files.written_whole


class _Setting(Document):
    limit_gb: float = Field(ge=0, allow_inf_nan=False)


@dataclass(frozen=True)
class Usage:
    """What one kind takes: ``bytes`` on disk in ``files`` files, parts included."""

    bytes: int
    files: int


@dataclass(frozen=True)
class Limit:
    """``gigabytes`` of 10⁹ bytes. ``fixed``: the environment says so, and it cannot be set."""

    gigabytes: float
    fixed: bool

    @property
    def bytes(self) -> int:
        return int(self.gigabytes * GB)


@dataclass(frozen=True)
class _File:
    path: Path
    size: int
    used: float  # seconds since 1970

    @property
    def finished(self) -> bool:
        return self.path.suffix not in (".part", ".sums") and not _TEMPORARY.match(self.path.name)


def mark_used(path: Path) -> None:
    """Note that a kept file has been read just now, so that it is among the last to go."""
    if is_public():
        return
    with suppress(OSError):  # a folder that may only be read; then nothing is removed from it
        os.utime(path)


def cache_usage(workspace: Workspace) -> dict[str, Usage]:
    """Kind (``films``, ``features``) → what it takes."""
    usage = {}
    for kind, folder in _folders(workspace).items():
        sizes = [one.size for one in _files(folder)]
        usage[kind] = Usage(sum(sizes), len(sizes))
    return usage


def cache_limit(workspace: Workspace) -> Limit:
    """From ``$THORAXLENS_CACHE_GB``, else as set in this workspace, else 10 GB.

    Raises InputError when the environment's is no number.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if named:
        return Limit(_gigabytes(named, ENVIRONMENT_VARIABLE), fixed=True)
    stored = _Setting.load_if_readable(_setting(workspace))
    # Never set, or damaged: the default does no harm.
    return Limit(stored.limit_gb if stored else DEFAULT_GB, fixed=False)


@asks(Deed.SETTLE)
def set_cache_limit(workspace: Workspace, gigabytes: float) -> None:
    """Keep another limit in the workspace; ``trim`` then acts on it.

    Raises InputError for what is no number of at least 0, when the environment decides,
    and when it cannot be written.
    """
    wanted = _gigabytes(gigabytes, "The limit")
    if os.environ.get(ENVIRONMENT_VARIABLE, "").strip():
        raise InputError(
            f"{ENVIRONMENT_VARIABLE} is set and decides the limit. Change it there, or unset it."
        )
    target = _setting(workspace)
    try:
        _Setting(limit_gb=wanted).save(target)
    except OSError as error:
        raise InputError(
            f"The limit cannot be stored in {target} ({error.strerror or error}). "
            "Check the folder's rights and the free space."
        ) from error


@asks(Deed.SETTLE)
def trim(workspace: Workspace, limit_bytes: int | None = None) -> int:
    """Remove the files used longest ago until the rest fits; returns the bytes freed.

    ``limit_bytes`` None: the workspace's own limit. Also removes parts that nobody has gone
    on with for a day, and locks without a file. What is locked, or cannot be removed, stays.
    Raises InputError like ``cache_limit``.
    """
    limit = cache_limit(workspace).bytes if limit_bytes is None else limit_bytes
    freed = 0
    folders = _folders(workspace).values()
    files = sorted((one for folder in folders for one in _files(folder)), key=_last_used)
    taken = sum(one.size for one in files)
    for one in files:
        abandoned = not one.finished and time.time() - one.used > ABANDONED_SECONDS
        # An unfinished file is somebody's hours of work, and counts; it goes by age alone.
        too_much = one.finished and taken - freed > limit
        if (abandoned or too_much) and _remove(one):
            freed += one.size
    for folder in folders:
        _remove_orphaned_locks(folder)
    return freed


@asks(Deed.SETTLE)
def clear(workspace: Workspace) -> int:
    """Remove everything that nobody works on right now, parts included; returns the bytes
    freed."""
    freed = 0
    for folder in _folders(workspace).values():
        freed += sum(one.size for one in _files(folder) if _remove(one))
        _remove_orphaned_locks(folder)
    return freed


def _folders(workspace: Workspace) -> dict[str, Path]:
    return {"films": workspace.film_cache, "features": workspace.feature_cache}


def _setting(workspace: Workspace) -> Path:
    """Beside the cache, not in it: people empty that folder by hand."""
    return workspace.root / "cache-limit.json"


def _gigabytes(value: object, what: str) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise InputError(f"{what} is {value!r}. Choose gigabytes as a number of at least 0.")
    return number


def _files(folder: Path) -> Iterator[_File]:
    """All but locks. Files come and go while one looks."""
    try:
        entries = list(folder.iterdir())
    except FileNotFoundError:
        return
    for path in entries:
        if path.suffix == ".lock":
            continue
        with suppress(FileNotFoundError):
            state = path.stat()
            if path.is_file():
                yield _File(path, state.st_size, state.st_mtime)


def _last_used(one: _File) -> float:
    return one.used


def _lock_of(path: Path) -> Path:
    return path.with_name(_TEMPORARY.sub("", path.name)).with_suffix(".lock")


@contextmanager
def _held(lock: Path) -> Iterator[bool]:
    """Hold a lock if it is free; it is removed again when no file needs it any more.

    Removing a lock that one holds is safe: whoever has opened the same file meanwhile finds
    it gone when his turn comes, and opens the new one (filelock 3.20 and newer do so).
    """
    guard = FileLock(lock)
    try:
        guard.acquire(timeout=0)
    except (Timeout, OSError):
        yield False
        return
    try:
        yield True
        needed = any(
            one != lock and _lock_of(one) == lock for one in lock.parent.glob(f"*{lock.stem}*")
        )
        if not needed:
            with suppress(OSError):  # Windows keeps a file that is open
                lock.unlink()
    finally:
        guard.release()


def _remove(one: _File) -> bool:
    with _held(_lock_of(one.path)) as ours:
        if not ours:
            return False
        try:
            one.path.unlink()
        except OSError:  # gone already, or a rule of the system keeps it
            return False
        return True


def _remove_orphaned_locks(folder: Path) -> None:
    with_files = {_lock_of(one.path) for one in _files(folder)}
    for lock in folder.glob("*.lock"):
        if lock not in with_files:
            with _held(lock):
                pass  # letting go of it removes it, unless a file has come meanwhile
