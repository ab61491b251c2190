"""Import a collection: read what it says, look into every file, and report on all of them."""

from __future__ import annotations

import os
import tempfile
from collections import Counter, deque
from collections.abc import Callable, Container, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2

from core.datasets.archive import discard, unpack
from core.datasets.importers import Candidate, Found, detect_layout
from core.datasets.importers.candidate import DUPLICATE
from core.datasets.patients import PatientFinder, patient_finder, with_patients
from core.errors import FilmError, InputError
from core.images.decode import decode_bytes, film_id_of, read_film
from core.images.resize import thumbnail
from core.store import Film, Source, Store
from core.workspace import Workspace

Progress = Callable[[int, int, str], None]

THUMBNAIL_SIDE = 256
THUMBNAIL_QUALITY = 85
THREADS = min(8, os.cpu_count() or 1)
LONGEST_NAME = 80


@dataclass(frozen=True)
class LeftOut:
    """A row or file that is not in the catalogue, and why, in plain words."""

    file: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    ``records``: rows or files looked at = ``added`` + ``known`` + left out. ``known``: films
    already imported from this same source. ``by_finding`` and ``by_view`` count the added
    and known films. ``unlisted``: films in the folder that the collection does not describe.
    """

    source: str
    layout: str
    records: int
    added: int
    known: int
    by_finding: dict[str, int]
    by_view: dict[str, int]
    left_out: tuple[LeftOut, ...]
    unlisted: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            **asdict(self),
            "left_out": [asdict(one) for one in self.left_out],
            "unlisted": list(self.unlisted),
        }


@dataclass(frozen=True)
class _Looked:
    """What looking into one file gave: an id and a size, or a reason to leave it out."""

    film_id: str = ""
    width: int = 0
    height: int = 0
    reason: str = ""


def import_folder(
    store: Store,
    path: str | Path,
    *,
    name: str | None = None,
    patient_pattern: str = "",
    progress: Progress | None = None,
) -> ImportReport:
    """Import the collection in a folder; the films stay where they are.

    The same folder again adds only what is new in it, under the name it has. ``name``:
    the source's name, by default the folder's. ``patient_pattern``: a regular expression that
    finds the patient in a film's path, see ``core.datasets.patients``.
    ``progress(done, total, file)`` is called from this thread. Raises InputError when the
    folder holds no known layout, or when the name is taken.
    """
    find = patient_finder(patient_pattern) if patient_pattern else None
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}. Give the folder that holds the films.")
    if not _is_text(str(folder)):
        raise InputError(f"{_shown(str(folder))} is not text in this system's encoding. Rename it.")
    found = detect_layout(folder)
    source = _source_for(store, found, name)
    candidates = list(found.layout.read(found.root))
    return _import(store, source, found, candidates, find, progress)


def import_zip(
    store: Store,
    file: BinaryIO,
    filename: str,
    *,
    name: str | None = None,
    patient_pattern: str = "",
    progress: Progress | None = None,
) -> ImportReport:
    """Unpack an archive into the workspace and import it; the same one again changes nothing.

    ``file`` must be seekable. Raises InputError for anything that is no harmless zip of a
    known layout; then nothing of it stays on disk.
    """
    find = patient_finder(patient_pattern) if patient_pattern else None
    folder, fresh = unpack(store.workspace, file, filename, progress)
    try:
        found = detect_layout(folder, filename)
        source = _source_for(store, found, name or Path(filename).stem)
        candidates = list(found.layout.read(found.root))
        report = _import(store, source, found, candidates, find, progress)
    except BaseException:
        if fresh:
            discard(folder)
        raise
    if fresh and not report.added and not report.known:
        discard(folder)  # every film of it is kept elsewhere, or unreadable
    return report


def _source_for(store: Store, found: Found, name: str | None) -> Source:
    root = str(found.root)
    known = store.catalogue.source_at(root)
    if known:
        return known
    taken = {source.name: source.root for source in store.catalogue.sources()}
    chosen = " ".join((name if name is not None else found.root.name).split())
    if not chosen or len(chosen) > LONGEST_NAME or not chosen.isprintable():
        raise InputError(f"A source needs a name of 1 to {LONGEST_NAME} printable characters.")
    if chosen in taken:
        raise InputError(
            f"The name “{chosen}” already stands for {taken[chosen]}. "
            "Give this import another name."
        )
    return Source(chosen, found.layout.NAME, root, artificial=found.layout.NAME == "phantom")


def _import(
    store: Store,
    source: Source,
    found: Found,
    candidates: list[Candidate],
    find: PatientFinder | None,
    progress: Progress | None,
) -> ImportReport:
    candidates = with_patients(candidates, find)
    known = store.catalogue.known()
    seen: dict[str, Candidate] = {}
    films: list[Film] = []
    left_out: list[LeftOut] = []
    for done, (one, looked) in enumerate(_look_into(store.workspace, candidates, known), 1):
        reason = looked.reason or _duplicate(source, one, looked.film_id, seen, known)
        if reason:
            left_out.append(LeftOut(_shown(one.file), reason))
        else:
            seen[looked.film_id] = one
            films.append(_film(source, one, looked))
        if progress is not None:
            progress(done, len(candidates), _shown(one.file))
    fresh = [film for film in films if film.film_id not in known]
    report = ImportReport(
        source=source.name,
        layout=source.layout,
        records=len(candidates),
        added=len(fresh),
        known=len(films) - len(fresh),
        by_finding=dict(Counter(film.finding for film in films).most_common()),
        by_view=dict(Counter(film.view for film in films).most_common()),
        left_out=tuple(left_out),
        unlisted=tuple(found.layout.unlisted(found.root)),
    )
    moved = {
        film.film_id: film.path
        for film in films
        if film.film_id in known
        and known[film.film_id][1] != film.path
        and not Path(known[film.film_id][1]).is_file()
    }
    if moved:  # renamed since the last import: the film is the same, its file is elsewhere
        store.catalogue.move_films(moved)
    _name_patients(store, [film for film in films if film.film_id in known], find is not None)
    if films:  # a source without a film would only clutter every list of sources
        store.catalogue.save_source(replace(source, report=report.as_dict(), imported_at=""), fresh)
    return report


def _name_patients(store: Store, known: list[Film], told: bool) -> None:
    """Note the patients of films imported before: those unknown then; where the user has
    ``told`` how to find them, all of them."""
    before = store.catalogue.patients(film.film_id for film in known)
    now = {
        film.film_id: film.patient
        for film in known
        if film.patient
        and film.patient != before[film.film_id]
        and (told or not before[film.film_id])
    }
    if now:
        store.catalogue.name_patients(now)


def _look_into(
    workspace: Workspace, candidates: list[Candidate], known: dict[str, tuple[str, str]]
) -> Iterator[tuple[Candidate, _Looked]]:
    """Open the files in threads (the decoders let go of the GIL), in order, few at a time."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="import")
    waiting: deque[tuple[Candidate, Future[_Looked]]] = deque()
    try:
        for one in candidates:
            waiting.append((one, threads.submit(_look, workspace, one, known)))
            if len(waiting) >= 4 * THREADS:
                first, looked = waiting.popleft()
                yield first, looked.result()
        while waiting:
            first, looked = waiting.popleft()
            yield first, looked.result()
    finally:
        threads.shutdown(cancel_futures=True)


def _look(workspace: Workspace, one: Candidate, known: Container[str]) -> _Looked:
    if one.left_out:
        return _Looked(reason=one.left_out)
    if not _is_text(str(one.path)):
        return _Looked(reason="its name is not text in this system's encoding; rename it")
    try:
        data = read_film(one.path)
        film_id = film_id_of(data)
        place = workspace.thumbnail(film_id)
        if film_id in known and place.exists():
            return _Looked(film_id)
        pixels = decode_bytes(data, one.path.name).pixels
    except FilmError as error:
        return _Looked(reason=f"cannot be read: {error}")
    _write_thumbnail(place, pixels)
    height, width = pixels.shape
    return _Looked(film_id, width, height)


def _is_text(name: str) -> bool:
    """Whether it can be stored: names on disk are bytes, and some are no text at all."""
    return name.isascii() or "\ufffd" not in _shown(name)


def _shown(name: str) -> str:
    """A name from disk as text, with a mark for each byte that is none."""
    return os.fsencode(name).decode("utf-8", errors="replace")


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


def _duplicate(
    source: Source,
    one: Candidate,
    film_id: str,
    seen: dict[str, Candidate],
    known: dict[str, tuple[str, str]],
) -> str:
    """The reason when this content is in the catalogue by another row or source, else ``""``."""
    first = seen.get(film_id)
    if first is not None:
        reason = f"{DUPLICATE} {first.file} ({source.name})"
        if first.finding != one.finding:
            reason += f", which is listed as {first.finding}, this one as {one.finding}"
        return reason
    where, path = known.get(film_id, (source.name, ""))
    return "" if where == source.name else f"{DUPLICATE} {Path(path).name} ({where})"


def _film(source: Source, one: Candidate, looked: _Looked) -> Film:
    return Film(
        film_id=looked.film_id,
        source=source.name,
        path=str(one.path),
        patient=f"{source.name}/{one.patient}" if one.patient else "",
        finding=one.finding,
        finding_original=one.finding_original,
        view=one.view,
        view_original=one.view_original,
        sex=one.sex,
        age=one.age,
        subset=one.subset,
        width=looked.width,
        height=looked.height,
        masks=one.masks,
        metadata=one.metadata,
    )
