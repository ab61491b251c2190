"""A printed card, measured: sizes and places of what is on the paper, in points."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from pypdf import PdfReader
from reportlab.lib.units import mm

from core.card.document import ModelCard, Picture, Section, Table
from core.card.pdf import _widths, to_pdf
from core.card.pdf_parts import LEVELS

Piece = tuple[str, float, float, float]  # words, x and y from the lower left corner, size


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 20), "#336699").save(stream, "PNG")
    return stream.getvalue()


TABLE = Table(("What", "Share"), (("accuracy", "97.5 %"), ("recall", "9 %")), numeric=1)
CARD = ModelCard(
    "Card", "Under it", "Do not believe it.", "bad",
    (Section("About", ("Words.", Picture(png(), "A field"))), Section("Numbers", (TABLE,))),
)  # fmt: skip


@pytest.fixture(scope="module")
def printed() -> PdfReader:
    return PdfReader(io.BytesIO(to_pdf(CARD)))


@pytest.fixture(scope="module")
def pieces(printed: PdfReader) -> dict[str, Piece]:
    found: dict[str, Piece] = {}

    def keep(text: str, shift: list[float], matrix: list[float], _: object, size: float) -> None:
        if words := text.strip().replace("\u00a0", " "):
            x = shift[0] * matrix[4] + shift[2] * matrix[5] + shift[4]
            y = shift[1] * matrix[4] + shift[3] * matrix[5] + shift[5]
            found[words] = (words, x, y, size)

    printed.pages[0].extract_text(visitor_text=keep)
    return found


def test_the_page_is_a4_with_margins_of_18_mm(printed: PdfReader, pieces: dict[str, Piece]) -> None:
    box = printed.pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx((210 * mm, 297 * mm), abs=0.1)
    # reportlab's frame keeps 6 points inside its margins.
    for words in ("Card", "Under it", "About", "Words.", "A field", "Numbers"):
        assert pieces[words][1] == pytest.approx(18 * mm + 6, abs=0.6), words
    top = 297 * mm - 18 * mm - 6
    assert top - 1.35 * 20 < pieces["Card"][2] < top
    assert pieces["Page 1"][2] == pytest.approx(10 * mm)
    end = pieces["Page 1"]
    assert 210 * mm - 18 * mm - 40 < end[1] < 210 * mm - 18 * mm
    assert printed.metadata is not None
    assert (printed.metadata.title, printed.metadata.author) == ("Card", "ThoraxLens")


def test_headings_are_larger_than_words_and_tables_smaller(pieces: dict[str, Piece]) -> None:
    sizes = {words: piece[3] for words, piece in pieces.items()}
    assert sizes["Card"] == 20
    assert sizes["About"] == sizes["Numbers"] == 13
    assert sizes["Do not believe it."] == 12
    assert sizes["Words."] == sizes["Under it"] == 9.5
    assert sizes["A field"] == sizes["accuracy"] == sizes["97.5 %"] == sizes["Share"] == 8.5
    assert sizes["Page 1"] == 8


def test_numbers_stand_to_the_right_and_rows_one_below_the_other(pieces: dict[str, Piece]) -> None:
    left = [pieces[words][1] for words in ("What", "accuracy", "recall")]
    assert left == pytest.approx([left[0]] * 3)
    assert pieces["9 %"][1] > pieces["97.5 %"][1] > left[0]  # the shorter one begins later
    rows = [pieces[words][2] for words in ("What", "accuracy", "recall")]
    assert rows[0] - rows[1] == pytest.approx(rows[1] - rows[2])
    # A line of 8.5 points, spaced by 1.35, and a point above and below.
    assert rows[0] - rows[1] == pytest.approx(8.5 * 1.35 + 2, abs=0.6)
    assert pieces["What"][2] == pytest.approx(pieces["Share"][2])
    places = [pieces[w][2] for w in ("Card", "Under it", "Do not believe it.", "About", "Words.",
                                     "A field", "Numbers", "What")]  # fmt: skip
    assert places == sorted(places, reverse=True)


def test_a_picture_is_105_mm_wide_and_keeps_its_shape(printed: PdfReader) -> None:
    drawn: list[list[float]] = []

    def keep(operator: bytes, _: object, matrix: list[float], __: object) -> None:
        if operator == b"Do":
            drawn.append(matrix)

    printed.pages[0].extract_text(visitor_operand_before=keep)
    [matrix] = drawn
    assert (matrix[0], matrix[3]) == pytest.approx((105 * mm, 52.5 * mm), abs=0.01)
    assert matrix[4] == pytest.approx(18 * mm + 6, abs=0.01)


def test_the_verdict_has_a_box_in_the_colour_of_its_level(
    printed: PdfReader, pieces: dict[str, Piece]
) -> None:
    # The box is as wide as the page between its margins; its words stand 4 mm inside.
    assert pieces["Do not believe it."][1] == pytest.approx(22 * mm, abs=0.3)
    stream = printed.pages[0].get_contents()
    assert stream is not None
    said = stream.get_data().decode("latin-1")

    def ink(colour: str) -> str:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return " ".join(f"{part:.6f}".rstrip("0").lstrip("0") or "0" for part in parts)

    edge, ground = LEVELS["bad"]
    assert f"{ink(ground)} rg" in said
    assert f"{ink(edge)} RG" in said
    assert "5 w" in said
    assert len({one for pair in LEVELS.values() for one in pair}) == 8


def test_columns_share_the_page_by_their_longest_words() -> None:
    width = 210 * mm - 36 * mm
    # 3 more than the longest, which counts as at least 8 and at most 107.
    assert _widths(Table(("a", "b"), (("x" * 17, "1"),))) == pytest.approx(
        [width * 20 / 31, width * 11 / 31]
    )
    assert _widths(Table(("a", "b"), (("x" * 500, "1"),))) == pytest.approx(
        [width * 110 / 121, width * 11 / 121]
    )
    # A Chinese letter is as wide as two.
    assert _widths(Table(("a", "b"), (("肺" * 8 + "x", "1"),))) == pytest.approx(
        [width * 20 / 31, width * 11 / 31]
    )


def test_a_name_in_chinese_breaks_where_the_page_ends() -> None:
    """9.5 points a letter: 40 of them are 380 points, and 60 are 570; a line has 481."""

    def pictures(letters: int) -> list[tuple[float, float]]:
        card = ModelCard("C", "", "V", "bad", (Section("S", ("肺" * letters,)),))
        drawn: list[tuple[float, float]] = []

        def keep(operator: bytes, _: object, matrix: list[float], __: object) -> None:
            if operator == b"Do":
                drawn.append((matrix[0], matrix[5]))

        page = PdfReader(io.BytesIO(to_pdf(card))).pages[0]
        page.extract_text(visitor_operand_before=keep)
        return drawn

    [(width, _)] = pictures(40)
    assert width == pytest.approx(40 * 9.5, rel=0.02)
    (first, above), (second, below) = pictures(60)
    assert first + second == pytest.approx(60 * 9.5, rel=0.02)
    assert first > second
    assert above > below
