"""The DICOM files that ship inside of pydicom: each is read, or refused with a true sentence."""

from __future__ import annotations

import warnings
from pathlib import Path

import pydicom.data
import pytest

from core.errors import FilmError
from core.images.decode import decode_bytes, read_film

HOME = Path(pydicom.data.__file__).parent
FILES = sorted(path for path in HOME.rglob("*.dcm") if path.is_file())

NO_IMAGE = "is a DICOM file without an image in it"
NO_PIXELS = "describes an image without holding one: its pixels are missing"
SERIES = "holds a series of images"
DAMAGED = "is a damaged or incomplete DICOM file"
# File, or the beginning of its name → what is true of it. All others hold one picture.
REFUSED = {
    "palettes/": NO_IMAGE,
    "charset_files/chrJapMulti": NO_PIXELS,  # headers of images
    "charset_files/chrKoreanMulti": NO_PIXELS,
    "charset_files/chrSQEncoding": NO_IMAGE,
    "test_files/ExplVR_BigEndNoMeta": NO_IMAGE,  # plans of a radiotherapy
    "test_files/ExplVR_LitEndNoMeta": NO_IMAGE,
    "test_files/rtplan": NO_IMAGE,
    "test_files/rtstruct": NO_IMAGE,
    "test_files/UN_sequence": NO_IMAGE,
    "test_files/empty_charset_LEI": NO_IMAGE,
    "test_files/meta_missing_tsyntax": NO_IMAGE,
    "test_files/nested_priv_SQ": NO_IMAGE,
    "test_files/priv_SQ": NO_IMAGE,
    "test_files/no_meta_group_length": NO_IMAGE,
    "test_files/reportsi": NO_IMAGE,
    "test_files/test-SR": NO_IMAGE,
    "test_files/waveform_ecg": NO_IMAGE,
    "test_files/dicomdirtests/DICOMDIR-empty": "is a DICOMDIR",
    "test_files/SC_rgb_rle_16bit_2frame": SERIES,
    "test_files/SC_rgb_rle_2frame": SERIES,
    "test_files/SC_rgb_rle_32bit_2frame": SERIES,
    "test_files/badVR": SERIES,
    "test_files/examples_ybr_color": SERIES,
    "test_files/rtdose.dcm": SERIES,
    "test_files/rtdose_expb.dcm": SERIES,
    "test_files/rtdose_rle.dcm": SERIES,
    "test_files/MR_truncated": DAMAGED,
    "test_files/JPEG2000-embedded-sequence-delimiter": DAMAGED,
}


def _true_of(path: Path) -> str:
    name = path.relative_to(HOME).as_posix()
    found = [start for start in REFUSED if name.startswith(start)]
    return REFUSED[max(found, key=len)] if found else ""


def _size(path: Path) -> tuple[int, int]:
    if path.stem == "no_meta":  # one stray byte before its first element: pydicom finds nothing
        return 128, 128
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        header = pydicom.dcmread(path, force=True)
        return header.Rows, header.Columns


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_is_read_or_refused_with_what_is_true(path: Path) -> None:
    truth = _true_of(path)
    if truth:
        with pytest.raises(FilmError, match=truth):
            decode_bytes(read_film(path), path.name)
        return
    film = decode_bytes(read_film(path), path.name)
    assert film.pixels.shape == _size(path)
    assert film.pixels.max() > film.pixels.min()


def test_twelve_bits_of_jpeg_extended_are_the_right_ones() -> None:
    """Two pixels that pydicom's own tests know, over a range that both ends of are known."""
    film = decode_bytes(read_film(HOME / "test_files/JPGExtended.dcm"), "film.dcm")
    assert film.window == "the film's own range, 0 to 264"
    assert film.pixels[420, 140] == round(244 / 264 * 255)
    assert film.pixels[230, 120] == round(95 / 264 * 255)


def test_all_of_them_are_there() -> None:
    assert len(FILES) >= 100
