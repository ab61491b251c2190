"""Unpack a zip from a stranger: checked before, bounded while, and whole or not at all."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from core.datasets.archive_checks import (
    DAMAGES,
    DamagedArchive,
    check,
    check_list,
    is_archive_litter,
    path_in,
    shown_member,
)
from core.datasets.archive_names import put_right
from core.datasets.uploads import UNPACKING
from core.errors import FilmError, InputError
from core.files import written_whole
from core.images.apart import AT_ONCE
from core.images.decode import MAX_BYTES, bare_film, read_film
from core.images.decoding import NOT_KEPT
from core.images.identity import has_identity
from core.progress import NamedProgress
from core.workspace import Workspace

CHUNK = 1024 * 1024
HELD = 256 * CHUNK  # bytes of films that are unpacked and wait to be laid bare
# What is kept as it is, beside films.
TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
LISTS = ("train_val_list.txt", "test_list.txt")  # of ChestX-ray14


def unpack(
    workspace: Workspace, file: BinaryIO, filename: str, progress: NamedProgress | None = None
) -> tuple[Path, bool]:
    """Unpack into ``uploads/<hash of the archive>``; returns it and whether it is new.

    Where it is there already, files that somebody deleted from it come back. Of films, only
    what they show is kept (``core.images.bare``), and of other files only tables: an archive
    from a hospital holds more of its patients than anybody wants on this disk.

    Raises InputError, with nothing left on disk, when the file is no zip, is damaged or
    locked, or names a place outside, a link, or more than fits.
    """
    try:
        key = key_of(file)
        folder = workspace.uploads / key
        check_list(file, filename)
        with zipfile.ZipFile(file) as archive:
            changed = put_right(archive)
            if folder.is_dir():
                for before, member in changed.items():  # older versions unpacked it as that
                    if (folder / path_in(before)).exists():
                        member.filename = before
                _make_whole(archive, folder, workspace.secret())
                return folder, False
            members = check(archive, file, filename, workspace)
            aside = Path(tempfile.mkdtemp(dir=workspace.uploads, prefix=f"{UNPACKING}{key}-"))
            try:
                salt = workspace.secret()
                for done, member in enumerate(_extract_all(archive, members, aside, salt), 1):
                    if progress is not None:
                        progress(done, len(members), f"Unpacking {shown_member(member.filename)}")
                fresh = _put(aside, folder)
            finally:
                discard_archive(aside)
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


def discard_archive(folder: Path) -> None:
    """Remove an unpacked archive; no complaint when it is gone already."""
    shutil.rmtree(folder, ignore_errors=True)


def key_of(file: BinaryIO) -> str:
    """What an archive is known by: the hash of its bytes, and the name of its folder."""
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()[:32]


def _make_whole(archive: zipfile.ZipFile, folder: Path, salt: bytes) -> None:
    """The same bytes were checked when they were unpacked for the first time.

    A film that an older version unpacked with its header loses it now; it stays the same film.
    """
    lost = []
    for member in archive.infolist():
        place = folder / path_in(member.filename)
        if is_archive_litter(member.filename):
            continue
        if not place.exists() or _is_a_note(place):
            lost.append(member)
        elif place.is_file() and not _is_table(place):
            _lay_bare(place, salt)
    for member in lost:  # a film that could not be read then may be readable now
        if _is_a_note(place := folder / path_in(member.filename)):
            place.unlink()
    for _ in _extract_all(archive, lost, folder, salt):
        pass


def _is_a_note(place: Path) -> bool:
    try:
        with place.open("rb") as stream:
            return stream.read(len(NOT_KEPT)) == NOT_KEPT
    except OSError:
        return False


def _lay_bare(place: Path, salt: bytes) -> None:
    try:
        data = read_film(place)
    except FilmError:
        return
    if not has_identity(data) and (bare := bare_film(data, place.name, salt)) != data:
        with written_whole(place) as temporary:
            temporary.write_bytes(bare)


def _extract_all(
    archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], folder: Path, salt: bytes
) -> Iterator[zipfile.ZipInfo]:
    """Each member once it is on the disk, in order. Films are laid bare by several decoders at
    a time, while the next ones are unpacked."""
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="unpack")
    waiting: deque[tuple[zipfile.ZipInfo, Future[None] | None]] = deque()
    try:
        for member in members:
            held = sum(one.file_size for one, _ in waiting)
            while waiting and (len(waiting) > 2 * AT_ONCE or held + member.file_size > HELD):
                held -= waiting[0][0].file_size
                yield _finished(*waiting.popleft())
            waiting.append((member, _extract(archive, member, folder, salt, threads)))
        while waiting:
            yield _finished(*waiting.popleft())
    finally:
        threads.shutdown(cancel_futures=True)


def _finished(member: zipfile.ZipInfo, work: Future[None] | None) -> zipfile.ZipInfo:
    if work is not None:
        work.result()
    return member


def _extract(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    folder: Path,
    salt: bytes,
    threads: ThreadPoolExecutor,
) -> Future[None] | None:
    target = folder / path_in(member.filename)
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return None
    target.parent.mkdir(parents=True, exist_ok=True)
    # zipfile stops at the declared size and checks the sum, so the totals of the check hold.
    with archive.open(member) as packed:
        if _is_table(target) or member.file_size > MAX_BYTES:
            _copy_table(packed, target, member.file_size)
            return None
        data = packed.read()
    if len(data) != member.file_size:
        raise DamagedArchive("an entry is shorter than it says")
    return threads.submit(_write_bare, target, data, salt)


def _copy_table(packed: IO[bytes], target: Path, size: int) -> None:
    with _opened(target) as plain:
        if not _is_table(target):
            plain.write(NOT_KEPT + f"{target.name} is too large for a film.".encode())
            return
        shutil.copyfileobj(packed, plain, CHUNK)
        if plain.tell() != size:
            raise DamagedArchive("an entry is shorter than it says")


def _write_bare(target: Path, data: bytes, salt: bytes) -> None:
    with _opened(target) as plain:
        plain.write(bare_film(data, target.name, salt))


def _is_table(path: Path) -> bool:
    name = path.name.casefold().strip()
    return name.endswith(TABLES) or name in LISTS


@contextmanager
def _opened(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, which is ``target`` when all went well: half a film would be taken for a
    damaged one for ever, because the next import leaves alone what is there."""
    aside = target.with_name(f"{secrets.token_hex(8)}.part")
    try:
        with aside.open("xb") as plain:
            yield plain
        try:
            os.link(aside, target)  # of two, the second one is told
        except OSError:
            if target.exists():
                raise InputError(
                    "The zip cannot be unpacked on this disk, which takes "
                    f"{shown_member(target.name)} and another file of it for the same, perhaps "
                    "for their capitals. Rename one of them."
                ) from None
            aside.replace(target)  # a disk without links
    finally:
        aside.unlink(missing_ok=True)
