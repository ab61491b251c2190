"""Opening the files of an import: what each holds, its thumbnail, and why it is no film."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Container, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2

from core.datasets.importers import Candidate
from core.datasets.kept_looks import KeptLooks
from core.datasets.looked import Looked
from core.errors import FilmError, InputError
from core.images.decode import decode_bytes, film_facts, film_id_of, read_film
from core.images.emptiness import why_empty
from core.images.resize import thumbnail
from core.workspace import Workspace

THUMBNAIL_SIDE = 256
THUMBNAIL_QUALITY = 85
THREADS = min(8, os.cpu_count() or 1)


def look_into(
    workspace: Workspace,
    candidates: Iterable[Candidate],
    known: Container[str],
    kept: KeptLooks | None = None,
) -> Iterator[tuple[Candidate, Looked]]:
    """Open the files in threads (the decoders let go of the GIL), in order, few at a time.

    ``known``: ids of films that need no second look. ``kept``: what an import that never ended
    has seen, and where this one leaves what it sees. Raises InputError when thumbnails cannot
    be written; whatever is wrong with one file is its own reason.
    """
    salt = workspace.secret()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="import")
    waiting: deque[tuple[Candidate, os.stat_result | None, Future[Looked]]] = deque()

    def first() -> tuple[Candidate, Looked]:
        one, stat, future = waiting.popleft()
        looked = future.result()
        if kept is not None and stat is not None and not looked.reason:
            kept.keep(one.file, stat, looked)
        return one, looked

    try:
        for one in candidates:
            stat = None if kept is None or one.left_out else _stat(one)
            seen = kept.found(one.file, stat) if kept is not None and stat is not None else None
            # Of a film that was known then, there is no more than its name.
            told = seen is not None and (seen.width or seen.film_id in known)
            if seen is not None and told and workspace.thumbnail(seen.film_id).exists():
                future: Future[Looked] = Future()
                future.set_result(seen)
                waiting.append((one, None, future))
            else:
                waiting.append((one, stat, threads.submit(look, workspace, one, known, salt)))
            if len(waiting) >= 4 * THREADS:
                yield first()
        while waiting:
            yield first()
    finally:
        threads.shutdown(cancel_futures=True)


def looked_again(
    workspace: Workspace, looked_at: Iterable[tuple[Candidate, Looked]], known: Container[str]
) -> Iterator[tuple[Candidate, Looked]]:
    """The same rows. Those that needed no second look, and are not among ``known`` any more, are
    opened once more. Raises as ``look_into``."""
    salt = workspace.secret()
    for one, looked in looked_at:
        gone = looked.film_id and not looked.width and looked.film_id not in known
        yield one, look(workspace, one, known, salt) if gone else looked


def _stat(one: Candidate) -> os.stat_result | None:
    """Of the file before it is read; None where there is none."""
    try:
        return one.path.stat()
    except (OSError, ValueError):
        return None


def look(workspace: Workspace, one: Candidate, known: Container[str], salt: bytes) -> Looked:
    """Open one file; ``salt``: the data folder's own.

    Raises InputError when its thumbnail cannot be written.
    """
    if one.left_out:
        return Looked(reason=one.left_out)
    if not is_text(str(one.path)):
        return Looked(reason="its name is not text in this system's encoding; rename it")
    try:
        data = read_film(one.path)
        film_id = film_id_of(data)
        place = workspace.thumbnail(film_id)
        facts = film_facts(data, one.path.name, salt)
        if film_id in known and place.exists():
            return Looked(film_id, facts=facts)
        pixels = decode_bytes(data, one.path.name).pixels
    except FilmError as error:
        return Looked(reason=f"cannot be read: {error}")
    except (OSError, ValueError) as error:  # a name that is too long, a NUL in it …
        return Looked(reason=f"cannot be read: {getattr(error, 'strerror', None) or error}")
    except MemoryError:
        return Looked(reason="cannot be read: there is not enough memory for it")
    _write_thumbnail(place, pixels)
    height, width = pixels.shape
    return Looked(film_id, width, height, empty=why_empty(pixels), facts=facts)


def is_text(name: str) -> bool:
    """Whether it can be stored: names on disk are bytes, and some are no text at all."""
    return name.isascii() or "\ufffd" not in name_as_text(name)


def name_as_text(name: str) -> str:
    """A name from disk as text, with a mark for each byte that is none."""
    try:
        return os.fsencode(name).decode("utf-8", errors="replace")
    except UnicodeEncodeError:  # a table's text may hold what no name on disk does
        return name.encode("utf-8", errors="replace").decode()


def _write_thumbnail(place: Path, pixels: Any) -> None:
    parameters = [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY]
    _, encoded = cv2.imencode(".jpg", thumbnail(pixels, THUMBNAIL_SIDE), parameters)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: two equal films in one import may meet here.
        descriptor, aside = tempfile.mkstemp(dir=place.parent, suffix=".part")
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(encoded.tobytes())
            Path(aside).replace(place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InputError(
            f"{place.parent} cannot be written ({error.strerror or error}). "
            "Make room there, or choose another data folder with --data."
        ) from error
