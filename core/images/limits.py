"""How much one picture may ask of the machine, and the sentences for one that asks for more."""

from __future__ import annotations

from core.errors import FilmError

MAX_PIXELS = 60_000_000
MAX_BYTES = 512 * 1024 * 1024  # of a file
MAX_SCANS = 100  # of a JPEG: ordinary progressive ones have about ten
SECONDS = 10.0  # of work
MEMORY = 1024 * 1024 * 1024  # bytes, for all pictures that a process decodes at a time


def too_large(name: str, width: int | None = None, height: int | None = None) -> FilmError:
    """The refusal of a picture of more than ``MAX_PIXELS``, with its size where it is known."""
    size = f" ({width} × {height} pixels)" if width else ""
    return FilmError(
        f"{name} is too large{size}; films up to {MAX_PIXELS // 1_000_000} million pixels "
        "are read. Export it smaller."
    )
