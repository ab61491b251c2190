"""The PDF of a worklist, read again."""

from __future__ import annotations

import io

import numpy as np
from pypdf import PdfReader

from core.card.answers_pdf import PrintedAnswer, PrintedFilm, PrintedNetwork, answers_pdf

HEAT = np.eye(7, dtype=np.float32)


def film(name: str, number: int) -> PrintedFilm:
    answer = PrintedAnswer("CNN on study", "covid", "covid 81.0 %, healthy 19.0 %", "", HEAT)
    return PrintedFilm(name, np.full((256, 200), number % 256, np.uint8), (), (answer,))


def test_each_film_has_its_picture_its_heat_and_what_is_said_of_it() -> None:
    refused = PrintedFilm(
        "a < b & “c”.png",
        np.full((20, 256), 9, np.uint8),
        ("Label in the data: covid",),
        (PrintedAnswer("CNN on study", "Refused: not a chest X-ray", "", "It is flat.", None),),
    )
    lost = PrintedFilm(
        "x.png", None, (), (PrintedAnswer("CNN on study", "No answer", "", "It is empty.", None),)
    )
    many = [film(f"{number}.png", number) for number in range(60)]
    networks = [PrintedNetwork("CNN on study", "do not believe")]
    pdf = PdfReader(io.BytesIO(answers_pdf(networks, [*many, refused, lost])))
    text = "\n".join(page.extract_text() for page in pdf.pages)
    for words in (
        "Answers on 62 films", "not a diagnosis", "CNN on study. Audit: do not believe.",
        "59.png", "covid 81.0", "a < b & “c”.png", "Label in the data: covid",
        "Refused: not a chest X-ray", "It is flat.", "x.png", "No answer", "It is empty.",
    ):  # fmt: skip
        assert words in text
    assert sum(len(page.images) for page in pdf.pages) == 2 * 60 + 1
    colours = [one.image for page in pdf.pages for one in page.images if one.image is not None]
    assert {one.mode for one in colours} == {"L", "RGB"}, "films are grey, heat maps are not"
    assert len(pdf.pages) < 20, "a film takes a fifth of a page"
