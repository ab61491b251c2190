"""Films of every kind that say who the patient is, wherever a file can say it."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image, PngImagePlugin
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

NAME = "Quennerstedt"
WORD = NAME.encode()


def pixels(seed: int) -> np.ndarray:
    """uint8 (48, 64): something to see, and not the same twice."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((64, 48), Image.Resampling.BICUBIC))


def png(seed: int = 1, turn: int = 6) -> bytes:
    """tEXt, zTXt, iTXt, XMP, EXIF, an ICC profile, an unknown chunk, and bytes behind the end."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", NAME)
    notes.add_text("Comment", NAME * 9, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", f"<x>{NAME}</x>")
    data = saved(Image.fromarray(pixels(seed)), "PNG", pnginfo=notes, exif=_exif(turn),
                 icc_profile=WORD * 4)  # fmt: skip
    end = data.rindex(struct.pack(">I", 0) + b"IEND")
    odd = b"paTx" + WORD
    chunk = struct.pack(">I", len(WORD)) + odd + struct.pack(">I", zlib.crc32(odd))
    return data[:end] + chunk + data[end:] + WORD


def jpeg(seed: int = 2, turn: int = 6) -> bytes:
    """EXIF, a comment, XMP, Photoshop's segment, and bytes behind the end."""
    data = saved(Image.fromarray(pixels(seed)), "JPEG", quality=95, exif=_exif(turn), comment=WORD)
    more = _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + WORD) + _segment(0xED, WORD)
    return data[:2] + more + data[2:] + WORD


def dicom(
    seed: int = 3, syntax: UID = ExplicitVRLittleEndian, number: str = NAME, **header: object
) -> bytes:
    """Names in its header, in a sequence, in private elements, in an overlay, in the preamble
    and, when its pixels are a JPEG, in that as well."""
    film = FileDataset("", {}, preamble=WORD.ljust(128, b" "))
    film.file_meta = FileMetaDataset()
    film.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    film.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{seed}")
    film.file_meta.TransferSyntaxUID = syntax
    film.file_meta.SourceApplicationEntityTitle = NAME
    film.SOPClassUID = DigitalXRayImageStorageForPresentation
    film.SOPInstanceUID = UID(f"1.2.3.{seed}")
    film.PatientName, film.PatientID, film.OtherPatientIDs = f"{NAME}^Ottilie", number, NAME
    film.StudyDescription = film.ImageComments = film.PatientComments = f"Chest of {NAME}"
    film.Modality, film.ViewPosition, film.PatientSex, film.PatientAge = "DX", "PA", "F", "061Y"
    film.PatientBirthDate = "19640229"
    item = Dataset()
    item.ReferringPhysicianName = NAME
    film.ReferencedPatientSequence = [item]
    film.private_block(0x0011, NAME, create=True).add_new(0x01, "LO", NAME)
    film.add_new(0x60000022, "LO", NAME)  # an overlay's description
    film.Rows, film.Columns, film.SamplesPerPixel = 48, 64, 1
    film.PhotometricInterpretation = "MONOCHROME2"
    film.PixelRepresentation = 0
    film.WindowCenter, film.WindowWidth = 1000, 1500
    if syntax == JPEGBaseline8Bit:
        film.BitsAllocated, film.BitsStored, film.HighBit = 8, 8, 7
        film.WindowCenter, film.WindowWidth = 128, 256
        film.PixelData = encapsulate([jpeg(seed, turn=1)])
        film["PixelData"].VR = "OB"
        film["PixelData"].is_undefined_length = True
    else:
        film.BitsAllocated, film.BitsStored, film.HighBit = 16, 12, 11
        order = ">" if syntax == ExplicitVRBigEndian else "<"
        film.PixelData = (pixels(seed).astype(f"{order}u2") * 8).tobytes()
        film["PixelData"].VR = "OW"
    for key, value in header.items():
        setattr(film, key, value)
    stream = BytesIO()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    film.set_original_encoding(implicit, little)
    film.save_as(stream, implicit_vr=implicit, little_endian=little)
    return stream.getvalue()


def every_kind() -> dict[str, bytes]:
    """File name → content of every kind, those included that cannot be read as films."""
    return {
        "covid/a.png": png(1),
        "covid/b.jpg": jpeg(2),
        "covid/c.dcm": dicom(3),
        "covid/d.dcm": dicom(4, ImplicitVRLittleEndian),
        "normal/e.dcm": dicom(5, JPEGBaseline8Bit),
        "normal/f.dcm": dicom(6, ExplicitVRBigEndian),
        "normal/g": dicom(7),
        "normal/no preamble.dcm": dicom(8)[132:],
        "normal/cut.dcm": dicom(9)[:900],
        "normal/cut.png": png(10)[:300],
        "normal/letter.pdf": b"%PDF-1.7 " + WORD,
        "normal/letter.txt": b"Dear Ms " + WORD,
    }


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _exif(turn: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B], exif[0x010E] = turn, NAME, NAME  # orientation, artist, description
    return exif


def _segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(content) + 2) + content
