"""A card as a PDF of A4 pages."""

from __future__ import annotations

import io
from unicodedata import east_asian_width

from PIL import Image as Pillow
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, KeepTogether, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from core.card.document import ModelCard, Picture, Section, Table
from core.card.pdf_parts import WIDTH, boxed, printed, text
from core.card.scripts import pictures_of_words, register_fonts
from core.figures.lettering import legible

PICTURE_WIDTH = 105 * mm
UNWRITTEN = (
    "Names in a script that this PDF cannot write stand in it as the script's own name in "
    "brackets. The HTML page of this card shows them."
)


def to_pdf(document: ModelCard) -> bytes:
    """The card as a PDF, its fonts inside.

    Words in scripts that reportlab cannot set (Chinese, Arabic, those of India …) stand in it
    as small pictures; where no font has their letters, they are named by their script, and the
    card says that the HTML page shows them.
    """
    register_fonts()
    with pictures_of_words():
        return _told(document)


def _told(document: ModelCard) -> bytes:
    story: list[Flowable] = [
        text(document.title, size=20, bold=True),
        text(document.subtitle, colour="#55616e"),
        Spacer(1, 3 * mm),
        boxed(document.verdict, document.level),
        *([Spacer(1, 2 * mm), text(UNWRITTEN, colour="#55616e")] if _unwritten(document) else []),
        *[one for section in document.sections for one in _section(section)],
    ]
    return printed(document.title, document.verdict, story)


def _unwritten(document: ModelCard) -> bool:
    """Whether any word of the card is in a script that none of the fonts has."""
    said = [document.title, document.subtitle, document.verdict]
    for section in document.sections:
        for part in section.parts:
            if isinstance(part, Table):
                said += [*part.head, *(cell for row in part.rows for cell in row)]
            else:
                said.append(part.words if isinstance(part, Picture) else part)
    return any(legible(one) != one for one in said)


def _section(section: Section) -> list[Flowable]:
    heading: list[Flowable] = [Spacer(1, 4 * mm), text(section.title, size=13, bold=True)]
    parts = [_part(part) for part in section.parts]
    # A heading stays with what it heads; a long table may still go over the page.
    return [KeepTogether([*heading, *parts[:1]]), *parts[1:]]


def _part(part: str | Table | Picture) -> Flowable:
    if isinstance(part, Table):
        return _grid(part)
    if isinstance(part, Picture):
        width, height = Pillow.open(io.BytesIO(part.png)).size
        picture = Image(io.BytesIO(part.png), PICTURE_WIDTH, PICTURE_WIDTH * height / width)
        picture.hAlign = "LEFT"
        return KeepTogether([picture, text(part.words, size=8.5, colour="#55616e")])
    return text(part)


def _grid(table: Table) -> Grid:
    widths = _widths(table)
    cells = [
        [
            text(cell, size=8.5, bold=bold, right=place >= table.numeric, width=widths[place])
            for place, cell in enumerate(row)
        ]
        for bold, row in ((row is table.head, row) for row in (table.head, *table.rows))
    ]
    grid = Grid(cells, colWidths=widths, repeatRows=1, hAlign="LEFT")
    grid.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#cfd6de")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
            ]
        )
    )
    return grid


def _widths(table: Table) -> list[float]:
    """Shares of the page by the longest text in each column, none starved."""
    columns = list(zip(table.head, *table.rows, strict=True))
    # A column of sentences takes what the others leave: cut at 60 it was as wide as a name's.
    wanted = [min(110, 3 + max(8, *map(_length, column))) for column in columns]
    return [WIDTH * one / sum(wanted) for one in wanted]


def _length(words: str) -> int:
    """Letters, those of Chinese, Japanese and Korean as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in words)
