"""A backup of a data folder that is in use."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.backup.contents import FilmPlaces, held_parts, hold_still
from core.backup.manifest import (
    BACKUP_MANIFEST,
    FILMS,
    STORE,
    BackupManifest,
    BackupPart,
    may_stand,
)
from core.backup.reading import is_backup
from core.errors import InputError
from core.files import written_whole
from core.lent import lent_folder
from core.people.asking import asks
from core.people.roles import Deed
from core.progress import Progress
from core.runs.files import RunFiles
from core.runs.kinds import DEMONSTRATION, KINDS
from core.spreadsheet import as_text
from core.store import Store
from core.store.schema import SCHEMA_VERSION
from core.store.snapshot import Snapshot, take_snapshot
from core.text import capital, count, listed
from core.workspace import Workspace

CHUNK = 1024 * 1024
ALWAYS = (1980, 1, 1, 0, 0, 0)  # a zip has no earlier time
ROOM = 64 * CHUNK  # that the store and the table of contents may need beyond what was counted


@dataclass(frozen=True)
class BackedUp:
    """``bytes``: of the file. ``counted``: as ``Snapshot.counted``. ``only_here``: films that lie
    in the data folder itself and are not in the backup. ``passed_over``: files that are not in it
    because they could not be read, or because of their names."""

    path: Path
    bytes: int
    manifest: BackupManifest
    counted: dict[str, int]
    only_here: int
    passed_over: tuple[str, ...]


@asks(Deed.SETTLE)
def backup(
    store: Store, path: Path, *, films: bool = False, progress: Progress | None = None
) -> BackedUp:
    """Write the data folder to ``path``, whole or not at all, while others work in it.

    What is in it is as it was at one moment; work that was under way is in it as interrupted.
    ``films``: put the films in, too; without, the backup names where they lie. ``progress``: told
    bytes done and bytes in all. Only the owner may read the file. Raises InputError when
    ``path`` cannot be written or is another file, StoreError for a store that cannot be read.
    """
    _check_place(path)
    workspace = store.workspace
    missed: list[Path] = []
    with lent_folder(workspace.lent) as aside:
        try:
            take_snapshot(
                store.database,
                aside / STORE,
                lambda: hold_still(workspace, aside, missed.append),
            )
            with Snapshot(aside / STORE) as snapshot:
                trouble = snapshot.trouble()
                if trouble:
                    raise InputError(
                        f"The store is damaged ({trouble}), so it is not backed up. Put an earlier "
                        "backup back, and keep what you have."
                    )
                interrupted = _interrupt(snapshot, Workspace(aside))
                places = FilmPlaces(workspace, snapshot)
                film_parts = list(places.parts()) if films else []
                snapshot.move(places.included if films else places.relative)
                counted = snapshot.counted()
            parts = [*held_parts(workspace, aside, missed.append), *film_parts]
            writing = _Writing(parts, progress)
            names = (one.relative_to(workspace.root).as_posix() for one in missed)
            writing.passed_over += map(as_text, names)
            writing.check_room(path)
            with written_whole(path) as temporary:
                manifest = writing.write(
                    temporary,
                    lambda missing, table: BackupManifest(
                        schema_version=SCHEMA_VERSION,
                        made_at=time.time(),
                        root=str(workspace.root),
                        films=films,
                        interrupted=tuple(interrupted),
                        missing=missing,
                        parts=table,
                    ),
                )
        except OSError as error:
            raise _not_written(path, error) from error
    store.deeds.note(f"wrote a backup: {path.name}")
    return BackedUp(
        path,
        path.stat().st_size,
        manifest,
        counted,
        0 if films else places.within(),
        tuple(writing.passed_over),
    )


class _Writing:
    """Writes parts into a zip, hashing what it writes: a log may grow meanwhile."""

    def __init__(self, parts: Iterable[tuple[str, Path]], progress: Progress | None) -> None:
        self._parts = list(parts)
        self._sizes = {str(path): _size(path) for _, path in self._parts}
        self._progress = progress
        self.passed_over: list[str] = []

    def check_room(self, path: Path) -> None:
        """Raises InputError when the disk cannot hold it."""
        needed = sum(self._sizes[str(one)] for _, one in self._parts) + ROOM
        free = shutil.disk_usage(path.absolute().parent).free
        if needed > free:
            raise InputError(
                f"The backup needs {needed / 1e9:.1f} GB and the disk of {path} has "
                f"{free / 1e9:.1f} GB left. Make room, or write it to another disk."
            )

    def write(
        self, place: Path, table: Callable[[int, dict[str, BackupPart]], BackupManifest]
    ) -> BackupManifest:
        """Raises OSError."""
        done, total, missing = 0, sum(self._sizes.values()), 0
        written: dict[str, BackupPart] = {}
        place.unlink(missing_ok=True)  # of a process of the same number that was killed
        descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for name, path in self._parts:
                    part = self._add(archive, name, path)
                    if part is None:
                        missing += name.startswith(f"{FILMS}/")
                    else:
                        written[name] = part
                    done += self._sizes[str(path)]
                    if self._progress is not None:
                        self._progress(done, total)
                manifest = table(missing, written)
                archive.writestr(_entry(BACKUP_MANIFEST), manifest.to_json())
            file.flush()
            os.fsync(file.fileno())
        return manifest

    def _add(self, archive: zipfile.ZipFile, name: str, path: Path) -> BackupPart | None:
        """None for what is not there or cannot be read."""
        if not may_stand(name):
            self.passed_over.append(as_text(name))
            return None
        try:
            source = path.open("rb")
        except OSError:
            self.passed_over.append(as_text(name))
            return None
        size, told = 0, hashlib.sha256()
        with source, archive.open(_entry(name), "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                size += len(chunk)
                told.update(chunk)
                target.write(chunk)
        return BackupPart(size=size, sha256=told.hexdigest())


def _entry(name: str) -> zipfile.ZipInfo:
    one = zipfile.ZipInfo(name, ALWAYS)
    one.external_attr = 0o600 << 16
    one.create_system = 3
    return one


def _interrupt(snapshot: Snapshot, held: Workspace) -> list[str]:
    """In the copy nobody works on what was under way; returns its names. Demonstrations, whose
    stores are their own and which take half a minute, are left out altogether."""
    snapshot.forget_kind(DEMONSTRATION.name)
    reasons = {}
    for name, kind in snapshot.under_way():
        known = KINDS.get(kind)
        goes_on = known is not None and known.keeps_what_it_had
        epoch = RunFiles(held.run_folder(name)).resumes_after() if goes_on else 0
        then = (
            f"Resume goes on from epoch {epoch + 1}."
            if epoch
            else "Resume starts it again."
            if goes_on
            else "Start it again."
        )
        reasons[name] = f"It was under way when the backup was made. {then}"
    snapshot.interrupt(reasons, time.time())
    return sorted(reasons)


def _check_place(path: Path) -> None:
    """Raises InputError for a file that is no backup: a slip must not replace it."""
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name the file that the backup is to be.")
    if path.exists() and path.stat().st_size and not is_backup(path):
        raise InputError(
            f"{path} is there already and is no backup, so it is not replaced. Choose another name."
        )
    if not path.absolute().parent.is_dir():
        raise InputError(f"There is no folder {path.absolute().parent} to write the backup to.")


def _not_written(path: Path, error: OSError) -> InputError:
    if error.errno == errno.ENOSPC:
        return InputError(
            f"The disk was full before the backup was whole, so there is no {path.name}. "
            "Make room, or write it to another disk."
        )
    return InputError(
        f"The backup cannot be written to {path} ({error.strerror or error}). Choose another file."
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def left_out_sentences(done: BackedUp) -> list[str]:
    """What a reader of the backup will miss, and what was under way."""
    said = []
    if done.manifest.interrupted:
        said.append(
            f"{count(len(done.manifest.interrupted), 'piece')} of work under way: in the backup as "
            "interrupted, to go on from there."
        )
    if not done.manifest.films and done.counted["films"]:
        said.append(
            f"{count(done.counted['films'], 'film')} by reference: the backup names where they lie."
        )
    if done.only_here:
        said.append(
            f"{done.only_here:,} of them lie in the data folder itself. Add --films, or keep a "
            "copy of its folder uploads."
        )
    if done.passed_over:
        many = len(done.passed_over) != 1
        shown = listed(done.passed_over, most=3)
        said.append(
            f"{capital(count(len(done.passed_over), 'file'))} {'are' if many else 'is'} not in it, "
            f"because {'they' if many else 'it'} could not be read or because of "
            f"{'their names' if many else 'its name'}: {shown}."
        )
    return said
