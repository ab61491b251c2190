"""PNG of 16 bits: grey, colour, transparency, markers; and what is JPEG by name only."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from core.errors import FilmError
from core.images.decode import decode_bytes
from core.images.grey_range import own_range
from tests.core.images.dicom_films import expected, film
from tests.core.images.packed_films import PACKED

FILM = film()
PLAIN = expected(FILM)
OPAQUE = np.full_like(FILM, 65535)


def png(values: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", values)[1])


def grey_and_alpha(grey: np.ndarray, alpha: np.ndarray) -> bytes:
    """No library here writes 16 bits of grey with transparency."""
    rows = np.stack([grey, alpha], axis=-1).astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 16, 4, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (png(FILM), "grey"),
        (png(np.dstack([FILM] * 3)), "RGB"),
        (png(np.dstack([FILM] * 3 + [OPAQUE])), "RGB with transparency"),
        (grey_and_alpha(FILM, OPAQUE), "grey with transparency"),
    ],
)
def test_16_bits_of_every_kind_are_stretched(data: bytes, said: str) -> None:
    got = decode_bytes(data, "film.png")
    assert np.abs(got.pixels - PLAIN).max() <= 1
    assert (got.bits, got.photometric, got.notes) == (16, said, ())
    assert got.window == "the film's own range, 200 to 3500"
    assert got.colour == 0


def test_what_is_transparent_is_black_and_out_of_the_range() -> None:
    values, alpha = FILM.copy(), OPAQUE.copy()
    values[:, :30], alpha[:, :30] = 65535, 0
    alpha[:, 40:50] = 32768
    inside = FILM[:, 30:]
    wanted = np.zeros(FILM.shape)
    wanted[:, 30:] = expected(inside)
    wanted[:, 40:50] /= 2
    for data in (grey_and_alpha(values, alpha), png(np.dstack([values] * 3 + [alpha]))):
        assert np.abs(decode_bytes(data, "film.png").pixels - wanted).max() <= 1


def test_colour_of_16_bits_is_told() -> None:
    halves = np.dstack([FILM * 18] * 3)
    halves[::2, :, 0] = 65535 - halves[::2, :, 0]
    assert decode_bytes(png(halves), "photo.png").colour > 0.5


@pytest.mark.parametrize("value", [65535, 20000, 8191, 4600])
@pytest.mark.parametrize("soft", [False, True])
def test_a_marker_does_not_set_the_range(value: int, soft: bool) -> None:
    marked = FILM.copy()
    marked[4:12, 80:92] = value  # 1 % of the film
    if soft:  # edges between film and marker, as a smoothed letter has them
        marked[4, 80:92] = (value + 3500) // 2
    got = decode_bytes(png(marked), "film.png")
    film_only = np.ones(FILM.shape, bool)
    film_only[4:12, 80:92] = False
    assert np.abs(got.pixels - PLAIN)[film_only].max() <= 2
    assert (got.pixels[5:12, 80:92] == 255).all()
    assert any("burnt-in marker" in note for note in got.notes)


def test_a_dark_marker_does_not_either() -> None:
    bright = FILM + 20000
    bright[4:12, 80:92] = 0
    got = decode_bytes(png(bright), "film.png")
    assert np.abs(got.pixels - PLAIN)[20:].max() <= 2
    assert (got.pixels[4:12, 80:92] == 0).all()


def test_a_tail_that_thins_out_belongs_to_the_film() -> None:
    for seed in range(5):
        tail = np.random.default_rng(seed).exponential(300, (256, 256)).astype(np.uint16) + 500
        found = own_range(tail)
        assert found is not None
        assert (found.low, found.high, found.outside) == (tail.min(), tail.max(), 0)
    tail[0, 0] = 65535  # one broken cell of a detector is none of the film
    found = own_range(tail)
    assert found is not None
    assert found.high < 6000


def test_a_large_bright_part_is_no_marker() -> None:
    collimated = FILM.copy()
    collimated[:, :10] = 9000  # a tenth of the film, not so far off that it takes all the greys
    assert decode_bytes(png(collimated), "film.png").notes == ()


@pytest.mark.parametrize(
    ("kind", "says"),
    [("JPEGLosslessSV1", "JPEG Lossless"), ("JPEGLSLossless", "JPEG-LS"),
     ("JPEGExtended12Bit", "JPEG with 12 bits")],
)  # fmt: skip
def test_jpeg_by_name_only_is_called_what_it_is(kind: str, says: str) -> None:
    with pytest.raises(FilmError, match=f"compressed as {says}, which is read only inside"):
        decode_bytes(PACKED[kind], "film.jpg")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "only a pointer"),
        (b"\n<!DOCTYPE html><html>Access denied</html>", "a web page"),
        (b"\x1f\x8b\x08\0 packed", "packed with gzip"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC image"),
        (b"\0" * 4096, "nothing but zeros"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "a sound or video"),
    ],
)
def test_other_files_are_called_what_they_are(data: bytes, says: str) -> None:
    with pytest.raises(FilmError, match=says):
        decode_bytes(data, "film.png")


@pytest.mark.parametrize("fill", [65535, 40000])
def test_a_border_of_one_far_value_does_not_set_the_range(fill: int) -> None:
    around = FILM.copy()
    around[:, :30] = fill
    got = decode_bytes(png(around), "film.png")
    inside = expected(around[:, 30:])
    assert np.abs(got.pixels[:, 30:] - inside).max() <= 1
    assert (got.pixels[:, :30] == 255).all()
    assert got.notes[0].startswith("A part of the picture (31.3 %), perhaps a border or a marker")


def test_a_body_far_above_the_air_keeps_the_range() -> None:
    """Air and body lie as far from each other as a film and a border; but no body is of one
    value, and no two shades beside a border are a film."""
    body = FILM.astype(np.int64) // 20
    body[20:70, 20:70] = 30000 + 8 * FILM[20:70, 20:70].astype(np.int64)
    found = own_range(body.astype(np.uint16))
    assert found is not None
    assert (found.low, found.high) == (body.min(), body.max())
    mask = np.where(FILM > 1800, 65535, 0).astype(np.uint16)
    assert decode_bytes(png(mask), "mask.png").window == "the film's own range, 0 to 65535"
