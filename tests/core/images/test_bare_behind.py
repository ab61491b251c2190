"""A name behind the pixels, a table or the end of a stream, where no program shows it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import JPEG2000Lossless, RLELossless

from core.images.bare import bare_here
from core.images.decoding import decode_here
from tests.core.images.dicom_films import dicom, film, written

FILM = film()
WORD = b"ZEBEDEE!" * 5


def behind_pixels() -> Dataset:
    return dicom(FILM, PixelData=FILM.tobytes() + WORD)


def behind_a_table() -> Dataset:
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 16])
    item.add_new(0x00283006, "OW", np.arange(4096, dtype="<u2").tobytes() + WORD)
    return dicom(FILM, VOILUTSequence=Sequence([item]))


def behind_run_lengths() -> Dataset:
    return _packed(RLELossless, lambda stream: stream + WORD)


def between_run_lengths() -> Dataset:
    def between(stream: bytes) -> bytes:
        (second,) = struct.unpack_from("<I", stream, 8)
        head = stream[:8] + struct.pack("<I", second + len(WORD)) + stream[12:second]
        return head + WORD + stream[second:]

    return _packed(RLELossless, between)


def behind_jpeg_2000() -> Dataset:
    return _packed(JPEG2000Lossless, lambda stream: stream + WORD)


def _packed(syntax: str, change: Callable[[bytes], bytes]) -> Dataset:
    dataset = dicom(FILM)
    dataset.compress(syntax, generate_instance_uid=False)
    stream = next(generate_frames(dataset.PixelData, number_of_frames=1))
    dataset.PixelData = encapsulate([change(stream)])
    return dataset


@pytest.mark.filterwarnings("ignore")  # as in the process that decodes
@pytest.mark.parametrize(
    "made",
    [behind_pixels, behind_a_table, behind_run_lengths, between_run_lengths, behind_jpeg_2000],
)
def test_nothing_stays_behind_what_a_dicom_film_is_made_of(made: Callable[[], Dataset]) -> None:
    data = written(made())
    bare = bare_here(data, "film.dcm", b"salt")
    assert WORD in data
    assert WORD[:8] not in bare
    before, now = (decode_here(one, "film.dcm") for one in (data, bare))
    np.testing.assert_array_equal(now.pixels, before.pixels)
    assert (now.bits, now.transfer_syntax, now.window) == (
        before.bits, before.transfer_syntax, before.window,
    )  # fmt: skip


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def saved(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray((FILM // 16).astype(np.uint8)).save(stream, kind, quality=95)
    return stream.getvalue()


def of_png(name: str) -> bytes:
    data = saved("PNG")
    place = data.index(b"IDAT") - 4
    (length,) = struct.unpack_from(">I", data, place)
    packed = data[place + 8 : place + 8 + length]
    return {
        "behind the pixels": data[:place] + chunk(b"IDAT", packed + WORD) + chunk(b"IEND", b""),
        "a palette": data[:33] + chunk(b"PLTE", WORD[:39]) + data[33:],
        "significant bits": data[:33] + chunk(b"sBIT", WORD) + data[33:],
        "a gamma": data[:33] + chunk(b"gAMA", b"\0\0\xb1\x8f" + WORD) + data[33:],
        "a transparent colour": data[:33] + chunk(b"tRNS", b"\0\xff" + WORD) + data[33:],
    }[name]


def of_jpeg(name: str) -> bytes:
    data = saved("JPEG")
    kind = {"a quantisation": 0xDB, "a reserved": 0xF0, "a number of lines": 0xDC}[name]
    segment = bytes([0xFF, kind]) + struct.pack(">H", len(WORD) + 2) + WORD
    place = 2 if kind != 0xDC else len(data) - 2
    return data[:place] + segment + data[place:]


@pytest.mark.parametrize(
    "data",
    [
        *map(of_png, ["behind the pixels", "a palette", "significant bits", "a gamma",
                      "a transparent colour"]),
        *map(of_jpeg, ["a quantisation", "a reserved", "a number of lines"]),
    ],
)  # fmt: skip
def test_nothing_stays_in_what_belongs_to_a_picture_but_its_pixels(data: bytes) -> None:
    bare = bare_here(data, "film", b"salt")
    assert WORD[:8] in data
    assert WORD[:8] not in bare
    if not bare.startswith(b"ThoraxLens"):
        np.testing.assert_array_equal(
            decode_here(bare, "film").pixels, decode_here(data, "film").pixels
        )
