"""The films in a zip that somebody wants answers on, read one by one and never unpacked to disk."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from core.datasets.archive_checks import DAMAGES, check, check_list
from core.datasets.archive_names import put_right
from core.datasets.importers.tree import FILM_SUFFIXES, film_ending
from core.errors import FilmError, InputError
from core.images.decode import MAX_BYTES
from core.workspace import Workspace

DICOM_MARK = slice(128, 132)  # where a DICOM file says “DICM”


@dataclass(frozen=True)
class ZippedFilm:
    """One film in the zip ``data``. ``name``: path inside it. ``place``: among its entries."""

    name: str
    place: int
    data: bytes

    def content(self) -> bytes:
        """The film's file. Raises FilmError when it cannot be read."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                member = archive.infolist()[self.place]
                if member.file_size > MAX_BYTES:
                    raise FilmError(
                        f"{self.name} is {member.file_size / 1e6:.0f} MB large; films up to "
                        f"{MAX_BYTES / 1e6:.0f} MB are read."
                    )
                return archive.read(member)
        except DAMAGES as error:
            raise FilmError(
                f"{self.name} cannot be read from its zip file: it is damaged. Make or copy the "
                "zip file again."
            ) from error


def zipped_films(data: bytes, filename: str, workspace: Workspace) -> list[ZippedFilm]:
    """The entries of a zip that are films by their names, or DICOM files without one's ending, in
    the order of their names.

    Raises InputError for what is no zip, damaged, locked or made to do harm, as an import does,
    and for one without films.
    """
    file = io.BytesIO(data)
    try:
        check_list(file, filename)
        with zipfile.ZipFile(file) as archive:
            put_right(archive)
            members = archive.infolist()
            fine = {id(one) for one in check(archive, file, filename, workspace)}
            films = [
                ZippedFilm(one.filename, place, data)
                for place, one in enumerate(members)
                if id(one) in fine and not one.is_dir() and _is_film(archive, one)
            ]
    except DAMAGES as error:
        raise InputError(f"{filename} is a damaged zip file. Make or copy it again.") from error
    if not films:
        raise InputError(
            f"{filename} holds no film: no PNG, JPEG or DICOM file. Choose another zip file, or "
            "the films themselves."
        )
    return sorted(films, key=lambda film: film.name)


def is_zip(data: bytes) -> bool:
    """Whether a file is a zip, by what it begins with."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_film(name: str, start: bytes) -> bool:
    """Whether a file among many is taken for a film: by the ending of its name, or, where that has
    none, because ``start``, its first 132 bytes, say that it is DICOM."""
    ending = film_ending(name)
    return ending in FILM_SUFFIXES or (not ending and start[DICOM_MARK] == b"DICM")


def _is_film(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    if film_ending(member.filename):
        return is_film(member.filename, b"")
    with archive.open(member) as file:
        return is_film(member.filename, file.read(DICOM_MARK.stop))
