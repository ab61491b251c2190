"""The answers of a worklist as a PDF: each film with its picture, where the networks looked, and
what they say."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as Pillow
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Image, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from core.card.pdf_parts import WIDTH, boxed, printed, text
from core.card.scripts import pictures_of_words, register_fonts
from core.images.overlay import overlay
from core.text import count

PICTURE = 42 * mm
GAP = 3 * mm
OPACITY = 0.45  # of the heat, as on the screen at first
QUALITY = 85  # of a JPEG
MUTED = "#55616e"
WARNING = (
    "For teaching and research. What a network says of a film is not a diagnosis: it can be sure "
    "and wrong."
)


@dataclass(frozen=True)
class PrintedNetwork:
    """A network that was asked, and what its audit came to, in a few words."""

    title: str
    audit: str


@dataclass(frozen=True)
class PrintedAnswer:
    """What one network says. ``shares``: its probabilities in words. ``note``: what speaks against
    it, or why there is none. ``heat``: float (h, w) in [0, 1], None where there is none."""

    network: str
    answer: str
    shares: str
    note: str
    heat: np.ndarray | None


@dataclass(frozen=True)
class PrintedFilm:
    """``picture``: uint8 (h, w), None where the film cannot be read. ``facts``: sentences."""

    name: str
    picture: np.ndarray | None
    facts: tuple[str, ...]
    answers: tuple[PrintedAnswer, ...]


def answers_pdf(networks: Sequence[PrintedNetwork], films: Sequence[PrintedFilm]) -> bytes:
    """The PDF, its fonts inside. Of each film its picture and, beside it, the heat map of the first
    network that has one."""
    register_fonts()
    title = f"Answers on {count(len(films), 'film')}"
    with pictures_of_words():
        story: list[Flowable] = [
            text(title, size=20, bold=True),
            text(f"ThoraxLens, {time.strftime('%d %B %Y, %H:%M')}", colour=MUTED),
            Spacer(1, 3 * mm),
            boxed(WARNING, "caution"),
            Spacer(1, 3 * mm),
            *(text(f"{one.title}. Audit: {one.audit}.") for one in networks),
            *(part for film in films for part in (Spacer(1, 3 * mm), _film(film))),
        ]
        return printed(title, WARNING, story)


def _film(film: PrintedFilm) -> Grid:
    pictures = _pictures(film)
    rest = WIDTH - 2 * (PICTURE + GAP)
    words: list[Flowable] = [text(film.name, size=11, bold=True, width=rest)]
    words += [text(one, size=8.5, colour=MUTED, width=rest) for one in film.facts]
    for one in film.answers:
        words.append(text(one.network, size=8.5, colour=MUTED, width=rest))
        words.append(text(one.answer, size=12, bold=True, width=rest))
        words += [text(said, size=8.5, width=rest) for said in (one.shares, one.note) if said]
    grid = Grid([[*pictures, words]], colWidths=[PICTURE + GAP, PICTURE + GAP, rest])
    grid.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, 0), (-1, 0), 0.4, HexColor("#cfd6de")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 2 * mm),
            ]
        )
    )
    return grid


def _pictures(film: PrintedFilm) -> list[Flowable | str]:
    """The film as it is, and with the heat map."""
    if film.picture is None:
        return ["", ""]
    heat = next((one.heat for one in film.answers if one.heat is not None), None)
    drawn = "" if heat is None else _picture(overlay(film.picture, heat, OPACITY))
    return [_picture(film.picture), drawn]


def _picture(pixels: np.ndarray) -> Image:
    stream = io.BytesIO()
    Pillow.fromarray(pixels).save(stream, "JPEG", quality=QUALITY)
    stream.seek(0)
    height, width = pixels.shape[:2]
    scale = PICTURE / max(height, width)
    return Image(stream, width * scale, height * scale)
