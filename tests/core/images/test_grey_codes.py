"""A film's own grey values: each as its file has it, and the window that it was read with."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from core.images.decode import GreyFilm, decode_bytes, grey_values
from core.images.grey_codes import CODES, coded
from core.images.tones import Tones
from tests.core.images.dicom_films import dicom, film, written

LARGE = 4096  # px; larger than any film here


def greys(one: GreyFilm) -> np.ndarray:
    """The grey value of each pixel, NaN where there is no film."""
    values: np.ndarray = one.least + (one.codes.astype(float) - 1) * one.step
    values[one.codes == 0] = np.nan
    return values


def as_read(one: GreyFilm) -> np.ndarray:
    """uint8, by the window that the film says it was read with."""
    if one.curve:
        curve: np.ndarray = np.array(one.curve, np.uint8)[one.codes]
        return curve
    grey = (np.nan_to_num(greys(one), nan=one.black) - one.black) / (one.white - one.black) * 255
    window: np.ndarray = np.clip(np.rint(grey), 0, 255).astype(np.uint8)
    return window


def check(data: bytes, within: int = 0) -> GreyFilm:
    """What it was read as follows from its grey values; ``within``: a rounding apart at most."""
    found, read = grey_values(data, "film", LARGE), decode_bytes(data, "film").pixels
    apart = np.abs(as_read(found).astype(int) - read.astype(int))
    assert apart.max() <= within
    assert (apart > 0).mean() <= 0.01
    return found


def test_a_12_bit_film_keeps_each_of_its_values() -> None:
    stored = film()
    found = check(written(dicom(stored)), within=1)
    np.testing.assert_array_equal(greys(found), stored)
    assert (found.black, found.white, found.bits) == (200, 3500, 12)
    assert (found.least, found.step, found.curve) == (200, 1, ())


def test_a_header_s_window_speaks_of_rescaled_values() -> None:
    stored = film()
    header = {"RescaleSlope": 2, "RescaleIntercept": -1000, "WindowCenter": 2000,
              "WindowWidth": 3001}  # fmt: skip
    found = check(written(dicom(stored, **header)), within=1)
    np.testing.assert_array_equal(greys(found), stored * 2.0 - 1000)
    # PS3.3 C.11.2.1.2: black up to c - 0.5 - (w - 1) / 2, white from c - 0.5 + (w - 1) / 2 on.
    assert (found.black, found.white) == (499.5, 3499.5)


def test_a_negative_has_its_white_below_its_black() -> None:
    stored = film()
    found = check(written(dicom(stored, PhotometricInterpretation="MONOCHROME1")), within=1)
    np.testing.assert_array_equal(greys(found), stored)
    assert (found.black, found.white) == (3500, 200)


def test_a_slope_below_zero_turns_the_order_round() -> None:
    stored = film()
    found = check(written(dicom(stored, RescaleSlope=-1, RescaleIntercept=4095)), within=1)
    np.testing.assert_array_equal(greys(found), 4095.0 - stored)
    assert found.step == 1
    assert (found.least, found.highest, found.black, found.white) == (595, 3895, 595, 3895)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_a_table_is_kept_as_a_curve(photometric: str) -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 16])  # entries, first value, bits
    table = np.rint(65535 * np.linspace(0, 1, 4096) ** 2).astype(np.uint16)
    item.add_new(0x00283006, "OW", table.tobytes())
    stored = dicom(film(), PhotometricInterpretation=photometric, VOILUTSequence=[item])
    found = check(written(stored))
    assert len(found.curve) == int(found.codes.max()) + 1
    assert (found.black > found.white) is (photometric == "MONOCHROME1")


def test_a_sigmoid_is_kept_as_a_curve() -> None:
    header = {"WindowCenter": 1800, "WindowWidth": 900, "VOILUTFunction": "SIGMOID"}
    found = check(written(dicom(film(), **header)))
    assert found.curve
    assert 200 <= found.black < 1800 < found.white <= 3500


def test_padding_is_no_film() -> None:
    stored = film()
    stored[:, :20] = 4095
    found = check(written(dicom(stored, PixelPaddingValue=4095)), within=1)
    assert np.isnan(greys(found)[:, :20]).all()
    np.testing.assert_array_equal(greys(found)[:, 20:], stored[:, 20:])


def test_8_bits_are_0_to_255() -> None:
    stream = BytesIO()
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(stream, "PNG")
    found = check(stream.getvalue())
    np.testing.assert_array_equal(greys(found), np.arange(256).reshape(16, 16))
    assert (found.black, found.white, found.bits) == (0, 255, 8)


def test_a_png_of_16_bits_that_lies_on_its_side_is_set_right() -> None:
    stored = film()[:60]
    image, stream = Image.fromarray(stored), BytesIO()
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(stream, "PNG", exif=exif)
    found = check(stream.getvalue(), within=1)
    np.testing.assert_array_equal(greys(found), np.rot90(stored, -1))


def test_fractions_and_wide_ranges_are_put_into_as_many_steps() -> None:
    values = np.linspace(-3e6, 9e6, 48 * 50).reshape(48, 50)
    values[0, 0] = np.nan
    tones = Tones(values, ends=(-3e6, 9e6))
    found = coded(tones, np.zeros(values.shape, np.uint8), 64, LARGE)
    assert found.codes[0, 0] == 0
    assert found.codes.max() == CODES
    assert np.nanmax(np.abs(greys(found) - values)) <= 12e6 / CODES


def test_a_large_film_is_reduced_and_says_so() -> None:
    stored = np.repeat(np.repeat(film(), 4, axis=0), 4, axis=1)
    header = {"PixelSpacing": [0.2, 0.2], "ImagerPixelSpacing": [0.25, 0.25]}
    found = grey_values(written(dicom(stored, **header)), "film", 96)
    np.testing.assert_array_equal(greys(found), film())
    assert found.is_reduced
    assert (found.height, found.width, found.spacing) == (384, 384, (0.2, 0.2))
    assert not found.at_detector


def test_the_edge_of_padding_is_not_averaged_into_the_film() -> None:
    values = np.full((64, 64), 3000, np.uint16)
    values[:, 50:] = 1000
    hidden = np.zeros(values.shape, bool)
    hidden[:, 1:31] = hidden[:, 33] = True
    found = coded(Tones(values, hidden, ends=(0, 4095)), np.zeros(values.shape, np.uint8), 12, 32)
    row = greys(found)[5]
    assert np.isnan(row[1:15]).all()
    # 0 and 16 are half hidden: what is left of them may be one value off.
    np.testing.assert_allclose(row[[0, 15, 16, 24]], 3000, atol=1)
    np.testing.assert_array_equal(row[25:], 1000)


@pytest.mark.parametrize(
    ("header", "spacing", "at_detector"),
    [
        ({"PixelSpacing": [0.1, 0.1]}, (0.1, 0.1), False),
        ({"ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15), True),
        ({"PixelSpacing": [0.15, 0.15], "ImagerPixelSpacing": [0.15, 0.15]}, (0.15, 0.15), True),
        ({"PixelSpacing": [0, 0.1]}, None, False),
        ({}, None, False),
    ],
)
def test_how_large_a_pixel_is(
    header: dict[str, list[float]], spacing: tuple[float, float] | None, at_detector: bool
) -> None:
    found = grey_values(written(dicom(film(), **header)), "film", LARGE)
    assert (found.spacing, found.at_detector) == (spacing, at_detector)
