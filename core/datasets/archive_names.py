"""What the members of a zip are called, where the archive itself does not say in which letters.

A zip's names are in UTF-8 when a flag says so, else by the format in code page 437, which has
Western letters only. Yet macOS writes UTF-8 without the flag, Info-ZIP puts the UTF-8 name beside
the other one (APPNOTE 4.6.9), and Windows in China writes GBK.
"""

from __future__ import annotations

import struct
import zipfile
import zlib

UTF_8 = 0x800
PAGE = "cp437"
_UNICODE_PATH = 0x7075
# In code page 437 these are lines and boxes, which nobody has in a name; in GBK, signs in use.
_LEADS, _FOLLOWS = range(0xB0, 0xF8), range(0xA1, 0xFF)


def put_right(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Gives each member its name as it was meant; the members whose name changed, by the name
    that it had before."""
    changed = {}
    for member in archive.infolist():
        meant = _meant(member)
        if meant != member.filename:
            changed[member.filename] = member
            member.filename = meant
    return changed


def _meant(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & UTF_8 or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode(PAGE)
    except UnicodeEncodeError:  # no longer as it was read
        return member.filename
    for name in (_beside(member.extra, raw), raw):
        try:
            return name.decode("utf-8").partition("\0")[0]
        except UnicodeDecodeError:
            continue
    return raw.decode("gbk") if _is_chinese(raw) else member.filename


def _beside(extra: bytes, raw: bytes) -> bytes:
    """The name in UTF-8 from an extra field, when it belongs to the name ``raw``; else ``raw``."""
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        body = extra[place + 4 : place + 4 + length]
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            return body[5:] if struct.unpack_from("<I", body, 1)[0] == zlib.crc32(raw) else raw
        place += 4 + length
    return raw


def _is_chinese(raw: bytes) -> bool:
    """Whether all that is not ASCII are pairs of the signs in use of GB 2312."""
    high = 0
    while high < len(raw):
        if raw[high] < 0x80:
            high += 1
        elif raw[high] in _LEADS and raw[high + 1 : high + 2] and raw[high + 1] in _FOLLOWS:
            high += 2
        else:
            return False
    return True
