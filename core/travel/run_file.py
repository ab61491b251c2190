"""A run's file: a zip that is written always alike, and read with distrust.

Nothing is ever unpacked to a path that the zip names: entries are read into memory, one by one,
under names that are known, with the size and the hash that the table of contents gives.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from core.datasets import archive_checks
from core.datasets.archive_checks import DAMAGES, DamagedArchive, shown_member
from core.errors import InputError
from core.files import written_whole
from core.travel import manifest
from core.travel.arrays import ENDING, array_of
from core.travel.manifest import MANIFEST, Manifest, ZipEntry
from core.workspace import Workspace

ALWAYS = (1980, 1, 1, 0, 0, 0)  # a zip has no earlier time
DAMAGED = "{} is damaged: {}. Copy it again, or export the run again."


def write_run_file(path: Path, entries: Mapping[str, bytes], run_id: str, answers: str) -> Manifest:
    """Write a zip, whole or not at all; returns its table of contents. The same entries give the
    same bytes. Raises OSError."""
    listed = {name: ZipEntry.of(data) for name, data in sorted(entries.items())}
    table = Manifest(
        run_id=run_id, content=manifest.content_of(listed), answers=answers, entries=listed
    )
    with written_whole(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, data in [(MANIFEST, table.to_json().encode()), *sorted(entries.items())]:
            one = zipfile.ZipInfo(name, ALWAYS)
            one.external_attr = 0o600 << 16
            one.create_system = 3  # whatever system writes it
            archive.writestr(one, data, zipfile.ZIP_DEFLATED, 9)
    return table


class RunFile:
    """An open run's file whose table of contents has been checked; its entries are checked as they
    are read."""

    def __init__(self, archive: zipfile.ZipFile, table: Manifest, name: str) -> None:
        self._archive = archive
        self.name = name
        self.table = table

    def names(self, below: str = "") -> list[str]:
        """The entries whose names begin so, sorted."""
        return sorted(one for one in self.table.entries if one.startswith(below))

    def bytes(self, name: str) -> bytes:
        """One entry. Raises InputError when it is missing or is not what the table says."""
        entry = self.table.entries.get(name)
        if entry is None:
            raise InputError(DAMAGED.format(self.name, f"it lacks {name}"))
        try:
            data = self._archive.read(name)
        except DAMAGES as error:
            raise InputError(DAMAGED.format(self.name, f"{name} cannot be read")) from error
        if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
            raise InputError(
                DAMAGED.format(self.name, f"{name} is not what its table of contents says")
            )
        return data

    def text(self, name: str) -> str:
        """One entry as text. Raises InputError as ``bytes`` does, and for what is no text."""
        try:
            return self.bytes(name).decode("utf-8")
        except UnicodeDecodeError:
            raise InputError(DAMAGED.format(self.name, f"{name} is no text")) from None

    def arrays(self, folder: str) -> dict[str, np.ndarray]:
        """Path below ``folder`` (without its ending) → array. Raises InputError."""
        return {
            name.removeprefix(f"{folder}/").removesuffix(ENDING): array_of(
                self.bytes(name), f"{name} in {self.name}"
            )
            for name in self.names(f"{folder}/")
            if name.endswith(ENDING)
        }

    def check_all(self) -> None:
        """Read every entry once. Raises InputError for the first that is not what it should be."""
        for name in self.names():
            self.bytes(name)


@contextmanager
def opened_run_file(path: Path | BinaryIO, name: str, workspace: Workspace) -> Iterator[RunFile]:
    """A run's file, from a disk or an upload. ``name``: what sentences call it.

    Raises InputError for what is no such file: another zip or no zip; locked, cut short, or packed
    so that it would fill the memory; with an entry that leads outside, is a link, stands there
    twice, or has no business there (a pickle, say); and for one that a newer ThoraxLens wrote.
    """
    with _stream(path, name) as file:
        try:
            archive_checks.check_list(file, name)
            with archive_checks.opened_zip(file) as archive:
                _check(archive, file, name, workspace)
                yield RunFile(archive, _table(archive, name), name)
        except (zipfile.BadZipFile, DamagedArchive, EOFError) as error:
            raise InputError(
                f"{name} is not a file that ThoraxLens exported, or it is damaged. Export the run "
                "again, and choose the zip as it is."
            ) from error


@contextmanager
def _stream(path: Path | BinaryIO, name: str) -> Iterator[BinaryIO]:
    if not isinstance(path, Path):
        yield path
        return
    try:
        if not path.is_file():
            raise InputError(f"There is no file {name}. Choose a zip that run-export made.")
        file = path.open("rb")
    except OSError as error:
        raise InputError(f"{name} cannot be opened ({error.strerror or error}).") from error
    with file:
        yield file


def _check(archive: zipfile.ZipFile, file: BinaryIO, name: str, workspace: Workspace) -> None:
    members = archive.infolist()
    size = sum(one.file_size for one in members)
    if len(members) > manifest.MAX_ENTRIES + 1 or size > manifest.MAX_BYTES:
        raise InputError(
            f"{name} is too large for one run: {len(members):,} entries that unpack to "
            f"{size / 1e9:.1f} GB. It is not opened."
        )
    archive_checks.check(archive, file, name, workspace)
    if len({one.filename for one in members}) < len(members):
        raise InputError(f"{name} holds two entries of one name. Such a file is not opened.")
    for one in members:
        if one.filename != MANIFEST and not manifest.is_known(one.filename):
            raise InputError(
                f"{name} holds something that does not belong to a run "
                f"({shown_member(one.filename)}). Such a file is not opened."
            )


def _table(archive: zipfile.ZipFile, name: str) -> Manifest:
    there = {one.filename: one.file_size for one in archive.infolist()}
    if MANIFEST not in there:
        raise InputError(
            f"{name} is a zip, but not one that ThoraxLens exported. Choose a file that "
            "run-export or a run's page made."
        )
    if there.pop(MANIFEST) > manifest.MAX_MANIFEST:
        raise InputError(DAMAGED.format(name, "its table of contents is too long"))
    try:
        text = archive.read(MANIFEST).decode("utf-8")
    except DAMAGES as error:
        raise InputError(DAMAGED.format(name, "its table of contents cannot be read")) from error
    table = Manifest.from_json(text, name)
    if there != {one: entry.size for one, entry in table.entries.items()}:
        raise InputError(DAMAGED.format(name, "it does not hold what its table of contents says"))
    if table.content != manifest.content_of(table.entries):
        raise InputError(DAMAGED.format(name, "its table of contents contradicts itself"))
    for one, entry in table.entries.items():
        if one.endswith(".json") and entry.size > manifest.MAX_DOCUMENT:
            raise InputError(DAMAGED.format(name, f"{one} is too long"))
    return table
