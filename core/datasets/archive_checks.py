"""What is looked at in a zip from a stranger before anything of it is unpacked."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from core.errors import InputError
from core.workspace import Workspace

MAX_UNPACKED = 16 * 1024**3
MAX_FILES = 200_000
# Films hardly shrink in a zip; a member that shrinks more than this is made to fill a disk.
MAX_RATIO = 200
RATIO_COUNTS_FROM = 16 * 1024**2
# The list at the end of a zip is read into memory whole: some 100 bytes a file, and a name.
MAX_LIST_BYTES = 400 * MAX_FILES
ENCRYPTED = 0x1
STORED, DEFLATED, BZIP2, LZMA = 0, 8, 12, 14
LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, length of the name, of the extra field
LONGEST_NAME = 255  # bytes of one part of a path, on all usual file systems
SHOWN_LETTERS = 80
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst")


class DamagedArchive(Exception):
    """The archive contradicts itself, or ends too early."""


# What zipfile and the decompressors raise on bytes that mean nothing. bzip2's OSError has no
# number, and a disk's has one.
DAMAGES = (
    DamagedArchive,
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


def check_list(file: BinaryIO, filename: str) -> None:
    """Refuse a list of files that would not fit into memory, before it is read.
    Raises InputError; leaves to others what is no zip at all."""
    if list_bytes(file) > MAX_LIST_BYTES:
        raise InputError(
            f"{filename} lists more files than the {MAX_FILES:,} that are unpacked. "
            "Unpack it yourself and import the folder."
        )


def list_bytes(file: BinaryIO) -> int:
    """How long the list at the end of a zip is; 0 for what is no zip. Leaves ``file`` at its
    beginning."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined] # what zipfile itself goes by
    file.seek(0)
    return int(end[5]) if end else 0


def opened_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The archive. Raises DamagedArchive where its list of files cannot be read, and OSError where
    the disk cannot."""
    try:
        return zipfile.ZipFile(file)
    except DAMAGES as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise DamagedArchive("its list of files cannot be read") from error


def check_layout(archive: zipfile.ZipFile, file: BinaryIO, filename: str) -> list[zipfile.ZipInfo]:
    """The members, none left out, however many and large they are. Raises as ``check``."""
    members = archive.infolist()
    for one in members:
        _check_member(one, filename)
    _check_ranges(archive, file)
    return _check_places(members, filename)


def check(
    archive: zipfile.ZipFile, file: BinaryIO, filename: str, workspace: Workspace
) -> list[zipfile.ZipInfo]:
    """The members to unpack, litter left out.

    Raises InputError for what is locked, packed in a way that cannot be read, or would land
    outside, fill the disk or stand on another file; DamagedArchive for entries that lie over each
    other or beyond the end.
    """
    members = [one for one in archive.infolist() if not is_archive_litter(one.filename)]
    for one in members:
        _check_member(one, filename)
    _check_sizes(members, filename, workspace)
    _check_ranges(archive, file)
    members = _check_places(members, filename)
    files = [one for one in members if not one.is_dir()]
    if files and all(one.filename.lower().endswith(ARCHIVES) for one in files):
        raise InputError(
            f"{filename} holds another archive ({shown_member(files[0].filename)}) and no films. "
            "Unpack it, and import what was inside."
        )
    return members


def path_in(name: str) -> PurePosixPath:
    """Where a member goes, below the folder of its archive. A part of its name that is too
    long for a disk is cut, and told apart by its hash."""
    # Some Windows programs write backslashes, against the format.
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*(_fitting(part) for part in parts))


def is_archive_litter(name: str) -> bool:
    """What macOS adds of its own accord."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return "__MACOSX" in parts or parts[-1:] == (".DS_Store",)


def shown_member(name: str) -> str:
    """A member's name for a message: one short line, and no letters that change its direction."""
    plain = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return plain if len(plain) <= SHOWN_LETTERS else f"{plain[:SHOWN_LETTERS]}…"


def _fitting(part: str) -> str:
    data = part.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_NAME:
        return part
    suffix = PurePosixPath(part).suffix[:10]
    short = data[:150].decode("utf-8", "ignore")
    return f"{short}-{hashlib.sha256(data).hexdigest()[:16]}{suffix}"


def _check_member(one: zipfile.ZipInfo, filename: str) -> None:
    if one.flag_bits & ENCRYPTED:
        raise InputError(f"{filename} is locked with a password. Make it again without one.")
    if not path_in(one.filename).parts:
        raise DamagedArchive("an entry has no name")
    if _leads_outside(one.filename):
        raise InputError(
            f"{filename} holds a file that would land outside its folder "
            f"({shown_member(one.filename)}). Such an archive is not unpacked."
        )
    kind = stat.S_IFMT(one.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise InputError(
            f"{filename} holds a link or device ({shown_member(one.filename)}). "
            "Make it again with plain files only."
        )
    if one.compress_type not in (STORED, DEFLATED, BZIP2, LZMA):
        raise InputError(
            f"{filename} is packed in a way that cannot be read here. Make it an ordinary zip."
        )
    if one.file_size > RATIO_COUNTS_FROM and one.file_size > MAX_RATIO * one.compress_size:
        raise InputError(
            f"{filename} would unpack to far more than it is ({shown_member(one.filename)}). "
            "Such an archive is not unpacked."
        )


def _check_sizes(members: Sequence[zipfile.ZipInfo], filename: str, workspace: Workspace) -> None:
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


def _check_ranges(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    """Each entry has bytes of its own: entries that share them unpack to more than is there."""
    last = 0
    for one in sorted(archive.infolist(), key=lambda one: one.header_offset):
        if one.header_offset < last:
            raise DamagedArchive("entries lie over each other")
        file.seek(one.header_offset)
        header = file.read(LOCAL_HEADER.size)
        if len(header) < LOCAL_HEADER.size:
            raise DamagedArchive("an entry lies beyond the end")
        signature, name, extra = LOCAL_HEADER.unpack(header)
        last = one.header_offset + LOCAL_HEADER.size + name + extra + one.compress_size
        if signature != b"PK\x03\x04" or last > archive.start_dir:
            raise DamagedArchive("an entry lies where it cannot be")


def _check_places(members: Sequence[zipfile.ZipInfo], filename: str) -> list[zipfile.ZipInfo]:
    """No two on the same place, unless they are the same: then the first of them only."""
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    kept: list[zipfile.ZipInfo] = []
    for one in members:
        place = path_in(one.filename)
        if one.is_dir():
            kept.append(one)
            continue
        same = files.setdefault(place, one)
        if same is one:
            kept.append(one)
        elif (same.CRC, same.file_size) != (one.CRC, one.file_size):
            raise InputError(
                f"{filename} cannot be unpacked: it holds two different files called "
                f"{shown_member(one.filename)}. Make it again."
            )
    for one in kept:
        place = path_in(one.filename)
        if any(above in files for above in ([place] if one.is_dir() else []) + [*place.parents]):
            raise InputError(
                f"{filename} cannot be unpacked: it holds a file and a folder of the same name "
                f"(see {shown_member(one.filename)}). Make it again."
            )
    return kept


def _leads_outside(name: str) -> bool:
    windows = PureWindowsPath(name)
    return (
        PurePosixPath(name).is_absolute()
        or bool(windows.drive or windows.root)
        or ".." in windows.parts
        or ".." in PurePosixPath(name).parts
    )
