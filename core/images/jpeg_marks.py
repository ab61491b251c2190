"""What a JPEG's markers say before anything is decoded: its kind, its size, its scans."""

from __future__ import annotations

import re
from dataclasses import dataclass

# In compressed data every FF is followed by 00 or a restart mark; anything else is a marker.
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
START_OF_SCAN, END = 0xDA, 0xD9
NO_FRAMES = (0xC4, 0xC8, 0xCC)  # among C0 … CF: tables
PLAIN = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)  # sequential and progressive, Huffman and arithmetic
LOSSLESS = (0xC3, 0xC7, 0xCB, 0xCF)
JPEG_LS = 0xF7


@dataclass(frozen=True)
class JpegMarks:
    """``frame``: the second byte of the marker that begins the frame, 0 when there is none.
    ``precision``: bits a sample. ``scans``: how often the decoder goes over the picture."""

    frame: int = 0
    precision: int = 0
    width: int = 0
    height: int = 0
    components: int = 0
    scans: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it is what browsers and cameras call a JPEG."""
        return self.frame in PLAIN and self.precision == 8

    @property
    def kind(self) -> str:
        """What it is called."""
        if self.frame == JPEG_LS:
            return "JPEG-LS"
        if self.frame in LOSSLESS:
            return "JPEG Lossless"
        return f"JPEG with {self.precision} bits" if self.precision > 8 else "JPEG"


def jpeg_marks(data: bytes) -> JpegMarks:
    """The markers of a JPEG, JPEG Lossless or JPEG-LS stream; as many as there are in a damaged
    one. A thumbnail inside a header is not looked into."""
    frame, scans, place = JpegMarks(), 0, 2
    while True:
        found = MARKER.search(data, place)
        if found is None:
            break
        mark, place = data[found.start() + 1], found.end()
        if mark == END:
            break
        if mark == 0x01 or mark == 0xD8:  # no length follows these
            continue
        length = int.from_bytes(data[place : place + 2], "big")
        is_frame = (0xC0 <= mark <= 0xCF and mark not in NO_FRAMES) or mark == JPEG_LS
        if is_frame and not frame.frame and length >= 8:
            body = data[place + 2 : place + 8]
            if len(body) == 6:
                frame = JpegMarks(
                    mark,
                    body[0],
                    int.from_bytes(body[3:5], "big"),
                    int.from_bytes(body[1:3], "big"),
                    body[5],
                )
        scans += mark == START_OF_SCAN
        place += max(length, 2)
    return JpegMarks(
        frame.frame, frame.precision, frame.width, frame.height, frame.components, scans
    )
