"""The confusion matrix as a PNG, for a slide or a report.

Drawn with Pillow: Plotly's own export (kaleido) starts a Chrome, which a server need not
have. The other figures are saved by the camera button that Plotly puts on them.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.evaluation.metrics import Evaluation
from core.figures.evaluation import mean_count, row_shares
from core.figures.lettering import face_for, legible
from core.palette import MATRIX_SCALE, SURROUNDS, Theme, mix, text_on
from core.text import percent


def confusion_png(
    evaluation: Evaluation, title: str, theme: Theme = "light", *, repeats: int = 1
) -> bytes:
    """A PNG about 1,000 px wide: title, matrix with counts and shares of the true class.
    ``repeats`` as for ``confusion_figure``."""
    look, (low, high) = SURROUNDS[theme], MATRIX_SCALE[theme]
    classes = [legible(name) for name in evaluation.classes]
    confusion, title = evaluation.confusion, legible(title)
    shares = row_shares(confusion)
    count = len(classes)
    cell = max(120, 720 // count)
    caption = legible(_caption(evaluation, repeats))
    body, small = [face_for(name, 30) for name in classes], face_for("", 24)
    labels = max(font.getlength(name) for font, name in zip(body, classes, strict=True))
    left, top = int(labels) + 90, 150
    width = max(left + count * cell + 40, int(face_for(title, 34).getlength(title)) + 80)
    picture = Image.new("RGB", (width, top + count * cell + 130), look.background)
    pen = ImageDraw.Draw(picture)
    pen.text((40, 36), title, fill=look.text, font=face_for(title, 34))
    pen.text((40, 88), caption, fill=look.muted, font=face_for(caption, 24))
    for row in range(count):
        middle = top + row * cell + cell // 2
        pen.text((left - 20, middle), classes[row], fill=look.text, font=body[row], anchor="rm")
        for column in range(count):
            share = float(shares[row, column])
            fill = mix(low, high, float(np.nan_to_num(share)))
            x, y = left + column * cell, top + row * cell
            pen.rectangle((x + 2, y + 2, x + cell - 3, y + cell - 3), fill=fill)
            centre, ink = x + cell // 2, text_on(fill)
            counted = mean_count(confusion[row, column], repeats)
            pen.text((centre, y + cell // 2 - 18), counted, ink, face_for(counted, 44), anchor="mm")
            if np.isfinite(share):
                pen.text((centre, y + cell // 2 + 28), percent(share, 0), ink, small, anchor="mm")
    bottom = top + count * cell
    for column, name in enumerate(classes):
        text = _fitting(name, body[column], cell - 8)
        middle = left + column * cell + cell // 2
        pen.text((middle, bottom + 30), text, fill=look.text, font=body[column], anchor="mm")
    pen.text((left + count * cell // 2, bottom + 84), "predicted", look.muted, small, anchor="mm")
    # Written upright on a slip of its own and turned, as Pillow writes only level text.
    slip = Image.new("RGB", (count * cell, 40), look.background)
    ImageDraw.Draw(slip).text((count * cell // 2, 20), "true", look.muted, small, anchor="mm")
    picture.paste(slip.rotate(90, expand=True), (16, top))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _caption(evaluation: Evaluation, repeats: int) -> str:
    rule = (
        "most probable class"
        if evaluation.threshold is None
        else f"{evaluation.classes[0]} from {evaluation.threshold:.2f} on"
    )
    films = f"{mean_count(evaluation.films, repeats).removesuffix('.0')} films"
    if repeats > 1:
        films = f"mean of {repeats} runs, {films} each"
    return f"{films}, accuracy {percent(evaluation.accuracy)}, {rule}"


def _fitting(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2].rstrip("…") + "…"
    return text
