"""No name is drawn as a row of boxes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.figures.lettering import face_for, legible
from core.figures.picture import confusion_png

NAMES = ["Ödem", "肺炎", "Обзор", "Ελλη", "العربية", "नमस्ते", "ไทย", "한국어", "שלום", "心臓 (2)"]


def drawn(text: str) -> np.ndarray:
    picture = Image.new("L", (400, 80))
    ImageDraw.Draw(picture).text((10, 10), text, fill=255, font=face_for(text, 30))
    return np.asarray(picture)


@pytest.mark.parametrize("name", NAMES)
def test_each_letter_of_a_name_is_drawn_as_itself(name: str) -> None:
    assert legible(name) == name
    for sign in set(name) - {" "}:
        lacked = Image.new("L", (400, 80))
        font = face_for(name, 30)
        ImageDraw.Draw(lacked).text((10, 10), "\U0010ffff", fill=255, font=font)
        assert not np.array_equal(drawn(sign), np.asarray(lacked)), sign


def test_what_no_font_has_is_named_by_its_script() -> None:
    first, second = legible("தமிழ்"), legible("தமிழ்கள்")
    assert first.startswith("[Tamil ")
    assert first.endswith("]")
    assert first != second
    assert legible("x தமிழ் y") == f"x {first} y"


def matrix(*names: str) -> np.ndarray:
    truth = np.array([0, 0, 1, 1])
    chances = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]], dtype=np.float32)
    films = Predictions(names, np.array(list("abcd")), np.array(["test"] * 4), truth, chances)
    return np.asarray(Image.open(io.BytesIO(confusion_png(evaluate(films), "肺"))))


def test_a_matrix_tells_classes_of_any_script_apart() -> None:
    first = matrix("肺炎", "心臓")
    assert first.shape == matrix("心臓", "肺炎").shape
    assert not np.array_equal(first, matrix("心臓", "肺炎"))
    assert not np.array_equal(matrix("Ödem", "Ädem"), matrix("Ädem", "Ödem"))
