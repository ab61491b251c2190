"""Unpack a zip from a stranger: checked before, bounded while, and whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from core.errors import InputError
from core.workspace import Workspace

MAX_UNPACKED = 16 * 1024**3
MAX_FILES = 200_000
# Films hardly shrink in a zip; a member that shrinks more than this is made to fill a disk.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 16 * 1024**2
CHUNK = 1024 * 1024
ENCRYPTED = 0x1

Progress = Callable[[int, int, str], None]


def unpack(
    workspace: Workspace, file: BinaryIO, filename: str, progress: Progress | None = None
) -> tuple[Path, bool]:
    """Unpack into ``uploads/<hash of the archive>``; returns it and whether it is new.

    Where it is there already, files that somebody deleted from it come back.

    Raises InputError, with nothing left on disk, when the file is no zip, is damaged or
    locked, or names a place outside, a link, or more than fits.
    """
    folder = workspace.uploads / _hash(file)
    try:
        with zipfile.ZipFile(file) as archive:
            if folder.is_dir():
                _make_whole(archive, folder)
                return folder, False
            members = _checked(archive, filename, workspace)
            aside = Path(tempfile.mkdtemp(dir=workspace.uploads, prefix=".unpacking-"))
            try:
                for done, member in enumerate(members, 1):
                    _extract(archive, member, aside)
                    if progress is not None:
                        progress(done, len(members), f"Unpacking {member.filename}")
                if not folder.is_dir():  # the same upload may have come twice at once
                    aside.replace(folder)
            finally:
                discard(aside)
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{filename} is not a zip archive, or it is damaged. Make or copy it again."
        ) from error
    except (NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise InputError(
            f"{filename} is packed in a way that cannot be read here. Make it an ordinary zip."
        ) from error
    except OSError as error:
        raise InputError(
            f"{filename} cannot be unpacked ({error.strerror or error}). "
            "Check its file names and the room on the disk."
        ) from error
    return folder, True


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


def _checked(
    archive: zipfile.ZipFile, filename: str, workspace: Workspace
) -> list[zipfile.ZipInfo]:
    members = [one for one in archive.infolist() if not _is_litter(one.filename)]
    for one in members:
        if one.flag_bits & ENCRYPTED:
            raise InputError(f"{filename} is locked with a password. Make it again without one.")
        if _leads_outside(one.filename):
            raise InputError(
                f"{filename} holds a file that would land outside its folder ({one.filename}). "
                "Such an archive is not unpacked."
            )
        kind = stat.S_IFMT(one.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError(
                f"{filename} holds a link or device ({one.filename}). "
                "Make it again with plain files only."
            )
        if one.file_size > RATIO_COUNTS_FROM and one.file_size > MAX_RATIO * one.compress_size:
            raise InputError(
                f"{filename} would unpack to far more than it is ({one.filename}). "
                "Such an archive is not unpacked."
            )
    total = sum(one.file_size for one in members)
    packed = sum(one.compress_size for one in members)
    if total > RATIO_COUNTS_FROM and total > MAX_RATIO * packed:
        raise InputError(
            f"{filename} would unpack to far more than it is. Such an archive is not unpacked."
        )
    if len(members) > MAX_FILES or total > MAX_UNPACKED:
        raise InputError(
            f"{filename} holds {len(members)} files of {total / 1e9:.1f} GB together; up to "
            f"{MAX_FILES} files and {MAX_UNPACKED / 1e9:.0f} GB are unpacked. Unpack it yourself "
            "and import the folder."
        )
    if total > shutil.disk_usage(workspace.uploads).free:
        raise InputError(
            f"{filename} needs {total / 1e9:.1f} GB of room on the disk of {workspace.root}. "
            "Make room, or choose another data folder with --data."
        )
    return members


def _make_whole(archive: zipfile.ZipFile, folder: Path) -> None:
    """The same bytes were checked when they were unpacked for the first time."""
    for member in archive.infolist():
        if not _is_litter(member.filename) and not _target(member, folder).exists():
            _extract(archive, member, folder)


def _target(member: zipfile.ZipInfo, folder: Path) -> Path:
    # Some Windows programs write backslashes, against the format.
    return folder / PurePosixPath(member.filename.replace("\\", "/"))


def _extract(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path) -> None:
    target = _target(member, folder)
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    # zipfile stops at the declared size and checks the sum, so the totals above hold.
    with archive.open(member) as packed, target.open("wb") as plain:
        shutil.copyfileobj(packed, plain, CHUNK)


def _leads_outside(name: str) -> bool:
    windows = PureWindowsPath(name)
    return (
        PurePosixPath(name).is_absolute()
        or bool(windows.drive or windows.root)
        or ".." in windows.parts
        or ".." in PurePosixPath(name).parts
    )


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return "__MACOSX" in parts or parts[-1:] == (".DS_Store",)
