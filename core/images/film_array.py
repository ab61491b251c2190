"""A data set's films as one array on disk: decoded once, then only mapped into memory."""

from __future__ import annotations

import hashlib
import io
import mmap
import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from filelock import FileLock

from core.cache import mark_used
from core.errors import FilmError, InputError
from core.files import ARRAY_DAMAGES
from core.images.decode import decode_bytes, read_imported
from core.images.resize import resize
from core.progress import Progress
from core.workspace import Workspace

VERSION = 2  # raise it when decoding or resizing gives other pixels
_AT_ONCE = 64  # films in memory while building, whatever the size of the data set
_SUM = struct.Struct("<I")  # the check sum of as many films, to tell what was really written
_NAMED = 5  # broken films that a message lists by name


class Texts(Protocol):
    """Texts in an order: a list of them, or a column or array that takes less memory."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, place: int, /) -> str:
        """The one at a place, from 0."""

    def __iter__(self) -> Iterator[str]:
        """All of them."""


def film_array(
    workspace: Workspace,
    film_ids: Texts,
    paths: Texts,
    size: int,
    progress: Progress | None = None,
) -> np.memmap:
    """The films as uint8 (n, size, size), 0 = black, read-only, in the order given.

    Built on the first call and kept in ``workspace.film_cache`` under a hash of ids, size
    and ``VERSION``; a damaged file is built again. Several processes may ask at once: one
    builds, the others wait. ``progress(done, total)``. Raises FilmError naming films whose
    files are gone, unreadable or no longer what was imported, InputError when the disk
    cannot take the array.
    """
    if not len(film_ids) or len(film_ids) != len(paths):
        raise InputError("A film array needs at least one film, and one path for each.")
    shape = (len(film_ids), size, size)
    folder, key = workspace.film_cache, _key(film_ids, size)
    target = folder / f"{key}.npy"
    ready = _open(target, shape)
    if ready is not None:
        return ready
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{key}.lock"):
        ready = _open(target, shape)
        if ready is not None:
            return ready
        # We hold the lock, so a part that lies here belongs to a process that died or was
        # stopped; it is gone on with, or goes by age (``core.cache``).
        part = folder / f"{key}.part"
        try:
            _build(part, film_ids, paths, size, progress)
            part.replace(target)
        except FilmError:
            part.unlink(missing_ok=True)
            raise
        except OSError as error:
            part.unlink(missing_ok=True)
            raise InputError(
                f"The films cannot be stored in {folder} ({error.strerror or error}). "
                f"They need {np.prod(shape) / 1e6:.0f} MB of free space there."
            ) from error
        finally:
            if not part.exists():
                _sums(part).unlink(missing_ok=True)
        built = _open(target, shape)  # under the lock: a clean-up may be waiting for it
    if built is None:
        raise InputError(f"{target} was written but cannot be read back. Check the disk.")
    return built


def give_back(films: object) -> None:
    """Take what was looked at of a mapped array off this process's memory: the system counts it
    there until somebody else wants the room. It is read again when it is wanted again."""
    mapped = getattr(films, "_mmap", None)  # of np.memmap, which has no other way to it
    if mapped is not None and hasattr(mapped, "madvise"):  # not on Windows
        mapped.madvise(mmap.MADV_DONTNEED)


def is_decoded(workspace: Workspace, name: str) -> bool:
    """Whether ``film_array`` would find the films ready that ``array_name`` calls so."""
    return (workspace.film_cache / name).is_file()


def array_name(film_ids: Iterable[str], size: int) -> str:
    """What the file is called that ``film_array`` keeps these films in, in this order."""
    return f"{_key(film_ids, size)}.npy"


def _key(film_ids: Iterable[str], size: int) -> str:
    whole = hashlib.sha256(f"films {VERSION} {size}".encode())
    for one in film_ids:
        whole.update(b"\n" + one.encode())
    return whole.hexdigest()[:32]


def _open(path: Path, shape: tuple[int, int, int]) -> np.memmap | None:
    """The array if it is there and whole. A file cut short fails here, not in training."""
    try:
        array: np.memmap = np.load(path, mmap_mode="r", allow_pickle=False)
    except ARRAY_DAMAGES:
        return None
    whole = isinstance(array, np.memmap) and array.shape == shape and array.dtype == np.uint8
    if not whole:
        return None
    mark_used(path)
    return array


def _build(
    part: Path,
    film_ids: Texts,
    paths: Texts,
    size: int,
    progress: Progress | None,
) -> None:
    """Decode in threads, write in order: plain writing, because a full disk is an error
    here, and would be the end of the process in mapped memory. Goes on with what a process left
    that was killed."""
    total, broken = len(film_ids), []
    with _sums(part).open("ab"):
        pass  # there must be one to read

    def decoded(index: int) -> np.ndarray | FilmError:
        try:
            return _film(str(film_ids[index]), str(paths[index]), size)
        except FilmError as error:
            return error

    header = io.BytesIO()
    described = {"descr": "|u1", "fortran_order": False, "shape": (total, size, size)}
    np.lib.format.write_array_header_1_0(header, described)
    with (
        part.open("r+b" if part.exists() else "w+b") as stream,
        _sums(part).open("r+b") as sums,
        ThreadPoolExecutor(os.cpu_count() or 1) as threads,
    ):
        done = _left(stream, sums, header.getvalue(), total, size)
        if done and progress is not None:
            progress(done, total)
        for start in range(done, total, _AT_ONCE):
            written = 0
            for film in threads.map(decoded, range(start, min(start + _AT_ONCE, total))):
                if isinstance(film, FilmError):
                    broken.append(str(film))
                elif not broken:
                    stream.write(film.data)
                    written = zlib.crc32(film.data, written)
                done += 1
                if progress is not None:
                    progress(done, total)
            stream.flush()  # to the system, where it survives the end of this process
            sums.write(_SUM.pack(written))
            sums.flush()
        os.fsync(stream.fileno())
    if broken:
        raise FilmError(_sentence(broken))


def _left(stream: BinaryIO, sums: BinaryIO, header: bytes, total: int, size: int) -> int:
    """How many films are there from before, whole: ``stream`` then stands behind them, and
    ``sums`` behind their sums. What comes after goes: it was cut short, or a power cut took it."""
    films = 0
    if stream.read(len(header)) == header:
        while films + _AT_ONCE <= total:
            block, told = stream.read(_AT_ONCE * size * size), sums.read(_SUM.size)
            whole = len(block) == _AT_ONCE * size * size and len(told) == _SUM.size
            if not whole or _SUM.unpack(told)[0] != zlib.crc32(block):
                break
            films += _AT_ONCE
    stream.seek(0)
    stream.write(header)
    stream.seek(len(header) + films * size * size)
    stream.truncate()
    sums.seek(films // _AT_ONCE * _SUM.size)
    sums.truncate()
    return films


def _sums(part: Path) -> Path:
    """Where the sums of a part's blocks lie."""
    return part.with_suffix(".sums")


def _film(film_id: str, path: str, size: int) -> np.ndarray:
    return resize(decode_bytes(read_imported(path, film_id), Path(path).name).pixels, size)


def _sentence(broken: list[str]) -> str:
    more = len(broken) - _NAMED
    what = "1 film" if len(broken) == 1 else f"{len(broken)} films"
    return (
        f"{what} of this data set cannot be used any more: {' '.join(broken[:_NAMED])}"
        + (f" And {more} more." if more > 0 else "")
        + " Put the files back, or remove the source, import it again and prepare a new data set."
    )
