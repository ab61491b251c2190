"""Every compression that the README says is read."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate

from core.errors import FilmError
from core.images.decode import decode_bytes
from tests.core.images.dicom_films import bare, dicom, expected, film, written
from tests.core.images.packed_films import PACKED

FILM = film()[::6, ::6]
KINDS = {  # what a stream is → the names it may stand under
    "HTJ2KLossless": ("HTJ2K", "HTJ2KLossless", "HTJ2KLosslessRPCL"),
    "JPEGLossless": ("JPEGLossless",),
    "JPEGLosslessSV1": ("JPEGLosslessSV1", "JPEGLossless"),
    "JPEGLSLossless": ("JPEGLSLossless",),
    "JPEGLSNearLossless": ("JPEGLSNearLossless",),
    "JPEGExtended12Bit": ("JPEGExtended12Bit",),
    "JPEG2000Lossless": ("JPEG2000Lossless", "JPEG2000"),
}


def packed(stream: bytes, name: str) -> pydicom.FileDataset:
    dataset = dicom(FILM.copy())
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = getattr(pydicom.uid, name)
    return dataset


@pytest.mark.parametrize("kind", KINDS)
def test_each_compression_is_read(kind: str) -> None:
    for name in KINDS[kind]:
        dataset = packed(PACKED[kind], name)
        got = decode_bytes(written(dataset), "film.dcm")
        assert np.abs(got.pixels - expected(FILM)).max() <= 2
        assert got.transfer_syntax == getattr(pydicom.uid, name).name
        assert got.notes == ()
    # Nothing says which it is: no meta information, and elements in either encoding.
    for implicit in (False, True):
        got = decode_bytes(bare(packed(PACKED[kind], kind), implicit), "film.dcm")
        assert np.abs(got.pixels - expected(FILM)).max() <= 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_cut_short_or_torn_is_a_sentence(kind: str) -> None:
    stream = PACKED[kind]
    for torn in (stream[: len(stream) // 2], stream[:40], stream[:30] + b"\xff" * 40 + stream[70:]):
        # Some decoders fill up what is missing; nothing else may come out of any.
        with suppress(FilmError):
            assert decode_bytes(written(packed(torn, kind)), "x").pixels.shape == FILM.shape
    assert decode_bytes(written(packed(stream, kind)), "film.dcm").pixels.shape == FILM.shape


def test_a_stream_for_browsers_under_any_other_name() -> None:
    got = decode_bytes(written(packed(PACKED["JPEGLosslessSV1"], "JPEGBaseline8Bit")), "film.dcm")
    assert np.abs(got.pixels - expected(FILM)).max() <= 2
    assert any("another compression" in note for note in got.notes)
