"""PNG, JPEG and DICOM bytes to one documented array: uint8, grey, 0 is black.

The front door. What is decoded, and how, is in ``core.images.decoding`` and the files that it
names; it runs in a process of its own (``core.images.apart``), because files come from strangers
and a decoder may take any amount of time and memory over a few kilobytes. Header data of a
DICOM file (names, dates) neither leaves that process nor appears in a message.
"""

from __future__ import annotations

from pathlib import Path

from core.errors import FilmError
from core.images.apart import decoders
from core.images.decoding import JPEG, NOT_KEPT, PNG
from core.images.film import DecodedFilm
from core.images.grey_film import GreyFilm
from core.images.header_facts import LOOKED_AT, NO_FACTS, HeaderFacts
from core.images.identity import film_id_of
from core.images.limits import MAX_BYTES, MAX_PIXELS
from core.images.reading import read_film

__all__ = [
    "MAX_BYTES",
    "MAX_PIXELS",
    "DecodedFilm",
    "GreyFilm",
    "HeaderFacts",
    "bare_film",
    "decode_bytes",
    "decode_file",
    "film_facts",
    "film_id_of",
    "grey_values",
    "read_film",
    "read_imported",
]


def bare_film(data: bytes, name: str, salt: bytes) -> bytes:
    """The film's file without what it says beside the pixels, see ``core.images.bare``; under the
    limits of ``decode_bytes``. What is no film becomes a note of why, which is never decoded.

    ``salt``: the data folder's own (``core.salt``), for the hash that a DICOM film keeps of its
    patient.
    """
    try:
        return decoders().bare(data, name, salt)
    except FilmError as error:
        return NOT_KEPT + str(error).encode()


def film_facts(data: bytes, name: str, salt: bytes) -> HeaderFacts:
    """Whose film it is (hashed), view, sex and age, as a DICOM header says; none for others."""
    if data.startswith((PNG, JPEG, NOT_KEPT)):
        return NO_FACTS
    return decoders().facts(data[:LOOKED_AT], name, salt)


def decode_file(path: str | Path) -> DecodedFilm:
    """Read and decode one file; see ``decode_bytes``. Raises FilmError."""
    return decode_bytes(read_film(path), Path(path).name)


def read_imported(path: str | Path, film_id: str) -> bytes:
    """The bytes of a film of the catalogue. Raises FilmError when they cannot be read, or when
    another file has taken its place since it was imported."""
    data = read_film(path)
    if film_id_of(data) != film_id:
        raise FilmError(
            f"{Path(path).name} is not the file that was imported: another one has taken its "
            "place. Put the old one back, or import its folder again."
        )
    return data


def grey_values(data: bytes, name: str, most: int) -> GreyFilm:
    """The grey values that the file itself holds, up to 16 bits, of a film that is at most
    ``most`` pixels on its longest side; under the limits of ``decode_bytes``. Raises FilmError."""
    return decoders().grey(data, name, most)


def decode_bytes(data: bytes, name: str) -> DecodedFilm:
    """Decode one film; ``name`` serves for messages only.

    PNG of 16 bits is stretched over the film's own range; transparent parts become black; EXIF
    orientation is undone. DICOM goes through modality LUT or rescale, VOI LUT or window, and
    MONOCHROME1 inversion, in this order (PS3.4 N.2); without a window that shows anything,
    over the film's own range, in which neither padding nor a burnt-in marker counts.

    At most 10 seconds of work and 1 GB of memory, which films that are decoded at the same time
    share. Raises FilmError with a plain sentence for everything that is no readable film.
    """
    return decoders().decode(data, name)
