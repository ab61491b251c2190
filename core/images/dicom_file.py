"""From a DICOM file's bytes to its elements, however the file begins and whatever is odd in it."""

from __future__ import annotations

import logging
import math
import struct
import zlib
from io import BytesIO
from typing import Any

import pydicom
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

from core.errors import FilmError
from core.images.limits import MAX_PIXELS

# pydicom's warnings quote header values, and those belong in no log.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

DEFLATED = DeflatedExplicitVRLittleEndian.encode()
PLAIN = ExplicitVRLittleEndian.encode()
PREAMBLE = 128
PREFIX = b"DICM"
SEARCHED = 132  # bytes: where elements may begin when there is no preamble, or a damaged one
FIRST_GROUPS = (0x0002, 0x0004, 0x0008)
VRS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM "
    b"UC UI UL UN UR US UT UV".split()
)
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
OURS = b"THORAXLENS"  # begins the patient's number where it is a hash of ours
INFLATED = 4 * MAX_PIXELS + 16 * 1024 * 1024  # bytes that a deflated file may come to
# Who the patient is, beside all that holds a person's name: the accession number, and what stands
# in the patient's own group but for what many people have in common and what was done to hide it.
ACCESSION, PATIENTS_GROUP = 0x00080050, 0x0010
SHARED_BY_MANY = frozenset({
    0x00100000, 0x00100022, 0x00100040, 0x00101010, 0x00101020, 0x00101030, 0x00102160,
    0x001021A0, 0x001021C0, 0x00102203,
})  # fmt: skip
DEPTH = 8  # sequences within each other


def dicom_start(data: bytes) -> int | None:
    """Where the DICOM content begins: 0 with a preamble, else at the first element; None for
    what is no DICOM. Without a preamble, two elements in order must follow each other."""
    if data[PREAMBLE : PREAMBLE + 4] == PREFIX:
        return 0
    if data[:4] == PREFIX:
        return 4
    # A preamble that lost or won some bytes.
    place = data.find(PREFIX, 0, 4 * PREAMBLE) + len(PREFIX)
    if place >= len(PREFIX) and _two_elements(data, place, "<"):
        return place
    for start in range(min(SEARCHED, len(data)) + 1):
        if _two_elements(data, start, "<") or _two_elements(data, start, ">"):
            return start
    return None


def _two_elements(data: bytes, start: int, order: str) -> bool:
    if len(data) < start + 16:
        return False
    group, element = struct.unpack_from(f"{order}HH", data, start)
    if group not in FIRST_GROUPS or element > 0x0100:
        return False
    vr = data[start + 4 : start + 6]
    if vr in VRS:
        if vr in LONG_VRS:
            after = start + 12 + struct.unpack_from(f"{order}I", data, start + 8)[0]
        else:
            after = start + 8 + struct.unpack_from(f"{order}H", data, start + 6)[0]
    elif order == "<":
        after = start + 8 + struct.unpack_from("<I", data, start + 4)[0]
    else:
        return False  # big endian always names the kind of its values
    if len(data) < after + 8:
        return False
    following = struct.unpack_from(f"{order}HH", data, after)
    # Group 2 is little endian whatever follows it.
    return (group, element) < following < (0x0040, 0) or (group == 2 and following[0] == 0x0800)


def read_dataset(data: bytes, start: int, name: str) -> tuple[Dataset, bool]:
    """The elements of a DICOM file that begins at ``start``, and whether it was compressed as a
    whole. Raises FilmError, or whatever pydicom raises on a damaged file."""
    content = data[start:]
    if DEFLATED in content[:1024]:
        content = _inflated(content, name)
    return pydicom.dcmread(BytesIO(content), force=True), len(content) != len(data) - start


def _inflated(data: bytes, name: str) -> bytes:
    """A file that is compressed as a whole, unpacked within a limit and named as that."""
    begin = PREAMBLE + 4 if data[PREAMBLE : PREAMBLE + 4] == PREFIX else 0
    place = _end_of_meta(data, begin)
    if DEFLATED not in data[begin:place]:
        return data  # the number stands somewhere else in the header
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    content = machine.decompress(data[place:], INFLATED)
    if machine.unconsumed_tail:
        raise FilmError(
            f"{name} is compressed as a whole (deflated) and unpacks to more than "
            f"{INFLATED / 1e6:.0f} MB. Export it uncompressed, or smaller."
        )
    return data[:place].replace(DEFLATED, PLAIN.ljust(len(DEFLATED), b"\0")) + content


def _end_of_meta(data: bytes, place: int) -> int:
    """Where group 2 ends, which always stands uncompressed, element by element."""
    while data[place : place + 2] == b"\x02\x00":
        if data[place + 4 : place + 6] in LONG_VRS:
            place += 12 + struct.unpack_from("<I", data, place + 8)[0]
        else:
            place += 8 + struct.unpack_from("<H", data, place + 6)[0]
    return place


def value_of(dataset: Dataset, keyword: str) -> Any:
    """An element's value, None when it is absent, empty, or cannot be understood."""
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001 - odd bytes in a number raise almost anything
        return None
    return None if value is None or value == "" else value


def numbers_of(dataset: Dataset, keyword: str) -> list[float]:
    """An element's numbers; NaN for each that is none. Empty when the element is."""
    value = value_of(dataset, keyword)
    if value is None:
        return []
    many = value if isinstance(value, (list, tuple, pydicom.multival.MultiValue)) else [value]
    return [_number(one) for one in many]


def dicom_number(dataset: Dataset, keyword: str) -> float | None:
    """The first of ``numbers_of`` if it is finite, else None."""
    numbers = numbers_of(dataset, keyword)
    return numbers[0] if numbers and math.isfinite(numbers[0]) else None


def whole_of(dataset: Dataset, keyword: str) -> int | None:
    """The same for elements that count something."""
    number = dicom_number(dataset, keyword)
    return None if number is None else int(number)


def word_of(dataset: Dataset, keyword: str) -> str:
    """An element's text in capitals, with single blanks; "" when it is absent or no text."""
    value = value_of(dataset, keyword)
    return " ".join(value.replace("\0", " ").split()).upper() if isinstance(value, str) else ""


def has_patient_data(dataset: Dataset, depth: int = 0) -> bool:
    """Whether the header says who the patient is: a name, a number, a birth date, an address,
    also within a sequence. Looks at whether values are there, and at none of them."""
    for tag in list(dataset.keys()):  # iterating a Dataset itself would decode all its values
        try:
            element = dataset.get_item(tag)
            vr = element.VR or (dictionary_VR(tag) if dictionary_has_tag(tag) else "")
            if vr == "SQ":
                if depth < DEPTH and any(
                    has_patient_data(item, depth + 1) for item in dataset[tag].value
                ):
                    return True
                continue
            filled = bool(bytes(element.value).strip(b" \0^") if isinstance(element.value, bytes)
                          else str(element.value).strip(" ^"))  # fmt: skip
        except Exception:  # noqa: BLE001 - an element that cannot be read is not shown either
            continue
        if not filled or (isinstance(element.value, bytes) and element.value.startswith(OURS)):
            continue  # empty, or a hash that we put there ourselves
        own = int(tag) >> 16 == PATIENTS_GROUP and int(tag) not in SHARED_BY_MANY
        if own or int(tag) == ACCESSION or vr == "PN":
            return True
    return False


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
