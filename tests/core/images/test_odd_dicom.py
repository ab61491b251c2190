"""DICOM films as hospitals, archives and converters write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from core.errors import FilmError
from core.images import dicom_file
from core.images.decode import DecodedFilm, decode_bytes
from core.images.decoding import decode_here
from tests.core.images.dicom_films import (
    bare,
    big_endian,
    dicom,
    expected,
    film,
    with_word,
    written,
)

FILM = film()
PLAIN = expected(FILM)
OWN = "the film's own range, 200 to 3500"


def read(data: bytes | Dataset) -> DecodedFilm:
    return decode_bytes(data if isinstance(data, bytes) else written(data), "film.dcm")


def assert_same(got: DecodedFilm, wanted: np.ndarray = PLAIN) -> None:
    assert got.pixels.shape == wanted.shape
    assert np.abs(got.pixels.astype(float) - wanted).max() <= 2


def test_the_facts_of_a_film() -> None:
    got = read(dicom(FILM))
    assert_same(got)
    assert (got.format, got.width, got.height, got.bits) == ("DICOM", 96, 96, 12)
    assert got.photometric == "MONOCHROME2"
    assert got.transfer_syntax == "Explicit VR Little Endian"
    assert (got.window, got.notes, got.patient_data) == (OWN, (), False)


@pytest.mark.parametrize("keyword", ["PatientName", "PatientID", "PatientBirthDate",
                                     "ReferringPhysicianName", "AccessionNumber"])  # fmt: skip
def test_patient_data_is_told_and_not_shown(keyword: str) -> None:
    got = read(dicom(FILM, **{keyword: "19700101"}))
    assert got.patient_data
    assert "19700101" not in repr(got)
    assert not read(dicom(FILM, **{keyword: ""})).patient_data


# Where the bits stand


def test_bits_in_the_upper_part_are_shifted_down() -> None:
    assert_same(read(dicom(FILM << 4, HighBit=15)))
    assert_same(read(dicom((FILM << 4) | 0b1011, HighBit=15)))  # whatever lies below
    assert_same(read(dicom(FILM << 2, HighBit=13)))


def test_a_high_bit_that_is_not_true_costs_nothing() -> None:
    assert_same(read(dicom(FILM, HighBit=15)))
    assert_same(read(dicom(FILM, HighBit=3)))


def test_old_overlays_above_the_film_are_left_out() -> None:
    dataset = dicom(FILM | np.where(np.eye(96, dtype=bool), 0x8000, 0).astype(np.uint16))
    dataset.add_new(0x60000100, "US", 16)
    dataset.add_new(0x60000102, "US", 15)
    assert_same(read(dataset))


def test_a_header_that_names_too_few_bits_is_not_believed() -> None:
    deep = FILM * 4  # 14 bits
    got = read(dicom(deep, bits=12))
    assert_same(got, expected(deep))
    assert any("beyond the bits" in note for note in got.notes)


def test_signed_values_with_and_without_their_sign_drawn_out() -> None:
    signed = FILM.astype(np.int16) - 2000  # −1800 … 1500
    assert_same(read(dicom(signed)))
    assert_same(read(dicom((signed.view(np.uint16) & 0x0FFF).view(np.int16))))
    assert_same(read(dicom((signed << 4), HighBit=15)))


@pytest.mark.parametrize(
    "header",
    [
        {"BitsStored": None},
        {"HighBit": None},
        {"BitsStored": 20},
        {"BitsAllocated": None},
        {"SamplesPerPixel": None},
        {"PixelRepresentation": None},
        {"NumberOfFrames": 1},
        {"PhotometricInterpretation": None},
        {"PhotometricInterpretation": ""},
        {"PhotometricInterpretation": "GREY"},
    ],
    ids=str,
)
def test_one_odd_word_never_costs_the_film(header: dict[str, Any]) -> None:
    assert_same(read(dicom(FILM, **header)))


@pytest.mark.parametrize("written_so", [b"monochrome2 ", b"Monochrome 2", b"MONOCHROME2\0"])
def test_small_letters_cost_nothing(written_so: bytes) -> None:
    whole = written(dicom(FILM, PhotometricInterpretation="MONOCHROME2 "))
    assert_same(read(whole.replace(b"MONOCHROME2 ", written_so)))
    whole = written(dicom(FILM, PhotometricInterpretation="MONOCHROME1 "))
    negative = whole.replace(b"MONOCHROME1 ", written_so.replace(b"2", b"1"))
    assert_same(read(negative), 255 - PLAIN)


# What the range is


def test_padding_is_black_and_out_of_the_range() -> None:
    around = FILM.copy()
    around[:, :20] = 65535
    wanted = expected(FILM)
    wanted[:, :20] = 0
    inside = np.s_[:, 20:]
    low, high = float(around[inside].min()), float(around[inside].max())
    wanted[inside] = expected(FILM, low, high)[inside]
    for header in (
        {"PixelPaddingValue": 65535},
        {"PixelPaddingValue": 60000, "PixelPaddingRangeLimit": 65535},
    ):
        assert_same(read(dicom(around, bits=16, **header)), wanted)
        assert_same(read(dicom(around, **header)), wanted)  # beyond the 12 bits
    got = read(dicom(around, bits=16, PixelPaddingValue=65535,
                     PhotometricInterpretation="MONOCHROME1"))  # fmt: skip
    assert (got.pixels[:, :20] == 0).all()
    negative = around.astype(np.int32)
    negative[:, :20] = -2000
    got = read(dicom(negative.astype(np.int16), bits=16, PixelPaddingValue=-2000))
    assert_same(got, wanted)
    windowed = read(dicom(around, bits=16, PixelPaddingValue=65535, WindowCenter=1850,
                          WindowWidth=3300))  # fmt: skip
    assert (windowed.pixels[:, :20] == 0).all()


def test_a_film_of_padding_alone_is_still_read() -> None:
    assert read(dicom(np.full_like(FILM, 7), PixelPaddingValue=7)).pixels.max() == 0


@pytest.mark.parametrize(("centre", "width"), [(40, 80), (9000, 100), (1800, 500_000), (1800, 1)])
def test_a_window_that_shows_nothing_gives_way(centre: float, width: float) -> None:
    got = read(dicom(FILM, WindowCenter=centre, WindowWidth=width))
    assert_same(got)
    assert "shows nothing of the film" in got.window
    assert any("shows nothing of the film" in note for note in got.notes)


def test_the_second_window_serves_when_the_first_does_not() -> None:
    got = read(dicom(FILM, WindowCenter=[40, 1850.5], WindowWidth=[80, 3301]))
    assert_same(got)
    assert got.window == "the window in its header, centre 1850.5 and width 3301"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("00281050", b"18,0"),
        ("00281050", b"nan "),
        ("00281050", b"\\\\\\ "),
        ("00281051", b"-400"),
        ("00281051", b"0 "),
        ("00281051", b"inf "),
        ("00281053", b"abcd"),
        ("00281053", b"0 "),
        ("00281052", b"1e99"),
        ("00280008", b"1A"),
        ("00281056", b"SIGMA "),
    ],
)
def test_a_word_that_is_no_number_is_passed_over(tag: str, value: bytes) -> None:
    header = {"00281050": {"WindowWidth": 100}, "00281051": {"WindowCenter": 1800}}
    vr = b"IS" if tag == "00280008" else b"CS" if tag == "00281056" else b"DS"
    assert_same(read(with_word(dicom(FILM, **header.get(tag, {})), tag, vr, value)))


def test_rescale_and_window_together() -> None:
    header = {"RescaleSlope": 2, "RescaleIntercept": -1000}
    spoken = FILM * 2.0 - 1000
    got = read(dicom(FILM, **header, WindowCenter=2000.5, WindowWidth=3001))
    assert_same(got, expected(spoken, 500, 3500))
    assert read(dicom(FILM, **header)).window == "the film's own range, -600 to 6000"
    assert_same(read(dicom(FILM, RescaleSlope=-1, RescaleIntercept=4095)), 255 - PLAIN)
    exact = dicom(FILM, WindowCenter=2000, WindowWidth=2000, VOILUTFunction="LINEAR_EXACT")
    assert_same(read(exact), expected(FILM, 1000, 3000))
    sigmoid = read(dicom(FILM, WindowCenter=2000, WindowWidth=1000, VOILUTFunction="SIGMOID"))
    assert_same(sigmoid, np.rint(255 / (1 + np.exp(-4 * (FILM.astype(float) - 2000) / 1000))))


def test_tables_that_cannot_be_used_are_told() -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 16])
    item.add_new(0x00283006, "OW", b"\0\0")
    for keyword in ("VOILUTSequence", "ModalityLUTSequence"):
        got = read(dicom(FILM, **{keyword: Sequence([item])}))
        assert_same(got)
        assert any("cannot be used" in note for note in got.notes)


@pytest.mark.parametrize(("keyword", "kind"), [("FloatPixelData", "<f4"),
                                               ("DoubleFloatPixelData", "<f8")])  # fmt: skip
def test_pixels_of_floating_point(keyword: str, kind: str) -> None:
    values = (FILM / 4095.0).astype(kind)
    values[0, :3] = np.nan, np.inf, -np.inf
    wanted = PLAIN.copy()
    dataset = dicom(FILM, BitsAllocated=8 * values.itemsize, PixelData=None)
    for word in ("BitsStored", "HighBit", "PixelRepresentation"):
        delattr(dataset, word)
    setattr(dataset, keyword, values.tobytes())
    got = read(dataset)
    assert np.abs(got.pixels[1:] - wanted[1:]).max() <= 2
    assert got.pixels[0, 0] == 0


# How the file begins and is packed


def test_a_file_may_begin_with_any_element() -> None:
    dataset = dicom(FILM)
    grouped = Dataset()
    grouped.add_new(0x00080000, "UL", 100)
    grouped.update(dataset)
    charset = Dataset(dataset)
    charset.SpecificCharacterSet = "ISO_IR 100"
    kind = Dataset(dataset)
    kind.ImageType = ["ORIGINAL", "PRIMARY"]
    for start in (dataset, grouped, charset, kind):
        assert_same(read(bare(start)))
        assert_same(read(bare(start, implicit=True)))
        assert_same(read(b"DICM" + bare(start)))
        assert_same(read(b" " + bare(start)))
    assert_same(read(bare(dataset, little=False)))
    whole = written(dataset)
    assert_same(read(whole[132:]))  # meta information without its preamble
    assert_same(read(whole[5:]))  # a preamble that lost some bytes
    assert_same(read(b"II*\0" + whole[4:]))  # one that is a TIFF's


def test_big_endian_and_deflated() -> None:
    dataset = dicom(FILM)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    got = read(dataset)
    assert_same(got)
    assert got.transfer_syntax == "Deflated Explicit VR Little Endian"
    assert_same(read(big_endian(dicom(FILM))))


def test_a_deflated_file_that_swells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_file, "INFLATED", 10_000)
    dataset = dicom(FILM)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    with pytest.raises(FilmError, match="unpacks to more than"):
        decode_here(written(dataset), "film.dcm")


def test_rle_is_read_also_under_a_wrong_name() -> None:
    dataset = dicom(FILM)
    dataset.compress(RLELossless, generate_instance_uid=False)
    assert_same(read(dataset))
    for wrong in (pydicom.uid.JPEG2000Lossless, pydicom.uid.JPEGBaseline8Bit, "1.2.3.4"):
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.UID(wrong)
        got = read(dataset)
        assert_same(got)
        assert got.transfer_syntax == "RLE Lossless"
        assert any("another compression" in note for note in got.notes)
    plain = dicom(FILM)
    plain.file_meta.TransferSyntaxUID = pydicom.uid.JPEGLosslessSV1  # and it is not compressed
    plain["PixelData"].is_undefined_length = False
    assert_same(read(bytes(128) + b"DICM" + _named(plain)))


def _named(dataset: Dataset) -> bytes:
    """Plain pixels under the name of a compression, which pydicom itself would not write."""
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    whole = written(dataset)[132:]
    one, other = (
        uid.encode() for uid in (pydicom.uid.ExplicitVRLittleEndian, "1.2.840.10008.1.2.4.70")
    )
    place = whole.index(one)
    length = len(one) + len(one) % 2
    group = int.from_bytes(whole[8:12], "little") + len(other) - length
    return (
        whole[:8] + group.to_bytes(4, "little") + whole[12 : place - 2]
        + len(other).to_bytes(2, "little") + other + whole[place + length :]
    )  # fmt: skip


# What is no single film


def test_what_is_refused_is_refused_with_the_reason() -> None:
    four = dicom(FILM, SamplesPerPixel=4)
    with pytest.raises(FilmError, match="4 values a pixel"):
        read(four)
    with pytest.raises(FilmError, match="12 bits a pixel"):
        read(dicom(FILM, BitsAllocated=12))
    with pytest.raises(FilmError, match="how many rows and columns"):
        read(dicom(FILM, Rows=None))
    with pytest.raises(FilmError, match="damaged or incomplete"):
        read(dicom(FILM[:-1], Rows=96))
    with pytest.raises(FilmError, match="its pixels are missing"):
        read(dicom(FILM, PixelData=None))
    torn = bytearray(written(dicom(FILM, PatientName="A^B")))
    place = torn.index(b"\x10\x00\x10\x00PN")
    torn[place + 6 : place + 8] = b"\xff\xff"  # a name that swallows the rest
    with pytest.raises(FilmError, match="damaged or incomplete"):
        read(bytes(torn))
    twice = dicom(FILM, PixelData=FILM.tobytes() * 2)
    with pytest.raises(FilmError, match="series"):
        read(with_word(twice, "00280008", b"IS", b"1A"))
