"""A data folder made of a backup, whole or not at all."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from core.backup.manifest import STORE, BackupManifest
from core.backup.reading import BackupFile, opened_backup
from core.errors import InputError
from core.people.asking import asks
from core.people.roles import Deed
from core.privacy import keep_to_ourselves
from core.progress import Progress
from core.store.database import Database
from core.store.schema import SCHEMA_VERSION
from core.store.snapshot import Snapshot
from core.workspace import Workspace

UNFINISHED = ".restoring"  # in the new data folder, until everything is there
LOCK = ".restoring.lock"


@dataclass(frozen=True)
class Restored:
    """``counted``: as ``Snapshot.counted``. ``gone``: folders of sources that are not there."""

    root: Path
    manifest: BackupManifest
    counted: dict[str, int]
    gone: tuple[str, ...]


@asks(Deed.SETTLE)
def restore(path: Path, into: Path, *, progress: Progress | None = None) -> Restored:
    """Make ``into`` the data folder that ``path`` holds; it must be empty or missing.

    All of the backup is checked before anything is written; an older store is brought up to date.
    ``progress``: told bytes done and bytes in all, of checking and writing together. Raises
    InputError for a backup that cannot be used, a folder that is not empty, and a full disk.
    """
    into = into.expanduser().resolve()
    with opened_backup(path) as source:
        _check_empty(into)
        total = 2 * source.size
        source.check_all(progress and (lambda done, _: progress(done, total)))
        _check_room(into, source)
        try:
            with _unfinished(into) as aside:
                _unpack(source, aside, progress)
                counted, gone = _settle(aside, into, source.manifest)
                _put_in_place(aside, into)
        except OSError as error:
            raise _not_restored(into, error) from error
    return Restored(into, source.manifest, counted, gone)


def _check_empty(into: Path) -> None:
    try:
        if into.exists() and not into.is_dir():
            raise InputError(f"{into} is a file. Name an empty folder with --into DIR.")
        there = (
            [one for one in into.iterdir() if one.name not in (UNFINISHED, LOCK)]
            if (into.exists())
            else []
        )
    except OSError as error:
        raise InputError(f"{into} cannot be read ({error.strerror or error}).") from error
    if there:
        raise InputError(
            f"{into} is not empty, and a backup replaces nothing. Move it away, or name an empty "
            "folder with --into DIR."
        )


def _check_room(into: Path, source: BackupFile) -> None:
    above = next(one for one in (into, *into.parents) if one.exists())
    free = shutil.disk_usage(above).free
    if source.size > free:
        raise InputError(
            f"The backup needs {source.size / 1e9:.1f} GB and the disk of {into} has "
            f"{free / 1e9:.1f} GB left. Make room, or name a folder on another disk with --into."
        )


@contextmanager
def _unfinished(into: Path) -> Iterator[Path]:
    """A folder inside ``into``, which may be a disk of its own, gone at the end. What a restore
    left that was killed goes first."""
    keep_to_ourselves()
    into.mkdir(parents=True, exist_ok=True)
    aside, lock = into / UNFINISHED, into / LOCK
    try:
        with FileLock(lock, timeout=0):
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            try:
                yield aside
            finally:
                shutil.rmtree(aside, ignore_errors=True)
                lock.unlink(missing_ok=True)
    except Timeout:
        raise InputError(f"Another backup is being restored into {into}.") from None


def _unpack(source: BackupFile, aside: Path, progress: Progress | None) -> None:
    """Raises OSError, and InputError for what changed since it was checked."""
    done = source.size
    for name, part in source.manifest.parts.items():
        place = aside / name
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            for chunk in source.chunks(name):
                stream.write(chunk)
        done += part.size
        if progress is not None:
            progress(done, 2 * source.size)


def _settle(
    aside: Path, into: Path, manifest: BackupManifest
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Let the store say where things lie now, and bring it up to date."""
    with Snapshot(aside / STORE) as snapshot:
        trouble = snapshot.trouble()
        if trouble:
            raise InputError(f"The store in the backup is damaged ({trouble}). Use an earlier one.")
        if not 0 < snapshot.version <= SCHEMA_VERSION:
            raise InputError(
                "The store in the backup was written by a newer ThoraxLens. Update this one, and "
                "restore it then."
            )
        # By reference, films that lay in a data folder which is still there stay in use there.
        old = Path(manifest.root)
        home = old if not manifest.films and (old / STORE).exists() else into

        def moved(path: str) -> str:
            return path if not path or Path(path).is_absolute() else str(home / path)

        snapshot.move(moved)
    Database(aside / STORE).close()
    with Snapshot(aside / STORE) as snapshot:
        roots = snapshot.roots().values()
        gone = (root for root in roots if not _will_be_there(Path(root), aside, into))
        return snapshot.counted(), tuple(sorted(gone))


def _will_be_there(root: Path, aside: Path, into: Path) -> bool:
    return root.is_dir() or (
        root.is_relative_to(into) and (aside / root.relative_to(into)).is_dir()
    )


def _put_in_place(aside: Path, into: Path) -> None:
    """The store last: a folder without one is no data folder yet."""
    for one in sorted(aside.iterdir(), key=lambda one: one.name == STORE):
        one.rename(into / one.name)
    Workspace(into).create()


def _not_restored(into: Path, error: OSError) -> InputError:
    if error.errno == errno.ENOSPC:
        return InputError(
            f"The disk of {into} was full before everything was there, so nothing was restored. "
            "Make room, or name a folder on another disk with --into."
        )
    return InputError(
        f"The backup cannot be restored into {into} ({error.strerror or error}). Name another "
        "folder with --into DIR."
    )
