"""Look-up tables of a DICOM film (PS3.3 C.11.1.1, C.11.2.1.1), however their numbers are packed.

pydicom's own functions know 16-bit words only, take no modality table of 10 to 14 bits, and
count values modulo 256 in a VOI table of 8 bits; so the tables are read here.
"""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from core.images.dicom_file import numbers_of, value_of
from core.images.grey_range import strips

WORD = 1 << 16


def items_of(dataset: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence of tables; empty when there is none that can be read."""
    found = value_of(dataset, keyword)
    return [one for one in found if isinstance(one, Dataset)] if found else []


def looked_up(values: np.ndarray, item: Dataset, *, little: bool) -> np.ndarray:
    """Each of the whole ``values`` (H, W) through the table of ``item``, as uint16 (H, W). What
    lies beyond the table gets its first or last entry. Raises ValueError for a damaged table."""
    first, table = _table(item, little=little)
    found = np.empty(values.shape, np.uint16)
    for rows in strips(*values.shape):
        places = values[rows].astype(np.int64) - first
        found[rows] = table[np.clip(places, 0, len(table) - 1)]
    return found


def _table(item: Dataset, *, little: bool) -> tuple[int, np.ndarray]:
    """The value that the first entry stands for, and the entries."""
    descriptor = numbers_of(item, "LUTDescriptor")
    if len(descriptor) != 3:
        raise ValueError("no descriptor")
    entries = int(descriptor[0]) % WORD or WORD
    data = value_of(item, "LUTData")
    if isinstance(data, bytes):
        kind = "<u2" if little else ">u2"
        # An odd number of bytes is filled up with one.
        table = np.frombuffer(data, "u1" if len(data) < 2 * entries else kind)
    else:
        table = np.atleast_1d(np.asarray(data, np.int64)) % WORD
        if len(table) < entries <= 2 * len(table):  # two of 8 bits in each
            table = np.stack([table & 255, table >> 8], axis=1).ravel()
    if len(table) < entries:
        raise ValueError("a table is shorter than it says")
    return int(descriptor[1]), table[:entries].astype(np.uint16)
