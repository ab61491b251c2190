"""The bytes of a film's file. Whatever else a path may lead to is refused and never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from core.errors import FilmError
from core.images.limits import MAX_BYTES

CHUNK = 4 * 1024 * 1024
# What opening must not do: wait for a pipe's other end, take a terminal, or reach children.
FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read_film(path: str | Path) -> bytes:
    """The file's bytes. Raises FilmError when it is missing, unreadable, no regular file,
    far too large, or growing without end."""
    name = Path(path).name or str(path)
    try:
        # Looked at before it is opened: opening alone rewinds some devices.
        _check(Path(path).stat(), name)
        descriptor = os.open(path, FLAGS)
        try:
            found = os.fstat(descriptor)
            _check(found, name)
            return _read(descriptor, found.st_size, name)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FilmError(f"{name} cannot be opened ({error.strerror or error}).") from error
    except ValueError as error:  # a name with a zero byte in it
        raise FilmError(f"{name!r} cannot be opened: it is no file name.") from error


def _check(found: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise FilmError(f"{name} is a folder, not a film.")
    if not stat.S_ISREG(found.st_mode):
        raise FilmError(f"{name} is not a regular file but a device or a pipe; it is not read.")
    if found.st_size > MAX_BYTES:
        raise _too_many(name, f"{found.st_size / 1e6:.0f} MB large")


def _read(descriptor: int, size: int, name: str) -> bytes:
    """To its end, but no further than the limit: a file may grow while it is read, and some
    that say 0 bytes never end."""
    parts: list[bytes] = []
    total = 0
    while part := os.read(descriptor, min(CHUNK, max(size - total, 0) + 1)):
        total += len(part)
        if total > MAX_BYTES:
            raise _too_many(name, "larger than that or still growing")
        parts.append(part)
    return b"".join(parts)


def _too_many(name: str, what: str) -> FilmError:
    return FilmError(f"{name} is {what}; films up to {MAX_BYTES / 1e6:.0f} MB are read.")
