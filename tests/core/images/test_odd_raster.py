"""PNG and JPEG files with something odd in them, and what is neither."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from core.errors import FilmError
from core.images.bare import bare_here
from core.images.decode import decode_bytes
from core.images.decoding import decode_here

# No symmetry in it, so that each way to turn or mirror it is another picture.
PICTURE = np.add.outer(np.arange(0, 96, 3), np.arange(0, 120, 3)).astype(np.uint8)  # 32 × 40
# EXIF orientation → the picture as a camera would have stored it.
STORED = {
    1: PICTURE,
    2: PICTURE[:, ::-1],
    3: PICTURE[::-1, ::-1],
    4: PICTURE[::-1],
    5: PICTURE.T,
    6: np.rot90(PICTURE),
    7: PICTURE[::-1, ::-1].T,
    8: np.rot90(PICTURE, -1),
}


def png(picture: np.ndarray, orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(stream, "PNG", exif=exif)
    return stream.getvalue()


def with_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    """Behind the first chunk of a PNG."""
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("orientation", STORED)
def test_each_orientation_is_undone_a_mirrored_one_too(orientation: int) -> None:
    data = png(STORED[orientation], orientation)
    for one in (data, bare_here(data, "film.png", b"salt")):
        got = decode_here(one, "film.png")
        assert np.array_equal(got.pixels, PICTURE)
        assert bool(got.notes) == (orientation != 1)


LONG = zlib.compress(b"Miller" * 2_000_000)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"zTXt", b"Comment\0\0" + LONG),
        (b"iTXt", b"Comment\0\1\0\0\0" + LONG),
        (b"iTXt", b"Comment\0\0\0\0\0" + b"Miller" * 300_000),
        (b"tEXt", b"Comment\0" + b"Miller" * 300_000),
        (b"iCCP", b"profile\0\0" + LONG),
    ],
)
def test_a_long_text_beside_a_picture_costs_no_film(kind: bytes, body: bytes) -> None:
    data = with_chunk(png(STORED[6], 6), kind, body)
    for one in (data, bare_here(data, "film.png", b"salt")):
        assert np.array_equal(decode_here(one, "film.png").pixels, PICTURE)
    assert b"Miller" not in bare_here(data, "film.png", b"salt")


@pytest.mark.parametrize(
    ("begins", "said"),
    [
        (b"\0\0\0\x18ftypmsf1", "a HEIC image"),
        (b"\0\0\0\x18ftyphevc", "a HEIC image"),
        (b"\0\0\0\x18ftypavis", "an AVIF image"),
        (b"\0\0\0\x18ftypcrx ", "a camera's raw image"),
        (b"\0\0\0\x18ftypqt  ", "a video"),
        (struct.pack("<i", 540) + b"n+2\0\r\n\x1a\n", "a NIfTI image"),
        (b"II\xbc\x01", "a JPEG XR image"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"\x89PNG\n\x1a\n", "a PNG image whose line ends were changed"),
    ],
)
def test_other_pictures_are_called_what_they_are(begins: bytes, said: str) -> None:
    with pytest.raises(FilmError, match=f"^film.png is {said}"):
        decode_bytes(begins.ljust(600, b"\1"), "film.png")
