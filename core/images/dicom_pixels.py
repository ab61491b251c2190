"""From a DICOM file's elements to its stored values, whatever compression they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.uid import UID

from core.errors import FilmError
from core.images.dicom_bits import out_of_bits
from core.images.dicom_file import dicom_number, whole_of, word_of
from core.images.jpeg_marks import JPEG_LS, LOSSLESS, JpegMarks, jpeg_marks
from core.images.limits import MAX_PIXELS, too_large
from core.images.raster import check_scans

KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
PIXEL_TAGS = (b"\xe0\x7f\x10\x00", b"\x7f\xe0\x00\x10")  # little and big endian
OF_IMAGES = ("Rows", "Columns", "BitsAllocated", "PhotometricInterpretation")
ITEM = b"\xfe\xff\x00\xe0"
RLE_HEADER = 64
WIDTHS = (1, 8, 16, 32, 64)  # bits of a stored value that are read

OTHER_COMPRESSION = "The header names another compression than the pixels are in; theirs was used."
BITS = "The header's bits do not fit each other; the pixels were read by how many there are."


@dataclass(frozen=True)
class Stored:
    """``values``: (H, W) or (H, W, 3), as stored. ``padding``: bool (H, W), True where the
    header says that there is no film, or None."""

    values: np.ndarray
    padding: np.ndarray | None
    bits: int
    syntax: str


def check_image(dataset: Dataset, data: bytes, name: str) -> str:
    """The element that holds the pixels. ``data``: the file. Raises FilmError when there is no
    single image."""
    keyword = next((one for one in KEYWORDS if one in dataset), None)
    rows, columns = whole_of(dataset, "Rows"), whole_of(dataset, "Columns")
    if keyword is None:
        if "DirectoryRecordSequence" in dataset:
            raise FilmError(
                f"{name} is a DICOMDIR, a list of files without an image in it. Choose the films "
                "that lie beside it."
            )
        if any(tag in data for tag in PIXEL_TAGS):  # an element before them is torn
            raise FilmError(f"{name} is a damaged or incomplete DICOM file. Export it again.")
        if any(word in dataset for word in OF_IMAGES):
            raise FilmError(
                f"{name} is a DICOM file that describes an image without holding one: its pixels "
                "are missing. Export it again."
            )
        raise FilmError(f"{name} is a DICOM file without an image in it.")
    if not rows or not columns or rows < 0 or columns < 0:
        raise FilmError(
            f"{name} is a DICOM file without an image in it that could be read: its header does "
            "not say how many rows and columns it has."
        )
    if rows * columns > MAX_PIXELS:
        raise too_large(name, columns, rows)
    if (dicom_number(dataset, "NumberOfFrames") or 1) > 1:
        raise _series(name)
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = rows, columns, 1
    return keyword


def _series(name: str) -> FilmError:
    return FilmError(f"{name} holds a series of images; export the one film from it.")


def stored_values(dataset: Dataset, keyword: str, name: str, notes: list[str]) -> Stored:
    """The pixels as stored. What is missing or odd in the header is set right in ``dataset``,
    and told in ``notes``. Raises FilmError, or what a decoder raises on damaged data."""
    _settle_header(dataset, keyword, name, notes)
    marks = _settle_syntax(dataset, keyword, notes)
    syntax = UID(dataset.file_meta.TransferSyntaxUID)
    if marks:
        check_scans(marks.scans, name)
        if marks.width * marks.height > MAX_PIXELS:
            raise ValueError("the pixels are more than the header says")
    if syntax == pydicom.uid.JPEGExtended12Bit and marks and marks.precision == 12:
        raw = _extended(dataset, name)
    else:
        _check_decoder(syntax, name)
        raw = _decoded(dataset, syntax)
    if raw.ndim != (2 if dataset.SamplesPerPixel == 1 else 3):
        raise _series(name)  # whatever its header says of the number of frames
    padding = None
    if raw.ndim == 2 and keyword == "PixelData":
        values, padding = out_of_bits(raw, dataset, notes)
    else:
        values = raw
    bits = dataset.BitsStored if keyword == "PixelData" else raw.dtype.itemsize * 8
    return Stored(values, padding, bits, syntax.name)


def _settle_header(dataset: Dataset, keyword: str, name: str, notes: list[str]) -> None:
    samples = whole_of(dataset, "SamplesPerPixel")
    meaning = word_of(dataset, "PhotometricInterpretation")
    if samples not in (1, 3):
        if samples is not None and samples > 1:
            raise FilmError(
                f"{name} has {samples} values a pixel, which is no film. Export it as a grey image."
            )
        samples = 3 if meaning.startswith(("RGB", "YBR")) else 1
    dataset.SamplesPerPixel = samples
    if samples == 3:
        dataset.PlanarConfiguration = 1 if whole_of(dataset, "PlanarConfiguration") == 1 else 0
    if keyword != "PixelData":
        dataset.BitsAllocated = 32 if keyword == "FloatPixelData" else 64
        return
    pixels = dataset.Rows * dataset.Columns * samples
    allocated = whole_of(dataset, "BitsAllocated")
    if allocated is None:
        allocated = max(8, min(32, len(dataset.PixelData) // pixels * 8))
        notes.append(BITS)
    if allocated not in WIDTHS:
        raise FilmError(
            f"{name} stores {allocated} bits a pixel, which cannot be read here. Export it with 8 "
            "or 16 bits, or as PNG."
        )
    stored = whole_of(dataset, "BitsStored")
    if stored is None or not 1 <= stored <= allocated:
        stored = allocated
        notes.append(BITS)
    high = whole_of(dataset, "HighBit")
    if high is None or not stored - 1 <= high < allocated:
        high = stored - 1
    signed = whole_of(dataset, "PixelRepresentation") == 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = allocated, stored, high
    dataset.PixelRepresentation = int(signed)


def _settle_syntax(dataset: Dataset, keyword: str, notes: list[str]) -> JpegMarks | None:
    """Sets the transfer syntax by what the pixels are where the header says nothing of it, or
    something that cannot be; for a JPEG of any kind, gives its markers."""
    named = UID(str(dataset.file_meta.get("TransferSyntaxUID") or "").strip(" \0"))
    implicit, little = dataset.original_encoding
    plain = (
        pydicom.uid.ExplicitVRBigEndian
        if little is False
        else pydicom.uid.ImplicitVRLittleEndian
        if implicit
        else pydicom.uid.ExplicitVRLittleEndian
    )
    pixels = dataset[keyword].value
    if keyword != "PixelData" or pixels[:4] != ITEM:
        if named not in pydicom.uid.AllTransferSyntaxes or named.is_compressed:
            # Neither the header nor a first item says that anything is packed.
            size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel
            if not named or len(pixels) >= size * dataset.BitsAllocated // 8:
                named = plain
        dataset.file_meta.TransferSyntaxUID = named
        return None
    try:
        stream = next(generate_frames(pixels, number_of_frames=1))
    except Exception:  # noqa: BLE001 - the decoder will say what is wrong
        stream = b""
    marks = jpeg_marks(stream) if stream[:2] == b"\xff\xd8" else None
    found = _of_stream(stream, marks)
    known = named in pydicom.uid.AllTransferSyntaxes and named.is_compressed
    if found and (not known or not _fits(named, found, marks)):
        if named:
            notes.append(OTHER_COMPRESSION)
        named = found
    dataset.file_meta.TransferSyntaxUID = named
    dataset["PixelData"].is_undefined_length = True
    return marks


def _of_stream(stream: bytes, marks: JpegMarks | None) -> UID | None:
    uid = pydicom.uid
    if marks:
        if marks.frame == JPEG_LS:
            return uid.JPEGLSNearLossless
        if marks.frame in LOSSLESS:
            return uid.JPEGLossless
        if marks.precision == 8:
            return uid.JPEGBaseline8Bit
        return uid.JPEGExtended12Bit if marks.precision == 12 else None
    if stream[:4] == b"\xff\x4f\xff\x51":
        return uid.HTJ2K if b"\xff\x50" in stream[:128] else uid.JPEG2000
    segments = int.from_bytes(stream[:4], "little")
    # The first segment of RLE data begins behind the list of segments.
    if 1 <= segments <= 15 and stream[4:8] == RLE_HEADER.to_bytes(4, "little"):
        return uid.RLELossless
    return None


def _fits(named: UID, found: UID, marks: JpegMarks | None) -> bool:
    uid = pydicom.uid
    families: tuple[tuple[UID, ...], ...] = (
        (uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit),
        (uid.JPEGLossless, uid.JPEGLosslessSV1),
        (uid.JPEGLSLossless, uid.JPEGLSNearLossless),
        (uid.JPEG2000, uid.JPEG2000Lossless),
        (uid.HTJ2K, uid.HTJ2KLossless, uid.HTJ2KLosslessRPCL),
        (uid.RLELossless,),
    )
    if named == uid.JPEGBaseline8Bit and marks and marks.precision != 8:
        return False
    return any(named in family and found in family for family in families)


def _check_decoder(syntax: UID, name: str) -> None:
    if not syntax.is_private and not syntax.is_compressed:
        return
    try:
        available = pydicom.pixels.get_decoder(syntax).is_available
    except NotImplementedError:
        available = False
    if not available:
        known = f" ({syntax.name})" if syntax.name != str(syntax) else ""
        raise FilmError(
            f"{name} is compressed in a way that cannot be read here{known}. "
            "Export it uncompressed, or as PNG."
        )


def _extended(dataset: Dataset, name: str) -> np.ndarray:
    """JPEG Extended with 12 bits, by GDCM itself: pydicom does not ask it for these."""
    import gdcm  # here: 20 MB that hardly any film needs

    if dataset.SamplesPerPixel != 1:
        raise FilmError(f"{name} is a colour image with 12 bits in JPEG; films are grey.")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(next(generate_frames(dataset.PixelData, number_of_frames=1)))
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((dataset.Columns, dataset.Rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.GetPIType("MONOCHROME2")
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    syntax = gdcm.TransferSyntax.GetTSType(str(pydicom.uid.JPEGExtended12Bit))
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # GDCM's binding gives bytes as text.
    buffer = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(buffer, np.uint16).reshape(dataset.Rows, dataset.Columns)


def _decoded(dataset: Dataset, syntax: UID) -> np.ndarray:
    """By pydicom's decoders, colours as RGB. Bits beyond those stored stay, because a header
    may be wrong about them."""
    decoder = pydicom.pixels.get_decoder(syntax)
    options: Any = {"correct_unused_bits": False, "view_only": True}
    return decoder.as_array(dataset, **options)[0]
