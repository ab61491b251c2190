"""A film that somebody wants answers on, and how files become such films."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.datasets.zipped_films import is_film, is_zip, zipped_films
from core.errors import InputError
from core.images.decode import read_imported
from core.text import count
from core.workspace import Workspace

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile


@dataclass(frozen=True)
class FilmInput:
    """One film to classify. ``key``: its own in the list. ``content`` reads its file, and raises
    FilmError when it cannot be read, has vanished or was replaced. ``truth``: what its source
    calls it, empty when nobody says; so are ``film_id``, ``source`` and ``patient`` for a film
    that is not of the catalogue."""

    key: str
    name: str
    content: Callable[[], bytes]
    truth: str = ""
    film_id: str = ""
    source: str = ""
    patient: str = ""

    @property
    def is_sample(self) -> bool:
        return bool(self.film_id)


def sample(film_id: str, path: str, truth: str, source: str, patient: str) -> FilmInput:
    """A film of the catalogue."""
    content = partial(read_imported, path, film_id)
    return FilmInput(film_id, Path(path).name, content, truth, film_id, source, patient)


def own_films(
    files: Sequence[UploadedFile], number: int, workspace: Workspace, *, folder: bool = False
) -> tuple[list[FilmInput], list[str]]:
    """The films in files that somebody has dropped, those in zips among them, and in sentences
    what was left out. ``number``: of this drop, so that no two films share a key. Of a ``folder``
    only what is a film: it may hold anything."""
    films: list[FilmInput] = []
    problems: list[str] = []
    passed_over = 0
    for place, file in enumerate(files):
        # A copy: Streamlit's own is shared between threads, and has a place where it is read.
        data = file.getvalue()
        key = f"own-{number}-{place}"
        if is_zip(data):
            try:
                zipped = zipped_films(data, file.name, workspace)
            except InputError as error:
                problems.append(str(error))
                continue
            films += [FilmInput(f"{key}-{one.place}", one.name, one.content) for one in zipped]
        elif folder and not is_film(file.name, data[:132]):
            passed_over += 1
        else:
            films.append(FilmInput(key, file.name, partial(bytes, data)))
    if passed_over:
        problems.append(f"{count(passed_over, 'file')} of the folder left out: no film.")
    return films, problems
