"""DICOM files made for tests: a 12-bit film, and ways to write it."""

from __future__ import annotations

from copy import deepcopy
from io import BytesIO

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid

SIDE = 96


def film(low: int = 200, high: int = 3500) -> np.ndarray:
    """A soft 12-bit picture uint16 (96, 96), its darkest value ``low``, its brightest ``high``."""
    down, across = np.mgrid[0:SIDE, 0:SIDE] / (SIDE - 1)
    soft = np.sin(3 * across) * np.cos(2 * down) + 0.3 * down
    grain = np.random.default_rng(7).normal(0, 0.01, soft.shape)
    soft = soft + grain
    part = (soft - soft.min()) / np.ptp(soft)
    values: np.ndarray = np.rint(low + part * (high - low)).astype(np.uint16)
    return values


def expected(stored: np.ndarray, low: float | None = None, high: float | None = None) -> np.ndarray:
    """uint8: the range ``low … high`` (default: the film's own) as 0 … 255."""
    low = float(stored.min()) if low is None else low
    high = float(stored.max()) if high is None else high
    return np.clip(np.rint((stored.astype(float) - low) / (high - low) * 255), 0, 255)


def dicom(stored: np.ndarray, bits: int = 12, **header: object) -> FileDataset:
    """A dataset around ``stored``; a keyword of None leaves that element out."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Rows, dataset.Columns = stored.shape[:2]
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = stored.dtype.itemsize * 8
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = int(stored.dtype.kind == "i")
    dataset.PixelData = stored.tobytes()
    for key, value in header.items():
        if value is None:
            delattr(dataset, key)
        else:
            setattr(dataset, key, value)
    return dataset


def written(dataset: Dataset) -> bytes:
    """As a file with preamble and meta information."""
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def bare(dataset: Dataset, implicit: bool = False, little: bool = True) -> bytes:
    """Elements alone: no preamble, no meta information."""
    buffer = BytesIO()
    dataset = deepcopy(Dataset(dataset))
    if not little:
        _swap(dataset)
    pydicom.dcmwrite(buffer, dataset, implicit_vr=implicit, little_endian=little)
    return buffer.getvalue()


def big_endian(dataset: FileDataset) -> bytes:
    """As a file, big endian throughout but for its meta information."""
    buffer = BytesIO()
    dataset = deepcopy(dataset)
    _swap(dataset)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    dataset.file_meta.FileMetaInformationVersion = b"\0\1"
    pydicom.dcmwrite(buffer, dataset, implicit_vr=False, little_endian=False)
    return buffer.getvalue()


def _swap(dataset: Dataset) -> None:
    dataset["PixelData"].VR = "OW"
    dataset.PixelData = np.frombuffer(dataset.PixelData, np.uint16).byteswap().tobytes()


def with_word(dataset: Dataset, tag: str, vr: bytes, value: bytes) -> bytes:
    """The file with one element of group 28 holding ``value`` as it stands, whatever it is."""
    keep = dataset.copy()
    keep.add_new(0x00280301, "LO", "HERE")  # stands right before where it is looked for
    data = written(keep)
    element = bytes.fromhex(tag)[1::-1] + bytes.fromhex(tag)[:1:-1]
    mine = element + vr + len(value).to_bytes(2, "little") + value
    place = data.index(b"\x28\x00\x01\x03LO")
    return data[:place] + mine + data[place + 12 :]
