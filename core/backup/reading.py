"""A backup, read with distrust: nothing is believed before all of it has been held against its
table of contents."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from core.backup.manifest import (
    BACKUP_MANIFEST,
    MAX_MANIFEST,
    MAX_PARTS,
    STORE,
    BackupManifest,
    may_stand,
)
from core.datasets.archive_checks import (
    DAMAGES,
    STORED,
    DamagedArchive,
    check_layout,
    list_bytes,
    opened_zip,
    shown_member,
)
from core.errors import InputError
from core.progress import Progress
from core.store.schema import SCHEMA_VERSION

CHUNK = 1024 * 1024
DAMAGED = "{} is damaged: {}. Take another copy of it, or an earlier backup."
NONE = "{} is no backup of ThoraxLens, or it is damaged. Choose a file that backup made."
BYTES_A_PART = 400  # of the list at the end of a zip, at most


class BackupFile:
    """An open backup whose table of contents has been checked; its parts are checked as they are
    read."""

    def __init__(self, archive: zipfile.ZipFile, manifest: BackupManifest, name: str) -> None:
        self._archive = archive
        self.manifest = manifest
        self.name = name

    @property
    def size(self) -> int:
        """Bytes of all parts together."""
        return sum(one.size for one in self.manifest.parts.values())

    def check_all(self, progress: Progress | None = None) -> None:
        """Read everything once. Raises InputError for the first part that is not what it was."""
        done = 0
        for name, part in self.manifest.parts.items():
            for _ in self.chunks(name):
                pass
            done += part.size
            if progress is not None:
                progress(done, self.size)

    def chunks(self, name: str) -> Iterator[bytes]:
        """One part. Raises InputError, at the end, when it is not what the table says."""
        part, told, size = self.manifest.parts[name], hashlib.sha256(), 0
        try:
            with self._archive.open(name) as stream:
                while chunk := stream.read(CHUNK):
                    told.update(chunk)
                    size += len(chunk)
                    yield chunk
        except DAMAGES as error:
            raise InputError(
                DAMAGED.format(self.name, f"{shown_member(name)} cannot be read")
            ) from error
        if size != part.size or told.hexdigest() != part.sha256:
            raise InputError(DAMAGED.format(self.name, f"{shown_member(name)} is not what it was"))


@contextmanager
def opened_backup(path: Path) -> Iterator[BackupFile]:
    """A backup, to read. Raises InputError for what is none, is damaged, was made by a newer
    ThoraxLens, or holds what would land where ThoraxLens keeps nothing."""
    name = path.name
    try:
        file = path.open("rb") if path.is_file() else None
    except OSError as error:
        raise InputError(f"{path} cannot be opened ({error.strerror or error}).") from error
    if file is None:
        raise InputError(f"There is no file {path}. Choose a file that backup made.")
    with file:
        try:
            if list_bytes(file) > BYTES_A_PART * MAX_PARTS:
                raise InputError(NONE.format(name))
            with opened_zip(file) as archive:
                _check(archive, file, name)
                yield BackupFile(archive, _manifest(archive, name), name)
        except (zipfile.BadZipFile, DamagedArchive, EOFError) as error:
            raise InputError(NONE.format(name)) from error


def is_backup(path: Path) -> bool:
    """Whether a file says that it is a backup, of whatever version; its parts are not read."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(BACKUP_MANIFEST) as stream:
            return b'"thoraxlens-backup"' in stream.read(CHUNK)
    except DAMAGES:
        return False


def _check(archive: zipfile.ZipFile, file: BinaryIO, name: str) -> None:
    members = archive.infolist()
    if BACKUP_MANIFEST not in {one.filename for one in members}:
        raise InputError(NONE.format(name))
    check_layout(archive, file, name)
    if len({one.filename for one in members}) < len(members):
        raise InputError(f"{name} holds two parts of one name. Such a file is not opened.")
    for one in members:
        # What is packed could unpack to more than any disk holds; a backup is never packed.
        if one.compress_type != STORED or one.file_size != one.compress_size:
            raise InputError(
                f"{name} is packed, which no backup of ThoraxLens is. Such a file is not opened."
            )
        if one.filename != BACKUP_MANIFEST and not may_stand(one.filename):
            raise InputError(
                f"{name} holds something that belongs to no backup "
                f"({shown_member(one.filename)}). Such a file is not opened."
            )


def _manifest(archive: zipfile.ZipFile, name: str) -> BackupManifest:
    there = {one.filename: one.file_size for one in archive.infolist()}
    if there.pop(BACKUP_MANIFEST) > MAX_MANIFEST:
        raise InputError(DAMAGED.format(name, "its table of contents is too long"))
    try:
        text = archive.read(BACKUP_MANIFEST).decode("utf-8")
    except DAMAGES as error:
        raise InputError(DAMAGED.format(name, "its table of contents cannot be read")) from error
    manifest = BackupManifest.from_json(text, name)
    if there != {one: part.size for one, part in manifest.parts.items()} or STORE not in there:
        raise InputError(DAMAGED.format(name, "it does not hold what its table of contents says"))
    if manifest.schema_version > SCHEMA_VERSION:
        raise InputError(
            f"{name} was made by a newer ThoraxLens. Update this one, and restore it then."
        )
    return manifest
