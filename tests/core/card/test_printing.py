"""A card on paper and on screen: everything is there, and nothing breaks the page."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader
from reportlab.lib.pagesizes import A4

from core.card.document import CardLevel, ModelCard, Picture, Section, Table
from core.card.html import to_html
from core.card.pdf import UNWRITTEN, to_pdf
from core.card.pdf_parts import MARGIN


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), "#336699").save(stream, "PNG")
    return stream.getvalue()


def document(level: CardLevel = "bad", words: str = "First words.") -> ModelCard:
    rows = tuple((f"row {number}", f"{number} %") for number in range(90))
    return ModelCard(
        "Card of <VGG16> & friends",
        "Grüße, Ελληνικά, Привет, ≥ 95 %",
        "Do not believe this result.",
        level,
        (
            Section("About", (words, Picture(png(), "A blue field"))),
            Section("Numbers", (Table(("What", "Share"), rows, numeric=1), "After the table.")),
        ),
    )


@pytest.mark.parametrize("level", ["bad", "caution", "good", "unknown"])
def test_the_page_holds_all_parts_in_order(level: CardLevel) -> None:
    page = to_html(document(level))
    places = [
        page.index(part)
        for part in (
            "Card of &lt;VGG16&gt; &amp; friends</h1>",
            "≥ 95 %",
            f'<p class="verdict {level}">Do not believe this result.',
            "First words.",
            'src="data:image/png;base64,iVBOR',
            '<td>row 89</td><td class="number">89 %</td>',
            "After the table.",
        )
    ]
    assert places == sorted(places)
    assert "http" not in page, "it needs nothing from elsewhere"


def test_what_users_typed_stays_text() -> None:
    attack = "<script>alert(1)</script>"
    page = to_html(document(words=attack))
    assert attack not in page
    assert "&lt;script&gt;" in page
    assert attack in text_of(to_pdf(document(words=attack)))


def test_the_pdf_holds_all_parts() -> None:
    text = text_of(to_pdf(document()))
    for part in (
        "Card of <VGG16> & friends",
        "Grüße, Ελληνικά, Привет, ≥ 95 %",
        "Do not believe this result.",
        "A blue field",
        "row 89",
        "After the table.",
    ):
        assert part in text, part


def test_a_long_table_goes_over_pages_with_its_head() -> None:
    pages = PdfReader(io.BytesIO(to_pdf(document()))).pages
    assert len(pages) > 1
    heads = [("row" in text) == ("Share" in text) for text in (one.extract_text() for one in pages)]
    assert all(heads)
    assert "Page 2" in pages[1].extract_text()


def test_a_name_without_an_end_does_not_break_the_page() -> None:
    assert len(to_pdf(document(words="x" * 5000))) > 1000


def text_of(pdf: bytes) -> str:
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("name", ["肺炎", "한국어", "العربية الصدر", "नमस्ते", "ไทย", "心臓 (拡大)"])
def test_a_name_in_any_script_is_in_the_pdf_as_it_looks(name: str) -> None:
    plain = PdfReader(io.BytesIO(to_pdf(document(words="Of the class X."))))
    printed = PdfReader(io.BytesIO(to_pdf(document(words=f"Of the class {name}."))))
    before, after = (list(one.pages[0].images) for one in (plain, printed))
    assert len(after) > len(before), "its letters stand in the line as a picture"
    assert UNWRITTEN[:40] not in printed.pages[0].extract_text()


def test_a_script_that_no_font_has_is_named_and_the_page_has_it() -> None:
    card = document(words="Of தமிழ் and Հայերեն.")
    said = text_of(to_pdf(card))
    assert re.search(r"Of \[Tamil [0-9a-f]{4}\] and \[Armenian [0-9a-f]{4}\]\.", said)
    assert "The HTML page of this card shows them" in " ".join(said.split())
    assert "தமிழ்" in to_html(card)


def test_long_names_in_any_script_keep_to_their_column() -> None:
    names = ("肺炎" * 20, "العربية الصدر " * 3, "한국어 " * 10, "न" * 40)
    rows = tuple((one, *("7" for _ in names)) for one in names)
    table = Table(("true", *names), rows, numeric=1)
    card = ModelCard("Card", "", "Unknown.", "unknown", (Section("Matrix", (table,)),))
    (page, *_) = PdfReader(io.BytesIO(to_pdf(card))).pages
    places: list[tuple[float, float]] = []

    def keep(operator: bytes, _: object, matrix: list[float], __: object) -> None:
        if operator == b"Do" and matrix[0] > 1:  # a picture: its width and its left edge
            places.append((matrix[4], matrix[0]))

    page.extract_text(visitor_operand_before=keep)
    assert len(places) > 2 * len(names)
    assert all(left >= MARGIN - 1 for left, _ in places)
    assert max(left + width for left, width in places) <= A4[0] - MARGIN + 1


def test_words_from_right_to_left_stay_in_one_picture_with_what_is_between() -> None:
    card = document(words="Of العربية (الصدر) here.")
    plain = PdfReader(io.BytesIO(to_pdf(document(words="Of X here."))))
    before, after = (
        len(one.pages[0].images) for one in (plain, PdfReader(io.BytesIO(to_pdf(card))))
    )
    assert after == before + 1, "two pictures would stand in the wrong order"
