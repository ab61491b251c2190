"""Stored values out of the bits they stand in, and where a DICOM film has padding."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from core.images.dicom_file import value_of

ABOVE = "Values reach beyond the bits that the header names; all of them were read."


def out_of_bits(
    raw: np.ndarray, dataset: Dataset, notes: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The stored values out of the bits they stand in (PS3.5 8.1.1), and where padding is."""
    bits = dataset.BitsStored
    if raw.dtype.kind not in "iu" or bits >= raw.dtype.itemsize * 8:
        return raw, _padding(raw, dataset, raw)
    least, most = int(raw.min()), int(raw.max())
    if least >= -(1 << bits - 1) and most < 1 << bits - (raw.dtype.kind == "i"):
        return raw, _padding(raw, dataset, raw)
    values = _from_bits(raw, dataset)
    above = most >= 1 << bits or least < -(1 << bits - 1)
    unclear = above and dataset.HighBit + 1 == bits and not _holds_overlays(dataset)
    # Either the free bits hold something else, or the header names too few: what makes the
    # smoother picture is true.
    if unclear and _roughness(raw) <= _roughness(values):
        padding = _padding(raw, dataset, raw)
        film = raw if padding is None else raw[~padding]
        if film.size and int(film.max()) >= 1 << bits:
            notes.append(ABOVE)
        return raw, padding
    return values, _padding(raw, dataset, values)


def _from_bits(raw: np.ndarray, dataset: Dataset) -> np.ndarray:
    """Up until the highest bit is the sign, and down again: arithmetic fills what is left."""
    allocated = raw.dtype.itemsize * 8
    up = raw << raw.dtype.type(allocated - 1 - dataset.HighBit)
    values: np.ndarray = up >> raw.dtype.type(allocated - dataset.BitsStored)
    return values


def _roughness(values: np.ndarray) -> float:
    """How much neighbours differ, as a part of the whole spread."""
    few = values[:: max(1, values.shape[0] // 256)].astype(np.float64)
    spread = float(np.ptp(np.percentile(few, [2, 98])))
    return float(np.abs(np.diff(few, axis=1)).mean()) / max(spread, 1.0) if few.size > 1 else 0.0


def _holds_overlays(dataset: Dataset) -> bool:
    """Whether old overlays use the bits that pixels leave free."""
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x0102) in dataset and (group, 0x3000) not in dataset:
            return True
    return False


def _padding(raw: np.ndarray, dataset: Dataset, values: np.ndarray) -> np.ndarray | None:
    """Where the padding value or range stands; None when nowhere, or when nothing else does."""
    first, last = (_whole(dataset, f"PixelPadding{one}") for one in ("Value", "RangeLimit"))
    if first is None:
        return None
    ends = [first, first if last is None else last]
    allocated = raw.dtype.itemsize * 8
    # Beyond the bits stored it can only be meant for the bits as they stand.
    where = raw if max(abs(one) for one in ends) >= 1 << dataset.BitsStored else values
    if raw.dtype.kind == "u":
        ends = [one % (1 << allocated) for one in ends]
    elif raw.dtype.kind == "i":  # -1 and 65535 are the same 16 bits
        ends = [one - (1 << allocated) if one >= 1 << allocated - 1 else one for one in ends]
    found = (where >= min(ends)) & (where <= max(ends))
    return found if found.any() and not found.all() else None


def _whole(dataset: Dataset, keyword: str) -> int | None:
    """Its kind depends on another element; where that is odd, pydicom gives two bytes."""
    value = value_of(dataset, keyword)
    if isinstance(value, bytes) and len(value) == 2:
        return int.from_bytes(value, "little")
    return value if isinstance(value, int) else None
