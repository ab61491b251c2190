"""Who may read the data folder: its owner alone. And the salt that hides patients' numbers."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077  # what group and everybody may do
# What lies in a data folder of ours; whatever else a user keeps there is left alone.
OURS = (
    "uploads", "importing", "thumbnails", "cache", "runs", "weights", "exports", "turns",
    "demonstration", "thoraxlens", "phantoms", "backbones", "speeds", "dispatcher", "salt",
    "lent", "prediction", "recovered", "cache-limit", "showcase", "cluster",
)  # fmt: skip
SALT_BYTES = 32

_before: int | None = None


def keep_to_ourselves() -> None:
    """Let nobody else read what this process and its children create from now on (POSIX)."""
    global _before
    if os.name == "posix":
        found = os.umask(OTHERS)
        _before = found if _before is None else _before


@contextmanager
def for_the_user() -> Iterator[None]:
    """What is made in the body lies outside the data folder and belongs to the user: it gets the
    rights that it would have had without ``keep_to_ourselves``."""
    if os.name != "posix" or _before is None:
        yield
        return
    os.umask(_before)
    try:
        yield
    finally:
        os.umask(OTHERS)


def tighten(root: Path, *, is_ours: bool) -> None:
    """Take the data folder out of others' hands if an older version, or a user, left it open.

    ``is_ours``: whether it was made by us, or holds our store; any other folder keeps its own
    rights, and only what we put into it is closed. Nothing is done on Windows, nor to what
    belongs to somebody else.
    """
    if os.name != "posix":
        return
    try:
        if not _is_open(root):
            return
        for entry in os.scandir(root):
            if entry.name.partition(".")[0] in OURS and not entry.is_symlink():
                _close(Path(entry.path))
        if is_ours:
            _close_one(root)
    except OSError:
        return  # it can be used all the same; whose it is, is not ours to change


def salt_of(place: Path) -> bytes:
    """A secret of a data folder, made once: 32 bytes without which nobody can try out which
    number a hash stands for. Raises OSError."""
    with suppress(FileNotFoundError):
        return _checked(place)
    aside = place.with_name(f"{place.name}.{secrets.token_hex(8)}.part")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(secrets.token_bytes(SALT_BYTES))
            stream.flush()
            os.fsync(stream.fileno())
        # Whoever is first wins, also between two servers.
        with suppress(FileExistsError):
            os.link(aside, place)
    except OSError:
        if not place.exists():  # a disk without links
            aside.replace(place)
    finally:
        aside.unlink(missing_ok=True)
    return _checked(place)


def _checked(place: Path) -> bytes:
    salt = place.read_bytes()
    if len(salt) < SALT_BYTES:
        raise OSError(f"{place.name} is damaged; put a copy of it back, or remove it")
    return salt


def _is_open(path: Path) -> bool:
    found = path.lstat()
    ours = found.st_uid == os.getuid() and not found.st_mode & stat.S_ISVTX
    return ours and bool(stat.S_IMODE(found.st_mode) & OTHERS)


def _close(path: Path) -> None:
    _close_one(path)
    if path.is_dir():
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                _close_one(Path(folder) / name)


def _close_one(path: Path) -> None:
    with suppress(OSError):
        if not path.is_symlink() and _is_open(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
