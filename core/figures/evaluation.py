"""Figures of how well films were told apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from core.escaping import plotly
from core.evaluation.metrics import Evaluation
from core.figures.template import SHARE_TICKS, figure
from core.palette import (
    MATRIX_SCALE,
    SURROUNDS,
    Theme,
    class_colour,
    mix,
    text_on,
)
from core.text import percent, probability


def row_shares(confusion: np.ndarray) -> np.ndarray:
    """Each count (int (k, k)) as a share of its row, float (k, k); NaN in an empty row."""
    totals = confusion.sum(axis=1, keepdims=True)
    shares = np.full(confusion.shape, np.nan, dtype=float)
    np.divide(confusion, totals, out=shares, where=totals > 0)
    return shares


def mean_count(count: int, repeats: int) -> str:
    """A cell's text: the count, or its mean over so many repeats to one decimal."""
    return f"{int(count)}" if repeats == 1 else f"{count / repeats:.1f}"


def confusion_figure(
    evaluation: Evaluation,
    theme: Theme = "dark",
    *,
    chosen: tuple[int, int] | None = None,
    repeats: int = 1,
    height: int = 340,
) -> go.Figure:
    """The confusion matrix: true class down, predicted class across; ``chosen`` is outlined.
    With ``repeats``, the evaluation is of so many runs together, and a cell is their mean.

    Each cell is a bar of one trace and not a heatmap's pixel, because Plotly reports a
    click anywhere on a bar; its ``customdata`` is (true index, predicted index).
    """
    classes, confusion = [plotly(name) for name in evaluation.classes], evaluation.confusion
    count, shares = len(classes), row_shares(confusion)
    low, high = MATRIX_SCALE[theme]
    rows, columns = (axis.ravel() for axis in np.indices(confusion.shape))
    fills = [mix(low, high, float(np.nan_to_num(share))) for share in shares.ravel()]
    texts, hovers = [], []
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        films, share = mean_count(confusion[row, column], repeats), float(shares[row, column])
        part = f"<br>{percent(share, 0)}" if np.isfinite(share) else ""
        texts.append(f"<b>{films}</b>{part}")
        verdict = "right" if row == column else "wrong"
        of_them = mean_count(confusion[row].sum(), repeats)
        hovers.append(
            f"<b>{films} of {of_them}</b> films that are {classes[row]}<br>"
            f"were called {classes[column]} ({verdict})"
        )
    drawing = figure(theme, height)
    drawing.add_bar(
        x=columns,
        y=np.ones(len(rows)),
        base=rows - 0.5,
        width=1,
        marker={"color": fills, "line": {"color": SURROUNDS[theme].background, "width": 2}},
        # The outline shows what is chosen; Plotly's own way is to fade the other cells.
        unselected={"marker": {"opacity": 1}},
        text=texts,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        constraintext="none",
        insidetextfont={
            "color": [text_on(fill) for fill in fills],
            "size": 18 if count < 5 else 13,
        },
        # Plain lists: an array would travel packed, and come back from a click as a dict.
        customdata=np.stack([rows, columns], axis=1).tolist(),
        hovertext=hovers,
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    ticks = {"tickmode": "array", "tickvals": list(range(count)), "ticktext": classes}
    fixed = {
        "fixedrange": True, "showgrid": False, "zeroline": False, "ticks": "",
        "ticklabelstandoff": 0,  # no zeros meet here, and small cells need the room
    }  # fmt: skip
    drawing.update_xaxes(
        title_text="predicted", range=[-0.5, count - 0.5], constrain="domain", **ticks, **fixed
    )
    drawing.update_yaxes(
        title_text="true",
        range=[count - 0.5, -0.5],
        scaleanchor="x",
        constrain="domain",
        tickangle=-90 if count < 4 else 0,
        **ticks,
        **fixed,
    )
    drawing.update_layout(barmode="overlay", bargap=0, dragmode=False)
    if chosen:
        down, across = chosen
        drawing.add_shape(
            type="rect",
            x0=across - 0.48,
            x1=across + 0.48,
            y0=down - 0.48,
            y1=down + 0.48,
            line={"color": SURROUNDS[theme].text, "width": 3},
        )
    return drawing


def probabilities_figure(
    probabilities: Mapping[str, float],
    theme: Theme = "dark",
    *,
    threshold: float | None = None,
) -> go.Figure:
    """One film: a bar a class (name → 0 to 1, the positive class first)."""
    names = [plotly(name) for name in probabilities]
    values = [float(value) for value in probabilities.values()]
    drawing = figure(theme, 70 + 44 * len(names))
    drawing.add_bar(
        x=values,
        y=names,
        orientation="h",
        marker={"color": [class_colour(index) for index in range(len(names))]},
        text=[probability(value) for value in values],
        # Beside a short bar, inside a long one: the label never leaves the figure.
        textposition=["outside" if value < 0.75 else "inside" for value in values],
        insidetextfont={"color": "#f5f5f5"},
        outsidetextfont={"color": SURROUNDS[theme].text},
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    if threshold is not None:
        drawing.add_vline(
            x=threshold, line={"color": SURROUNDS[theme].text, "dash": "dash", "width": 1.5}
        )
    drawing.update_xaxes(title_text="probability", range=[0, 1], fixedrange=True, **SHARE_TICKS)
    # A class may be called “0” or “2020”: a name all the same.
    drawing.update_yaxes(type="category", autorange="reversed", fixedrange=True, showgrid=False)
    return drawing
