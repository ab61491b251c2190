"""Films without what their files say beside the pixels: the same pixels, the same film, no name."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit

from core.errors import FilmError
from core.images.bare import bare_here
from core.images.decode import bare_film, decode_bytes
from core.images.decoding import NOT_KEPT, decode_here
from core.images.identity import film_id_of, has_identity
from tests.core import planted
from tests.core.planted import WORD

SALT = b"x" * 32


@pytest.mark.parametrize("name", list(planted.every_kind()))
def test_no_kind_of_file_keeps_a_name(name: str) -> None:
    data = planted.every_kind()[name]
    assert WORD in data
    bare = bare_here(data, name, SALT)
    assert WORD not in bare
    assert bare_here(bare, name, SALT) == bare
    assert bare_here(data, name, SALT) == bare  # the same whenever it comes
    if bare.startswith(NOT_KEPT):
        with pytest.raises(FilmError) as before:
            decode_here(data, name)
        with pytest.raises(FilmError) as after:
            decode_here(bare, name)
        assert str(after.value) == str(before.value)
        return
    was, now = decode_here(data, name), decode_here(bare, name)
    np.testing.assert_array_equal(now.pixels, was.pixels)
    assert (now.format, now.bits, now.window, now.notes) == (
        was.format, was.bits, was.window, was.notes,
    )  # fmt: skip
    assert not now.patient_data
    assert film_id_of(bare) == film_id_of(data)
    assert has_identity(bare)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("make", [planted.png, planted.jpeg])
def test_which_side_is_up_stays(make: object, turn: int) -> None:
    data = make(turn=turn)
    bare = bare_here(data, "film", SALT)
    assert WORD not in bare
    np.testing.assert_array_equal(
        decode_here(bare, "film").pixels, decode_here(data, "film").pixels
    )
    with Image.open(io.BytesIO(bare)) as image:
        assert dict(image.getexif()) == ({0x0112: turn} if turn > 1 else {})
        assert not {"comment", "xmp", "Author", "Comment", "icc_profile"} & set(image.info)


def test_a_bare_dicom_file_holds_what_it_takes_to_show_it_and_no_more() -> None:
    bare = pydicom.dcmread(io.BytesIO(bare_here(planted.dicom(), "film.dcm", SALT)))
    kept = {element.keyword for element in bare}
    assert kept == {
        "SOPClassUID", "SOPInstanceUID", "Modality", "PatientID", "PatientSex", "PatientAge",
        "ViewPosition", "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns",
        "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "WindowCenter",
        "WindowWidth", "PixelData",
    }  # fmt: skip
    assert bare.PatientID.startswith("THORAXLENS:")
    assert bare.SOPInstanceUID != "1.2.3.3"


def test_words_that_are_none_of_the_standard_do_not_stay() -> None:
    """A name may stand wherever a program let somebody type."""
    odd = {"ViewPosition": planted.NAME, "PresentationLUTShape": planted.NAME}
    data = planted.dicom(3, number="1", **odd)
    bare = bare_here(data, "film.dcm", SALT)
    assert WORD not in bare
    raw = data.replace(b"1000", WORD[:4])  # in a window's number, where pydicom allows it
    assert raw != data
    assert WORD[:4] not in bare_here(raw, "film.dcm", SALT)


@pytest.mark.parametrize(
    "name",
    ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "JPEG-lossy.dcm", "image_dfl.dcm",
     "JPEGLSNearLossless_08.dcm", "examples_palette.dcm", "ExplVR_BigEnd.dcm", "no_meta.dcm",
     "SC_rgb_jpeg_dcmtk.dcm", "693_J2KI.dcm", "examples_overlay.dcm"],
)  # fmt: skip
def test_every_way_to_pack_pixels_stays_as_it_was(name: str) -> None:
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom does not bring {name} with it here")
    data = Path(str(path)).read_bytes()
    bare = bare_here(data, name, SALT)
    was, now = decode_here(data, name), decode_here(bare, name)
    np.testing.assert_array_equal(now.pixels, was.pixels)
    assert (now.format, now.bits, now.window) == ("DICOM", was.bits, was.window)
    header = pydicom.dcmread(str(path), force=True, stop_before_pixels=True)
    for word in (str(header.get("PatientName", "")), str(header.get("InstitutionName", ""))):
        assert len(word) < 4 or word.encode() not in bare


def test_a_film_that_is_made_against_its_format_becomes_a_picture() -> None:
    """Pillow reads a JPEG with junk between its segments; nobody can say what the junk is."""
    data = planted.jpeg(2, turn=1)
    broken = data[:2] + WORD + data[2:]
    try:
        was = decode_here(broken, "film.jpg")
    except FilmError:
        assert bare_here(broken, "film.jpg", SALT).startswith(NOT_KEPT)
        return
    bare = bare_here(broken, "film.jpg", SALT)
    assert WORD not in bare
    np.testing.assert_array_equal(decode_here(bare, "film.jpg").pixels, was.pixels)


def test_a_damaged_bare_film_is_no_longer_that_film() -> None:
    data = planted.png()
    bare = bytearray(bare_here(data, "film.png", SALT))
    assert film_id_of(bytes(bare)) == film_id_of(data)
    bare[60] ^= 1
    assert film_id_of(bytes(bare)) != film_id_of(data)
    assert not has_identity(bytes(bare))


@pytest.mark.parametrize(
    "data",
    [planted.dicom(3), planted.dicom(4, ImplicitVRLittleEndian),
     planted.dicom(5, JPEGBaseline8Bit), planted.dicom(6, ExplicitVRBigEndian)],
    ids=["plain", "implicit", "jpeg", "big endian"],
)  # fmt: skip
def test_it_happens_in_a_process_of_its_own(data: bytes) -> None:
    bare = bare_film(data, "film.dcm", SALT)
    assert bare == bare_here(data, "film.dcm", SALT)
    assert decode_bytes(bare, "film.dcm").format == "DICOM"


def test_writing_in_the_bits_beside_the_pixels_does_not_stay() -> None:
    """Old scanners drew overlays, names among them, into the bits that pixels leave free."""
    film = pydicom.dcmread(io.BytesIO(planted.dicom(3)))
    written = film.pixel_array.copy()
    written[:8] |= 1 << 15
    film.PixelData = written.tobytes()
    film.add_new(0x60000102, "US", 15)
    stream = io.BytesIO()
    film.save_as(stream)
    data = stream.getvalue()
    bare = bare_here(data, "film.dcm", SALT)
    now = decode_here(bare, "film.dcm")
    np.testing.assert_array_equal(now.pixels, decode_here(data, "film.dcm").pixels)
    assert now.format == "PNG"
    assert film_id_of(bare) == film_id_of(data)
