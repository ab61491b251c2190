"""A DICOM file with nothing in it but its pixels and what it takes to show them.

A list of what may stay, not of what must go: nobody can list all places where programs of the
world write a name. Numbers stay as they are written, words only where they are words of the
standard.
"""

from __future__ import annotations

import hashlib
import re
from io import BytesIO
from math import ceil

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.tag import Tag
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from core.images.bare_raster import bare_jpeg, bare_jpeg_2000
from core.images.bare_rle import bare_rle
from core.images.dicom_file import (
    OURS,
    PREAMBLE,
    PREFIX,
    numbers_of,
    read_dataset,
    whole_of,
)
from core.images.header import VIEWS
from core.images.header_facts import HeaderFacts
from core.images.limits import MAX_BYTES

# Written as text in the file.
TEXT_NUMBERS = frozenset({
    "NumberOfFrames", "PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing", "WindowCenter",
    "WindowWidth", "RescaleIntercept", "RescaleSlope",
})  # fmt: skip
NUMBERS = (
    "SamplesPerPixel", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelAspectRatio",
    "SmallestImagePixelValue", "LargestImagePixelValue", "PixelPaddingValue",
    "PixelPaddingRangeLimit", "PixelSpacing", "ImagerPixelSpacing", "WindowCenter",
    "WindowWidth", "RescaleIntercept", "RescaleSlope",
)  # fmt: skip
TABLES = tuple(
    f"{word}PaletteColorLookupTable{what}"
    for colour in ("Red", "Green", "Blue")
    for word, what in ((colour, "Descriptor"), (colour, "Data"), (f"Segmented{colour}", "Data"))
)
WORDS = {
    "Modality": r"CR|DX|DR|RG|RF|XA|OT|MG|PX|IO|CT|MR",
    "PhotometricInterpretation": r"MONOCHROME[12]|PALETTE COLOU?R|RGB|YBR_[A-Z]+(?:_4\d\d)?",
    "VOILUTFunction": r"LINEAR|LINEAR_EXACT|SIGMOID",
    "PresentationLUTShape": r"IDENTITY|INVERSE",
    "ViewPosition": "|".join(sorted(VIEWS)),
}
LUTS = ("ModalityLUTSequence", "VOILUTSequence")
PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_NUMBER = re.compile(rb"[0-9eE+\-., \\\0]*")
_MOST = 4096  # bytes of a number's text


def bare_dicom(data: bytes, start: int, facts: HeaderFacts) -> bytes:
    """The film alone, with a preamble, and ``facts`` as ``header_facts`` reads them back.

    Raises ValueError, or what pydicom raises.
    """
    dataset, _ = read_dataset(data, start, "The film")
    kept = _kept(dataset, (*NUMBERS, *TABLES))
    if _holds_overlays(dataset):
        raise ValueError("overlays in the bits beside the pixels may be writing")
    for word, pattern in WORDS.items():
        text = dataset.get(word)
        if isinstance(text, str) and re.fullmatch(pattern, text.strip(" \0"), re.IGNORECASE):
            setattr(kept, word, text)
    for name in LUTS:
        items = [_table(item) for item in dataset.get(name) or ()]
        if items:
            setattr(kept, name, items)
    if facts.patient or facts.person:
        kept.PatientID = f"{OURS.decode()}:{facts.patient}:{facts.person}"
    if facts.sex:
        kept.PatientSex = facts.sex
    age = dataset.get("PatientAge")
    if facts.age is not None and isinstance(age, str):
        kept.PatientAge = age
    implicit, little = dataset.original_encoding
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if not syntax or not syntax.is_transfer_syntax or not syntax.is_compressed:
        syntax = (
            ImplicitVRLittleEndian if implicit
            else ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        )  # fmt: skip
    for name in PIXELS:
        if name in dataset:
            tag = Tag(name)
            kept[tag] = _pixels(_raw(dataset, tag), *_size_of_pixels(dataset))
    return _written(kept, syntax, data, bool(implicit), bool(little))


def _holds_overlays(dataset: Dataset) -> bool:
    return any(
        (group, 0x0102) in dataset and (group, 0x3000) not in dataset
        for group in range(0x6000, 0x6020, 2)
    )


def _kept(dataset: Dataset, names: tuple[str, ...]) -> Dataset:
    found = Dataset()
    for name in names:
        tag = Tag(name)
        if tag not in dataset:
            continue
        element = _raw(dataset, tag)
        value = element.value or b""
        text = name in TEXT_NUMBERS
        if name in NUMBERS and len(value) > (_MOST if text else 8):
            continue
        if not text or _NUMBER.fullmatch(value):
            found[tag] = element
    return found


def _raw(dataset: Dataset, tag: int) -> RawDataElement:
    element = dataset.get_item(tag)
    if not isinstance(element, RawDataElement):
        raise ValueError("an element that is not as it was read")
    return element


def _table(item: Dataset) -> Dataset:
    """A look-up table, without what stands behind its last number."""
    kept = _kept(item, ("LUTDescriptor", "LUTData"))
    descriptor = numbers_of(item, "LUTDescriptor")
    if "LUTData" in kept and descriptor:
        element = _raw(kept, Tag("LUTData"))
        most = 2 * (int(descriptor[0]) % 65536 or 65536)
        kept[element.tag] = element._replace(value=(element.value or b"")[:most])
    return kept


def _size_of_pixels(dataset: Dataset) -> tuple[int, int]:
    """How many bytes a picture has that is not compressed, filled up to an even number (the most
    there can be when the header does not say), and how many pixels."""
    rows, columns, samples, bits = (
        whole_of(dataset, word) or 0
        for word in ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated")
    )
    pixels = rows * columns
    return 2 * ceil(pixels * (samples or 1) * bits / 16) or MAX_BYTES, pixels


def _pixels(element: RawDataElement, most: int, pixels: int) -> RawDataElement:
    """Compressed pixels carry comments of their own; behind others anything may stand."""
    if not element.value or not element.value.startswith(b"\xfe\xff\x00\xe0"):
        value = (element.value or b"")[:most]
        return element._replace(value=value, length=len(value))
    frames = [
        _bare_stream(frame, pixels) for frame in generate_frames(element.value, number_of_frames=1)
    ]
    packed = encapsulate(frames)
    return element._replace(value=packed, length=0xFFFFFFFF)


def _bare_stream(stream: bytes, pixels: int) -> bytes:
    if stream.startswith(b"\xff\xd8"):
        return bare_jpeg(stream)
    if stream.startswith((b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  ")):
        return bare_jpeg_2000(stream)
    return bare_rle(stream, pixels)


def _written(kept: Dataset, syntax: UID, data: bytes, implicit: bool, little: bool) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    # From the content, so that the same film is written the same way whenever it comes.
    number = int(hashlib.sha256(data).hexdigest()[:30], 16)
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.{number}")
    meta.TransferSyntaxUID = syntax
    kept.SOPClassUID, kept.SOPInstanceUID = (
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID,
    )  # fmt: skip
    stream = BytesIO()
    file = FileDataset(stream, kept, file_meta=meta, preamble=b"\0" * PREAMBLE)
    file.set_original_encoding(implicit, little)
    file.save_as(stream, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    written = stream.getvalue()
    if written[PREAMBLE : PREAMBLE + 4] != PREFIX:
        raise ValueError("not written as a file")
    return written
