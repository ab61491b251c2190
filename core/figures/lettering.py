"""Fonts for names in any script, so that nobody's class is a row of boxes on a picture.

Three fonts come with what is installed: Pillow's own (Latin), FiraGO (Greek, Cyrillic, Arabic,
Hebrew, Devanagari, Thai, Georgian) and Noto Sans CJK (Chinese, Japanese, Korean). What none of
them has is named by its script.
"""

from __future__ import annotations

import hashlib
import io
import unicodedata
from functools import cache
from itertools import groupby
from operator import itemgetter
from unicodedata import category

from PIL import ImageFont, features

PLAIN, WIDE, CJK = "plain", "wide", "cjk"
FACES = (PLAIN, WIDE, CJK)
# The letters of these join, stack or run from right to left: Raqm sets them, if it is there.
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
STACKED = range(0x0900, 0x1000)  # the scripts of India, Thai, Lao, Tibetan


def face_for(text: str, size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The first font that has every letter of ``text``; the widest one where none has."""
    kind = next((one for one in FACES if all(_has(one, sign) for sign in text)), CJK)
    return _face(kind, size, bold)


def legible(text: str) -> str:
    """``text`` with “[Tamil 3f2a]” in place of words that cannot be written here; the digits
    tell two such names apart, and are the same wherever a name stands."""
    marked, there = [], True
    for sign in text:
        # A mark goes with its letter, whose script it does not tell by itself.
        there = there if category(sign)[0] == "M" else can_write(sign)
        marked.append((there, sign))
    parts = []
    for there, group in groupby(marked, key=itemgetter(0)):
        run = "".join(sign for _, sign in group)
        parts.append(run if there else f"[{script_of(run)} {_mark(run)}]")
    return "".join(parts)


def can_write(sign: str) -> bool:
    """Whether one of the fonts has this letter and it can be put in its place."""
    if needs_setting(sign) and not features.check("raqm"):
        return False
    return any(_has(one, sign) for one in FACES)


def needs_setting(sign: str) -> bool:
    """Whether a letter changes with its neighbours or does not run from left to right."""
    return (
        unicodedata.bidirectional(sign) in RIGHT_TO_LEFT
        or ord(sign) in STACKED
        or category(sign).startswith("M")
    )


def script_of(text: str) -> str:
    """What the script of the first letter is called, by its name in Unicode: “Tamil”."""
    name = next((unicodedata.name(sign) for sign in text if unicodedata.name(sign, "")), "")
    return name.partition(" ")[0].capitalize() or "Unknown"


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:4]


@cache
def _has(kind: str, sign: str) -> bool:
    if sign.isspace() or not sign.isprintable():
        return True
    font = _face(kind, 24, False)
    nothing = _nothing(kind)
    drawn = font.getmask(sign)
    return (drawn.size, bytes(drawn)) != nothing


@cache
def _nothing(kind: str) -> tuple[tuple[int, int], bytes]:
    """How a font draws a letter that it lacks."""
    drawn = _face(kind, 24, False).getmask("\U0010ffff")
    return drawn.size, bytes(drawn)


@cache
def _face(kind: str, size: int, bold: bool) -> ImageFont.FreeTypeFont:
    if kind == CJK:
        from noto_cjk_sans_jp_regular import FONT_PATH  # large: only for whoever needs it

        return ImageFont.truetype(io.BytesIO(FONT_PATH.read_bytes()), size)
    if kind == WIDE or bold:
        import pymupdf_fonts

        return ImageFont.truetype(
            io.BytesIO(pymupdf_fonts.fontbuffers["figbo" if bold else "figo"]()), size
        )
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return font
