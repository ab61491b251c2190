"""Which film a file is: the hash of its bytes, or the one that it was imported with.

A film that ThoraxLens keeps without its header has other bytes than the one it came from. It
carries the identity of that one, so that the same film by folder, by zip or from an export is
one film; and the hash of its own bytes, so that a damaged file is no longer taken for it.
"""

from __future__ import annotations

import hashlib

PREAMBLE, PREFIX = 128, b"DICM"
_MARK = b"ThoraxLens film "
_DIGITS = 32  # hex
_LENGTH = len(_MARK) + 2 * _DIGITS + 1


def film_id_of(data: bytes) -> str:
    """The film's identity: first 32 hex digits of the SHA-256 of the file's bytes, or of those
    that it was made from by ``core.images.bare``."""
    note, rest = _parted(data)
    if note.startswith(_MARK):
        film_id, _, own = note[len(_MARK) : _LENGTH].partition(b" ")
        if own == _hash(rest) and len(film_id) == _DIGITS:
            return film_id.decode("ascii", "replace")
    return _hash(data).decode()


def has_identity(data: bytes) -> bool:
    """Whether the file says which film it is, and is undamaged."""
    note, rest = _parted(data)
    return note.startswith(_MARK) and note[len(_MARK) + _DIGITS + 1 : _LENGTH] == _hash(rest)


def with_identity(data: bytes, film_id: str) -> bytes:
    """A bare film's bytes with its identity: DICOM in the preamble, which is there for such
    notes, PNG and JPEG behind their end, where no program looks."""
    if data[PREAMBLE : PREAMBLE + 4] == PREFIX:
        rest = data[PREAMBLE:]
        return _note(film_id, rest).ljust(PREAMBLE, b"\0") + rest
    return data + _note(film_id, data)


def _note(film_id: str, rest: bytes) -> bytes:
    return _MARK + film_id.encode() + b" " + _hash(rest)


def _parted(data: bytes) -> tuple[bytes, bytes]:
    if data[PREAMBLE : PREAMBLE + 4] == PREFIX and data.startswith(_MARK):
        return data[:PREAMBLE], data[PREAMBLE:]
    return data[-_LENGTH:], data[:-_LENGTH]


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest()[:_DIGITS].encode()
