"""Run lengths of a DICOM frame (PS3.5 annex G) without what stands between and behind them."""

from __future__ import annotations

import struct
from itertools import pairwise

HEADER = struct.Struct("<16I")


def bare_rle(stream: bytes, pixels: int) -> bytes:
    """The segments alone, each up to its ``pixels``-th byte unpacked, in order. Raises ValueError
    for a stream that is not made as the standard says."""
    if len(stream) < HEADER.size:
        raise ValueError("no run lengths")
    segments, *places = HEADER.unpack_from(stream)
    starts = [*places[:segments], len(stream)] if 1 <= segments <= 15 else []
    if not starts or starts[0] != HEADER.size or sorted(starts) != starts:
        raise ValueError("no run lengths")
    parts = [_segment(stream[start:end], pixels) for start, end in pairwise(starts)]
    offsets, place = [0] * 15, HEADER.size
    for number, part in enumerate(parts):
        offsets[number] = place
        place += len(part)
    return HEADER.pack(segments, *offsets) + b"".join(parts)


def _segment(packed: bytes, pixels: int) -> bytes:
    place = unpacked = 0
    while unpacked < pixels:
        if place >= len(packed):
            raise ValueError("a segment ends too early")
        count = packed[place]
        if count < 128:
            unpacked += count + 1
            place += count + 2
        else:
            unpacked += 257 - count if count > 128 else 0  # 128 means nothing
            place += 2 if count > 128 else 1
    kept = packed[:place]
    return kept + b"\0" * (len(kept) % 2)
