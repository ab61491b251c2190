"""What every PDF of ours is made of: lines of text, a box for the verdict, pages with numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, TableStyle
from reportlab.platypus import Table as Grid

from core.card.document import CardLevel
from core.card.scripts import BOLD, TEXT, in_pictures

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
PADDING = 12.0  # points, of a cell or a box
# (edge, ground) of the verdict's box.
LEVELS: dict[CardLevel, tuple[str, str]] = {
    "bad": ("#b3261e", "#fbeceb"),
    "caution": ("#b26a00", "#fdf3e3"),
    "good": ("#1f6f8b", "#e8f3f7"),
    "unknown": ("#6b7682", "#f0f2f4"),
}


def printed(title: str, subject: str, story: Sequence[Flowable]) -> bytes:
    """A PDF of A4 pages with numbers. ``title`` and ``subject``: what its file says of itself."""
    stream = io.BytesIO()
    SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=title,
        author="ThoraxLens",
        subject=subject,
    ).build(list(story), onFirstPage=_number, onLaterPages=_number)
    return stream.getvalue()


def text(
    words: str,
    *,
    size: float = 9.5,
    bold: bool = False,
    colour: str = "#1c2530",
    right: bool = False,
    width: float = WIDTH,
) -> Paragraph:
    """Words in a size (points), to be set within ``width`` (points)."""
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


def boxed(words: str, level: CardLevel) -> Grid:
    """The one sentence to read, on the ground of its level."""
    edge, ground = LEVELS[level]
    box = Grid([[text(words, size=12)]], colWidths=[WIDTH])
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


def _number(canvas: Canvas, template: SimpleDocTemplate) -> None:
    canvas.setFont(TEXT, 8)
    canvas.setFillColor(HexColor("#55616e"))
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"Page {canvas.getPageNumber()}")
