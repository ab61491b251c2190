"""A film without what its file says beside the pixels: what ThoraxLens keeps and hands out."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from core.errors import FilmError
from core.images.bare_dicom import bare_dicom
from core.images.bare_raster import JPEG, PNG, bare_jpeg, bare_png, without_texts
from core.images.decoding import NOT_KEPT, decode_here
from core.images.dicom_file import dicom_start
from core.images.header import header_facts
from core.images.identity import film_id_of, has_identity, with_identity

ORIENTATION = 0x0112


def bare_here(data: bytes, name: str, salt: bytes) -> bytes:
    """The film's file with its pixels alone, bit by bit as they are where the file is made as
    its format says, else as the 8-bit PNG that networks see. It keeps the film's identity.

    What is no film that can be read becomes a note of why. ``name`` serves for that alone.
    """
    if has_identity(data) or data.startswith(NOT_KEPT):
        return data
    try:
        bare = _as_it_is(data, name, salt)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a stranger's bytes; what can be shown of them is below
        bare = None
    if bare is None:
        try:
            bare = _as_png(decode_here(data, name).pixels)
        except FilmError as error:
            return NOT_KEPT + str(error).encode()
    return with_identity(bare, film_id_of(data))


def _as_it_is(data: bytes, name: str, salt: bytes) -> bytes | None:
    if data.startswith(PNG):
        return bare_png(data, _turn(data, "PNG"))
    if data.startswith(JPEG):
        return bare_jpeg(data, _turn(data, "JPEG"))
    start = dicom_start(data)
    if start is None:
        return None
    bare = bare_dicom(data, start, header_facts(data, salt))
    shown, before = decode_here(bare, name).pixels, decode_here(data, name).pixels
    return bare if np.array_equal(shown, before) else None


def _turn(data: bytes, kind: str) -> int:
    """Which side is up, in EXIF's numbers, wherever the file says it; 1 where it does not."""
    try:
        with Image.open(BytesIO(without_texts(data)), formats=[kind]) as image:
            turn = image.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - damaged EXIF says nothing
        return 1
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _as_png(pixels: np.ndarray) -> bytes:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
