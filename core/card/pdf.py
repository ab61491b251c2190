"""A card as a PDF of A4 pages."""

from __future__ import annotations

import io
from unicodedata import east_asian_width

from PIL import Image as Pillow
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from core.card.document import CardLevel, ModelCard, Picture, Section, Table
from core.card.scripts import BOLD, TEXT, in_pictures, pictures_of_words, register_fonts
from core.figures.lettering import legible

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
PADDING = 12.0  # points, of a cell or a box
PICTURE_WIDTH = 105 * mm
UNWRITTEN = (
    "Names in a script that this PDF cannot write stand in it as the script's own name in "
    "brackets. The HTML page of this card shows them."
)
# (edge, ground) of the verdict's box.
LEVELS: dict[CardLevel, tuple[str, str]] = {
    "bad": ("#b3261e", "#fbeceb"),
    "caution": ("#b26a00", "#fdf3e3"),
    "good": ("#1f6f8b", "#e8f3f7"),
    "unknown": ("#6b7682", "#f0f2f4"),
}


def to_pdf(document: ModelCard) -> bytes:
    """The card as a PDF, its fonts inside.

    Words in scripts that reportlab cannot set (Chinese, Arabic, those of India …) stand in it
    as small pictures; where no font has their letters, they are named by their script, and the
    card says that the HTML page shows them.
    """
    register_fonts()
    with pictures_of_words():
        return _printed(document)


def _printed(document: ModelCard) -> bytes:
    story: list[Flowable] = [
        _text(document.title, size=20, bold=True),
        _text(document.subtitle, colour="#55616e"),
        Spacer(1, 3 * mm),
        _verdict(document),
        *([Spacer(1, 2 * mm), _text(UNWRITTEN, colour="#55616e")] if _unwritten(document) else []),
        *[one for section in document.sections for one in _section(section)],
    ]
    stream = io.BytesIO()
    SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=document.title,
        author="ThoraxLens",
        subject=document.verdict,
    ).build(story, onFirstPage=_number, onLaterPages=_number)
    return stream.getvalue()


def _text(
    words: str,
    *,
    size: float = 9.5,
    bold: bool = False,
    colour: str = "#1c2530",
    right: bool = False,
    width: float = WIDTH,
) -> Paragraph:
    style = ParagraphStyle(
        "text",
        fontName=BOLD if bold else TEXT,
        fontSize=size,
        leading=size * 1.35,
        textColor=HexColor(colour),
        alignment=2 if right else 0,
        spaceAfter=1.5 * mm,
        splitLongWords=True,
    )
    # A number and its sign stay on one line.
    marked = in_pictures(words, style, width - PADDING).replace(" %", "\u00a0%")
    return Paragraph(marked, style)


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


def _verdict(document: ModelCard) -> Grid:
    edge, ground = LEVELS[document.level]
    box = Grid([[_text(document.verdict, size=12)]], colWidths=[WIDTH])
    box.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), HexColor(ground)),
                ("LINEBEFORE", (0, 0), (0, -1), 5, HexColor(edge)),
                ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 2 * mm),
            ]
        )
    )
    return box


def _section(section: Section) -> list[Flowable]:
    heading: list[Flowable] = [Spacer(1, 4 * mm), _text(section.title, size=13, bold=True)]
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
        return KeepTogether([picture, _text(part.words, size=8.5, colour="#55616e")])
    return _text(part)


def _grid(table: Table) -> Grid:
    widths = _widths(table)
    cells = [
        [
            _text(cell, size=8.5, bold=bold, right=place >= table.numeric, width=widths[place])
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


def _length(text: str) -> int:
    """Letters, those of Chinese, Japanese and Korean as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _number(canvas: Canvas, template: SimpleDocTemplate) -> None:
    canvas.setFont(TEXT, 8)
    canvas.setFillColor(HexColor("#55616e"))
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"Page {canvas.getPageNumber()}")
