from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    MPEG2MPML,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
    generate_uid,
)

from core.errors import FilmError
from core.images.decode import MAX_PIXELS, decode_bytes, decode_file, film_id_of

RAMP = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (24, 1))  # 24 × 32


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def dicom(
    stored: np.ndarray, photometric: str = "MONOCHROME2", bits: int = 12, **header: object
) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.PatientName = "Secret^Patient"
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    for key, value in header.items():
        setattr(dataset, key, value)
    return dataset


def written(dataset: Dataset) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_grey_png_comes_back_as_it_was() -> None:
    film = decode_bytes(saved(Image.fromarray(RAMP)), "film.png")
    assert film.format == "PNG"
    assert film.pixels.dtype == np.uint8
    np.testing.assert_array_equal(film.pixels, RAMP)


def test_the_content_decides_and_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "film.jpg ").write_bytes(saved(Image.fromarray(RAMP)))
    assert decode_file(tmp_path / "film.jpg ").format == "PNG"


def test_jpeg_in_grey_and_colour() -> None:
    grey = decode_bytes(saved(Image.fromarray(RAMP), "JPEG", quality=95), "a.jpeg")
    colour = decode_bytes(saved(Image.fromarray(RAMP).convert("RGB"), "JPEG", quality=95), "b")
    assert grey.format == colour.format == "JPEG"
    for film in (grey, colour):
        assert np.abs(film.pixels.astype(int) - RAMP).max() < 8


def test_cmyk_jpeg_keeps_black_black() -> None:
    film = decode_bytes(saved(Image.fromarray(RAMP).convert("CMYK"), "JPEG", quality=95), "c.jpg")
    assert film.pixels.shape == RAMP.shape
    assert film.pixels[:, 0].mean() < 12
    assert film.pixels[:, -1].mean() > 230


def test_16_bits_are_stretched_and_not_cut_off() -> None:
    twelve_bit = RAMP.astype(np.uint16) * 16  # stored in 16 bits, as detectors do
    film = decode_bytes(saved(Image.fromarray(twelve_bit)), "deep.png")
    assert film.pixels.min() == 0
    assert film.pixels.max() == 255
    assert np.all(np.diff(film.pixels[0].astype(int)) > 0)


def test_transparent_parts_are_black() -> None:
    picture = np.dstack([np.full_like(RAMP, 200)] * 3 + [np.where(RAMP < 128, 0, 255)])
    rgba = decode_bytes(saved(Image.fromarray(picture.astype(np.uint8))), "rgba.png").pixels
    la = decode_bytes(saved(Image.fromarray(picture.astype(np.uint8)).convert("LA")), "la").pixels
    for pixels in (rgba, la):
        np.testing.assert_array_equal(pixels, np.where(RAMP < 128, 0, 200))


def test_palette_with_alpha() -> None:
    image = Image.fromarray((RAMP > 100).astype(np.uint8)).convert("P")
    image.putpalette([255, 255, 255, 90, 90, 90])
    film = decode_bytes(saved(image, transparency=bytes([0, 255])), "palette.png")
    np.testing.assert_array_equal(film.pixels, np.where(RAMP > 100, 90, 0))


def test_one_bit_image() -> None:
    film = decode_bytes(saved(Image.fromarray(RAMP > 100)), "line.png")
    np.testing.assert_array_equal(film.pixels, np.where(RAMP > 100, 255, 0))


def test_exif_orientation_is_undone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rows are stored as columns
    data = saved(Image.fromarray(np.rot90(RAMP)), "JPEG", quality=95, exif=exif)
    film = decode_bytes(data, "turned.jpg")
    assert film.pixels.shape == RAMP.shape
    assert np.abs(film.pixels.astype(int) - RAMP).max() < 8


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def test_damaged_colour_profile_does_no_harm() -> None:
    good = saved(Image.fromarray(RAMP))
    profile = chunk(b"iCCP", b"sRGB\0\0" + b"no profile at all")
    film = decode_bytes(good[:33] + profile + good[33:], "profile.png")
    np.testing.assert_array_equal(film.pixels, RAMP)


def test_a_huge_picture_is_refused_before_it_is_unpacked() -> None:
    side = 20_000
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    forged = (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )
    with pytest.raises(FilmError, match="too large"):
        decode_bytes(forged, "bomb.png")
    side = int(MAX_PIXELS**0.5) + 1  # below Pillow's own limit, above ours
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    forged = (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )
    with pytest.raises(FilmError, match=f"{side} × {side}"):
        decode_bytes(forged, "bomb.png")
    assert Image.MAX_IMAGE_PIXELS is not None


PNG = saved(Image.fromarray(RAMP))
JPEG = saved(Image.fromarray(np.tile(RAMP, (8, 8))), "JPEG")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"patient,finding\n1,COVID-19\n", "is not an image"),
        (JPEG[: len(JPEG) // 2], "damaged JPEG"),
        (PNG[: len(PNG) // 2], "damaged PNG"),
        (b"\x89PNG\r\n\x1a\n", "damaged PNG"),
        (b"\xff\xd8\xff\xe0 rubbish", "damaged JPEG"),
        (saved(Image.fromarray(RAMP), "TIFF"), "a TIFF image"),
        (saved(Image.fromarray(RAMP), "GIF"), "a GIF image"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"\0" * 128 + b"DICM" + b"rubbish" * 9, "DICOM"),
    ],
)
def test_rubbish_gives_a_plain_sentence(data: bytes, says: str) -> None:
    with pytest.raises(FilmError, match=says) as caught:
        decode_bytes(data, "film.png")
    assert str(caught.value).startswith("film.png ")
    assert str(caught.value).endswith(".")


def test_a_missing_file_is_a_film_error(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="cannot be opened"):
        decode_file(tmp_path / "absent.png")


def test_film_id_is_the_hash_of_the_bytes() -> None:
    assert film_id_of(b"") == "e3b0c44298fc1c149afbf4c8996fb924"
    assert film_id_of(PNG) != film_id_of(JPEG)


DEEP = RAMP.astype(np.uint16) * 10 + 500  # 500 … 2980 of 4096


def test_dicom_without_a_window_is_stretched() -> None:
    film = decode_bytes(written(dicom(DEEP)), "film.dcm")
    assert film.format == "DICOM"
    assert (film.pixels.min(), film.pixels.max()) == (0, 255)
    assert np.all(np.diff(film.pixels[0].astype(int)) > 0)


def test_monochrome1_is_the_negative_of_monochrome2() -> None:
    positive = decode_bytes(written(dicom(DEEP)), "a").pixels
    negative = decode_bytes(written(dicom(DEEP, "MONOCHROME1")), "b").pixels
    np.testing.assert_array_equal(negative, 255 - positive)


def test_dicom_window_sets_black_and_white() -> None:
    data = written(dicom(DEEP, WindowCenter=1000.5, WindowWidth=201))
    pixels = decode_bytes(data, "w.dcm").pixels
    assert np.all(pixels[DEEP <= 900] == 0)
    assert np.all(pixels[DEEP > 1100] == 255)
    middle = pixels[(DEEP > 950) & (DEEP < 1050)]
    assert np.all((middle > 50) & (middle < 200))


def test_a_window_wider_than_the_film_leaves_it_flat() -> None:
    data = written(dicom(DEEP, WindowCenter=2048, WindowWidth=4096))
    pixels = decode_bytes(data, "w.dcm").pixels
    expected = DEEP / 4096 * 255
    assert np.abs(pixels - expected).max() < 1


def test_the_rescale_comes_before_the_window() -> None:
    signed = DEEP.astype(np.int16)
    data = written(
        dicom(signed, bits=16, RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=1000.5,
              WindowWidth=201)
    )  # fmt: skip
    pixels = decode_bytes(data, "r.dcm").pixels
    rescaled = DEEP * 2.0 - 1000
    assert np.all(pixels[rescaled <= 900] == 0)
    assert np.all(pixels[rescaled > 1100] == 255)


def test_a_voi_table_wins_over_the_window() -> None:
    item = Dataset()
    item.add_new(0x00283002, "US", [4096, 0, 8])
    item.add_new(0x00283006, "OW", np.arange(4096)[::-1].astype(np.uint16).tobytes())
    dataset = dicom(DEEP, WindowCenter=5, WindowWidth=2, VOILUTSequence=Sequence([item]))
    item.LUTDescriptor[2] = 16
    pixels = decode_bytes(written(dataset), "lut.dcm").pixels
    assert np.all(np.diff(pixels[0].astype(int)) < 0)


def test_a_broken_window_is_passed_over() -> None:
    plain = decode_bytes(written(dicom(DEEP)), "a").pixels
    broken = decode_bytes(written(dicom(DEEP, WindowCenter=5, WindowWidth=0)), "b").pixels
    np.testing.assert_array_equal(plain, broken)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_compressed_dicom_that_is_free_to_read(syntax: pydicom.uid.UID) -> None:
    dataset = dicom(DEEP)
    expected = decode_bytes(written(dataset), "plain").pixels
    if syntax == RLELossless:
        dataset.compress(syntax, generate_instance_uid=False)
    else:
        buffer = BytesIO()
        Image.fromarray(DEEP).save(buffer, "JPEG2000", no_jp2=True, irreversible=False)
        dataset.PixelData = pydicom.encaps.encapsulate([buffer.getvalue()])
        dataset["PixelData"].is_undefined_length = True
        dataset.BitsStored, dataset.HighBit = 16, 15
        dataset.file_meta.TransferSyntaxUID = syntax
    np.testing.assert_array_equal(decode_bytes(written(dataset), "packed").pixels, expected)


def test_compressed_dicom_without_a_decoder_says_so() -> None:
    dataset = dicom(DEEP)
    dataset.PixelData = pydicom.encaps.encapsulate([b"\0\0\1\xb3 whatever"])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    with pytest.raises(FilmError, match=r"cannot be read here \(MPEG2"):
        decode_bytes(written(dataset), "film.dcm")
    dataset.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xc3 whatever"])
    dataset.file_meta.TransferSyntaxUID = JPEGLosslessSV1
    with pytest.raises(FilmError, match="damaged or incomplete"):
        decode_bytes(written(dataset), "film.dcm")


def test_dicom_that_is_no_single_film() -> None:
    series = dicom(DEEP)
    series.NumberOfFrames = 2
    series.PixelData = DEEP.tobytes() * 2
    with pytest.raises(FilmError, match="series"):
        decode_bytes(written(series), "film.dcm")
    empty = dicom(DEEP)
    del empty.PixelData
    with pytest.raises(FilmError, match="its pixels are missing"):
        decode_bytes(written(empty), "film.dcm")
    for word in ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation"):
        delattr(empty, word)
    with pytest.raises(FilmError, match="without an image in it"):
        decode_bytes(written(empty), "film.dcm")
    huge = dicom(DEEP)
    huge.Rows = huge.Columns = 30_000
    with pytest.raises(FilmError, match="too large"):
        decode_bytes(written(huge), "film.dcm")


def test_dicom_cut_short_tells_nothing_of_the_patient(caplog: pytest.LogCaptureFixture) -> None:
    data = written(dicom(DEEP))
    with pytest.raises(FilmError, match="damaged or incomplete") as caught:
        decode_bytes(data[:-100], "film.dcm")
    assert "Secret" not in str(caught.value) + caplog.text
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_colour_is_told_and_a_tint_is_not() -> None:
    grey = np.repeat(RAMP[..., None], 3, axis=2)
    assert decode_bytes(saved(Image.fromarray(RAMP)), "x").colour == 0
    assert decode_bytes(saved(Image.fromarray(grey)), "x").colour == 0
    sepia = (grey * np.array([1.0, 0.8, 0.6])).astype(np.uint8)
    assert decode_bytes(saved(Image.fromarray(sepia)), "x").colour == 0
    halves = grey.copy()
    halves[:, ::2, 0] = 255 - halves[:, ::2, 0]
    assert decode_bytes(saved(Image.fromarray(halves)), "x").colour > 0.5
    # One coloured arrow on a film is no colour picture.
    marked = np.repeat(np.tile(RAMP, (4, 4))[..., None], 3, axis=2)
    marked[40:44, 40:60] = (255, 0, 0)
    assert 0 < decode_bytes(saved(Image.fromarray(marked)), "x").colour < 0.05
