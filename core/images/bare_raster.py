"""PNG, JPEG and JPEG 2000 without what is written beside their pixels, which stay as they are.

Cameras, scanners and programs write names, dates and places there: EXIF, XMP, comments, text.
Only what changes how the pixels look is kept. Raises ValueError for a file that is not made as
its format says.
"""

from __future__ import annotations

import struct
import zlib

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_KEPT = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sBIT", b"gAMA"})
_PNG_TEXTS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")
_AT_ONCE = 1 << 20  # bytes unpacked at a time
_LONG = 64 * 1024  # bytes of a text: the short ones may say which side is up
_ORIENTATION = 0x0112
# Application segments that say how colours are coded, and nothing else: up to where.
_JFIF, _ADOBE = (0xE0, b"JFIF\0", 14), (0xEE, b"Adobe", 12)
_JPEG_LS = (0xF7, 0xF8)
_J2K, _J2K_COMMENT, _J2K_TILE = b"\xff\x4f\xff\x51", 0xFF64, 0xFF90
_JP2 = b"\x00\x00\x00\x0cjP  "


def bare_png(data: bytes, turn: int = 1) -> bytes:
    """Its pixels, palette and transparency, and ``turn``: 1 to 8, as EXIF says what is up."""
    if not data.startswith(PNG):
        raise ValueError("no PNG")
    parts, place, ended = [PNG], len(PNG), False
    packed: list[bytes] = []
    while not ended:
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise ValueError("a chunk reaches beyond the end")
        if kind == b"IDAT":
            packed.append(data[place + 8 : end - 4])
        fits = length <= _longest(kind, data)
        if kind == b"tRNS" and not fits:
            raise ValueError("more than one transparent colour")
        if kind in _PNG_KEPT and fits:
            parts.append(data[place:end])
        place, ended = end, kind == b"IEND"
    if _is_followed(packed):
        raise ValueError("something else stands behind the pixels")
    if turn != 1:
        content = b"eXIf" + _exif(turn)
        chunk = (
            struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
        )
        parts.insert(2, chunk)
    return b"".join(parts)


def _longest(kind: bytes, data: bytes) -> int:
    """Bytes that a chunk of this kind has at most; more would be somebody's writing."""
    colours = data[25]
    of_transparency = {0: 2, 2: 6, 3: 256}.get(colours, -1)
    of_palette = 768 if colours == 3 else -1  # elsewhere it is a mere suggestion
    most = {b"IHDR": 13, b"PLTE": of_palette, b"tRNS": of_transparency, b"sBIT": 4, b"gAMA": 4,
            b"IEND": 0}  # fmt: skip
    return most.get(kind, len(data))


def _is_followed(packed: list[bytes]) -> bool:
    """Whether anything stands behind the end of the packed pixels."""
    machine = zlib.decompressobj()
    for part in packed:
        while part and not machine.eof:
            machine.decompress(part, _AT_ONCE)
            part = machine.unconsumed_tail
        if machine.unused_data or (machine.eof and part):
            return True
    return False


def without_texts(data: bytes) -> bytes:
    """A PNG without its long and its packed texts and colour profiles, over which readers stumble
    though the picture is fine; anything else, and a PNG that has none, as it is."""
    if not data.startswith(PNG):
        return data
    parts, begin, place = [], 0, len(PNG)
    while place + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if kind in _PNG_TEXTS and (length > _LONG or _is_packed(data, kind, place + 8)):
            parts.append(data[begin:place])
            begin = end
        place = end
    return b"".join([*parts, data[begin:]]) if parts else data


def _is_packed(data: bytes, kind: bytes, place: int) -> bool:
    if kind == b"iTXt":  # behind a keyword of up to 79 letters
        ended = data.find(b"\0", place, place + 80)
        return ended >= 0 and data[ended + 1 : ended + 2] == b"\1"
    return kind != b"tEXt"


def bare_jpeg(data: bytes, turn: int = 1) -> bytes:
    """Its pixels, how their colours are coded, and ``turn`` as of ``bare_png``."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("no JPEG")
    parts, place = [b"\xff\xd8"], 2
    while True:
        if data[place : place + 1] != b"\xff":
            raise ValueError("no marker where one belongs")
        while data[place + 1 : place + 2] == b"\xff":  # filling
            place += 1
        marker = data[place + 1]
        if marker == 0xD9:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:
            parts.append(data[place : place + 2])
            place += 2
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment reaches beyond the end")
        content = data[place + 4 : end]
        _check_segment(marker, content)
        if 0xE0 <= marker <= 0xEF or marker == 0xFE:
            parts.append(_coding(marker, content))
        else:
            parts.append(data[place:end])
        place = end
        if marker == 0xDA:
            end = _end_of_scan(data, place)
            parts.append(data[place:end])
            place = end
            if place >= len(data):  # cut short; decoders show what there is
                return b"".join(parts)
    if turn != 1:
        content = b"Exif\0\0" + _exif(turn)
        parts.insert(1, b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content)
    return b"".join(parts) + b"\xff\xd9"


def _check_segment(marker: int, content: bytes) -> None:
    """Raises ValueError for one that holds anything beside what its kind holds."""
    length = len(content)
    if marker == 0xDB:  # quantisation: tables of 64 numbers
        place = 0
        while place < length:
            place += 129 if content[place] >> 4 else 65
        fits = place == length
    elif marker == 0xC4:  # Huffman codes: 16 counts, and as many symbols
        place = 0
        while place < length:
            place += 17 + sum(content[place + 1 : place + 17])
        fits = place == length
    elif marker in (0xC8, 0xDE, 0xDF) or (0xF0 <= marker <= 0xFD and marker not in _JPEG_LS):
        fits = False  # reserved, or of a kind that nobody writes
    else:
        numbers = content[5] if length > 5 else 0
        of_scan = content[0] if length else 0
        most = {0xCC: 32, 0xDC: 2, 0xDD: 4, 0xDA: 4 + 2 * of_scan}
        is_frame = 0xC0 <= marker <= 0xCF or marker == 0xF7
        fits = length <= (
            6 + 3 * numbers if is_frame and marker != 0xCC else most.get(marker, length)
        )
    if not fits:
        raise ValueError("a segment holds more than its kind does")


def bare_jpeg_2000(data: bytes) -> bytes:
    """A code stream without comments; of a file in boxes, without texts and other people's."""
    if data.startswith(_JP2):
        return _bare_boxes(data)
    if not data.startswith(_J2K):
        raise ValueError("no JPEG 2000")
    parts, place = [data[:2]], 2
    while True:
        marker, length = struct.unpack_from(">HH", data, place)
        if marker == _J2K_TILE:
            return b"".join(parts) + _tiles(data, place)
        end = place + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment reaches beyond the end")
        if marker != _J2K_COMMENT:
            parts.append(data[place:end])
        place = end


def _tiles(data: bytes, place: int) -> bytes:
    """From the first tile to the end of the stream. Raises ValueError for a comment between."""
    begin = place
    while data[place : place + 2] == b"\xff\x90":
        (size,) = struct.unpack_from(">I", data, place + 6)
        header = place + 12
        while data[header : header + 2] != b"\xff\x93":  # where its pixels begin
            if data[header : header + 2] == b"\xff\x64":
                raise ValueError("a comment stands between tiles")
            if header + 4 > len(data):
                raise ValueError("a tile has no pixels")
            header += 2 + struct.unpack_from(">H", data, header + 2)[0]
        if not size:  # up to the end, whose mark cannot stand in packed pixels
            place = data.find(b"\xff\xd9", header)
            break
        place += max(size, 12)
    if place < 0 or data[place : place + 2] != b"\xff\xd9":
        raise ValueError("a stream without an end")
    return data[begin : place + 2]


def _exif(turn: int) -> bytes:
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, turn, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)


def _coding(marker: int, content: bytes) -> bytes:
    for kept, start, length in (_JFIF, _ADOBE):
        if marker == kept and content.startswith(start) and len(content) >= length:
            short = content[:length]
            if start == b"JFIF\0":
                short = short[:12] + b"\0\0"  # no small picture behind it
            return b"\xff" + bytes([marker]) + struct.pack(">H", length + 2) + short
    return b""


def _end_of_scan(data: bytes, place: int) -> int:
    """Where the next marker stands; within a scan, FF is followed by 0, in JPEG-LS by a small
    number, or by a restart."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            return len(data)
        after = data[place + 1]
        if after >= 0xC0 and not 0xD0 <= after <= 0xD7 and after != 0xFF:
            return place
        place += 1 if after == 0xFF else 2


def _bare_boxes(data: bytes) -> bytes:
    parts, place = [], 0
    while place + 8 <= len(data):  # fewer are filling
        length, kind = struct.unpack_from(">I4s", data, place)
        start = 8
        if length == 1:
            (length,), start = struct.unpack_from(">Q", data, place + 8), 16
        end = place + length if length else len(data)
        if end > len(data) or end < place + start:
            raise ValueError("a box reaches beyond the end")
        if kind == b"jp2c":
            stream = bare_jpeg_2000(data[place + start : end])
            parts.append(struct.pack(">I4s", len(stream) + 8, kind) + stream)
        elif kind in (b"jP  ", b"ftyp", b"jp2h"):
            parts.append(data[place:end])
        place = end
    return b"".join(parts)
