"""Words of a PDF in any script: as text where reportlab can set it, else as small pictures."""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from xml.sax.saxutils import escape

import pymupdf_fonts
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from core.figures.lettering import face_for, legible, needs_setting

TEXT, BOLD = "FiraGO", "FiraGO-Bold"
FINE = 4  # pixels a point, so that small letters stay sharp in print
_FOLDER: ContextVar[Path] = ContextVar("folder of the pictures of words")


@contextmanager
def pictures_of_words() -> Iterator[None]:
    """Around the making of a PDF: reportlab reads a picture inside a line from a file only."""
    with TemporaryDirectory(prefix="thoraxlens-card-") as folder:
        token = _FOLDER.set(Path(folder))
        try:
            yield
        finally:
            _FOLDER.reset(token)


@cache
def register_fonts() -> None:
    """Make FiraGO known to reportlab; safe to repeat."""
    # PDF's own fonts have no Greek, no Cyrillic and no ≥.
    for name, key in ((TEXT, "figo"), (BOLD, "figbo")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO(pymupdf_fonts.fontbuffers[key]())))


def in_pictures(words: str, style: ParagraphStyle, width: float) -> str:
    """``words`` as reportlab's markup in the size, colour and weight of ``style``.

    Words run on from right to left in one picture, so that their order stays; a new line begins
    where one would be wider than ``width`` (points), because reportlab breaks none in pictures.
    """
    words = legible(words)
    if all(_as_text(sign) for sign in words):
        return escape(words)
    parts = []
    for plain, group in groupby(_pieces(words), key=_plain):
        run = "".join(group)
        parts.append(escape(run) if plain else _pictures(run, style, width))
    return "".join(parts)


def _pieces(words: str) -> list[str]:
    """Letters, with blanks and signs between two that reportlab cannot set put to these."""
    pieces: list[str] = []
    waiting = ""
    for sign in words:
        if not _as_text(sign):
            joined = bool(pieces) and not _plain(pieces[-1])
            if joined and len(waiting) > 1:  # “ (” between two words that run from the right
                joined = needs_setting(sign) and needs_setting(pieces[-1][-1])
            pieces += [waiting + sign] if joined else [*waiting, sign]
            waiting = ""
        elif sign.isalnum():
            pieces += [*waiting, sign]
            waiting = ""
        else:
            waiting += sign
    return [*pieces, *waiting]


def _plain(piece: str) -> bool:
    return all(_as_text(sign) for sign in piece)


def _pictures(run: str, style: ParagraphStyle, width: float) -> str:
    font = face_for(run, round(style.fontSize * FINE), bold=style.fontName == BOLD)
    joint = " " if any(needs_setting(sign) for sign in run) else ""
    lines: list[str] = []
    for unit in run.split(" ") if joint else run:
        longer = f"{lines[-1]}{joint}{unit}" if lines else unit
        if lines and font.getlength(longer) <= width * FINE:
            lines[-1] = longer
        else:
            lines.append(unit)
    return "<br/>".join(_picture(line, style, font, width) for line in lines)


def _picture(run: str, style: ParagraphStyle, font: ImageFont.FreeTypeFont, widest: float) -> str:
    up, down = font.getmetrics()
    width = max(1, round(font.getlength(run)))
    picture = Image.new("RGBA", (width, up + down), (0, 0, 0, 0))
    ink = tuple(round(255 * part) for part in style.textColor.rgb())
    ImageDraw.Draw(picture).text((0, up), run, fill=ink, font=font, anchor="ls")
    fine = max(FINE, width / widest)  # a single long word is made smaller
    file = _FOLDER.get() / f"{secrets.token_hex(8)}.png"
    picture.save(file)
    return (
        f'<img src="{escape(str(file))}" width="{width / fine:.2f}" '
        f'height="{(up + down) / fine:.2f}" valign="{-down / fine:.2f}"/>'
    )


@cache
def _as_text(sign: str) -> bool:
    """Whether reportlab can set this letter by itself."""
    known: dict[int, int] = cast(Any, pdfmetrics.getFont(TEXT)).face.charToGlyph
    return not needs_setting(sign) and (ord(sign) in known or sign.isspace())
