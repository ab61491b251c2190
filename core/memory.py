"""How this process gives memory back that it does not need any more."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress

_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of glibc's malloc.h
_LARGE = 1 << 16  # bytes
_POOL = "ARROW_DEFAULT_MEMORY_POOL"


def give_back_at_once() -> None:
    """From now on what is large goes back to the system as soon as it is let go; call it first of
    all. Not for what computes: there each step lets go of arrays that the next one wants again.

    Without it, tables of 100,000 films that are gone stay with the process: pandas's columns are
    Arrow's, which keeps what it has had for itself, and the C library does so with what it once
    had to give out. Does nothing where there is another library than glibc.
    """
    os.environ.setdefault(_POOL, "system")
    with suppress(AttributeError, OSError, TypeError):
        malloc = ctypes.CDLL(None).mallopt
        malloc(_MMAP_THRESHOLD, _LARGE)
        malloc(_ARENA_MAX, 2)
