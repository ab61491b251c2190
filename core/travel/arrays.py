"""Arrays as the entries of a run's file: NumPy's own format, numbers and plain text only."""

from __future__ import annotations

import math
import tokenize
from io import BytesIO

import numpy as np
from numpy.lib import format as npy

from core.errors import InputError

ENDING = ".npy"
_KINDS = "biufU"  # truth values, whole numbers, numbers, text: nothing that could be a pickle
_LONGEST_HEADER = 4096


def array_bytes(array: np.ndarray) -> bytes:
    """The array as a ``.npy`` file; the same array always gives the same bytes."""
    out = BytesIO()
    npy.write_array(out, np.asarray(array, order="C"), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def array_of(data: bytes, name: str) -> np.ndarray:
    """What ``array_bytes`` gave. Memory is taken only for what is really there. ``name``: what
    the sentence of the error calls it. Raises InputError for anything else, objects included."""
    try:
        stream = BytesIO(data)
        if npy.read_magic(stream) != (1, 0):
            raise ValueError("another version")
        shape, fortran, dtype = npy.read_array_header_1_0(stream, max_header_size=_LONGEST_HEADER)
        if fortran or dtype.kind not in _KINDS or dtype.hasobject or min(shape, default=1) < 0:
            raise ValueError("not plain numbers or text")
        start = stream.tell()
        if math.prod(shape) * dtype.itemsize != len(data) - start:
            raise ValueError("another length")
        # A copy, because what stands on bytes cannot be written to.
        found: np.ndarray = np.frombuffer(data, dtype, offset=start).reshape(shape).copy()
    except (ValueError, TypeError, SyntaxError, tokenize.TokenError, RecursionError) as error:
        raise InputError(f"{name} is not an array of plain numbers.") from error
    return found
