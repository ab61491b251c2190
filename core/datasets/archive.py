"""Unpack a zip from a stranger: checked before, bounded while, and whole or not at all."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from core.datasets.archive_checks import Damaged, check, check_list, is_litter, path_in, shown
from core.errors import InputError
from core.workspace import Workspace

CHUNK = 1024 * 1024

# What zipfile and the decompressors raise on bytes that mean nothing. bzip2's OSError has no
# number, and a disk's has one.
DAMAGES = (
    Damaged,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    OverflowError,
    OSError,
)

Progress = Callable[[int, int, str], None]


def unpack(
    workspace: Workspace, file: BinaryIO, filename: str, progress: Progress | None = None
) -> tuple[Path, bool]:
    """Unpack into ``uploads/<hash of the archive>``; returns it and whether it is new.

    Where it is there already, files that somebody deleted from it come back.

    Raises InputError, with nothing left on disk, when the file is no zip, is damaged or
    locked, or names a place outside, a link, or more than fits.
    """
    try:
        folder = workspace.uploads / _hash(file)
        check_list(file, filename)
        with zipfile.ZipFile(file) as archive:
            if folder.is_dir():
                _make_whole(archive, folder)
                return folder, False
            members = check(archive, file, filename, workspace)
            aside = Path(tempfile.mkdtemp(dir=workspace.uploads, prefix=".unpacking-"))
            try:
                for done, member in enumerate(members, 1):
                    _extract(archive, member, aside)
                    if progress is not None:
                        progress(done, len(members), f"Unpacking {shown(member.filename)}")
                fresh = _put(aside, folder)
            finally:
                discard(aside)
    except DAMAGES as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise InputError(
                f"{filename} cannot be unpacked ({error.strerror or error}). "
                "Check its file names and the room on the disk."
            ) from error
        raise InputError(_what_is_wrong(file, filename)) from error
    return folder, fresh


def _put(aside: Path, folder: Path) -> bool:
    """False when the same archive came twice at once, and the other was first."""
    try:
        aside.replace(folder)
    except OSError:
        if not folder.is_dir():
            raise
        return False
    return True


def _what_is_wrong(file: BinaryIO, filename: str) -> str:
    file.seek(0)
    if file.read(2) != b"PK" and not zipfile.is_zipfile(file):
        return f"{filename} is not a zip archive. Choose a zip, or import the folder itself."
    return f"{filename} is a damaged zip archive. Make or copy it again."


def discard(folder: Path) -> None:
    """Remove an unpacked archive; no complaint when it is gone already."""
    shutil.rmtree(folder, ignore_errors=True)


def _hash(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()[:32]


def _make_whole(archive: zipfile.ZipFile, folder: Path) -> None:
    """The same bytes were checked when they were unpacked for the first time."""
    for member in archive.infolist():
        if not is_litter(member.filename) and not (folder / path_in(member.filename)).exists():
            _extract(archive, member, folder)


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / path_in(member.filename)
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # zipfile stops at the declared size and checks the sum, so the totals above hold.
    with archive.open(member) as packed, _opened(target) as plain:
        shutil.copyfileobj(packed, plain, CHUNK)
        if plain.tell() != member.file_size:
            raise Damaged("an entry is shorter than it says")


def _opened(target: Path) -> BinaryIO:
    try:
        return target.open("xb")
    except FileExistsError:
        raise InputError(
            f"The zip cannot be unpacked on this disk, which takes {shown(target.name)} and "
            "another file of it for the same, perhaps for their capitals. Rename one of them."
        ) from None
