"""Figures of one run's or several runs' choice of threshold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from core.escaping import plotly
from core.evaluation.metrics import Evaluation
from core.evaluation.predictions import Predictions
from core.figures.template import SHARE_TICKS, figure, legend_below, message
from core.palette import (
    SURROUNDS,
    Theme,
    class_colour,
    run_colour,
    run_symbol,
    translucent,
)
from core.text import percent

MOST_POINTS = 1_500

# By title: a run's evaluation, or those of repeats, which are thin lines of one colour.
Evaluations = Mapping[str, Evaluation | Sequence[Evaluation]]
# What a trace of one point is made of and another threshold changes: x, y, name, hovertemplate.
MarkedPoint = dict[str, Any]


def roc_figure(evaluations: Evaluations, theme: Theme = "dark", *, height: int = 360) -> go.Figure:
    """ROC curves by title, each with the point where its threshold stands."""
    drawing = figure(theme, height)
    drawing.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": SURROUNDS[theme].muted, "dash": "dot", "width": 1},
        name="guessing",
        hovertemplate="guessing<extra></extra>",
        showlegend=False,
    )
    drawn = 0
    for index, title, one, many in _each(evaluations, "roc"):
        assert one.roc is not None
        rate, sensitivity, thresholds = _thinned(*one.roc)
        drawing.add_scatter(
            x=rate,
            y=sensitivity,
            mode="lines",
            line={"color": run_colour(index), "width": 1 if many else 2.5, "shape": "linear"},
            name=f"{title}: {_mean(many or [one], 'roc_auc')}",
            legendgroup=title,
            showlegend=one is (many or [one])[0],
            hovertext=[
                f"sensitivity {percent(y)}<br>false alarms {percent(x)}<br>at threshold {at:.3f}"
                for x, y, at in zip(rate, sensitivity, thresholds, strict=True)
            ],
            hovertemplate=f"{title}<br>%{{hovertext}}<extra></extra>",
        )
        if mark := _roc_mark(title, one):
            _operating_point(drawing, index, title, mark, small=bool(many))
        drawn += one is (many or [one])[0]
    if not drawn:
        return message(theme, _why(evaluations, "roc_auc"))
    drawing.update_xaxes(
        title_text="false alarms (1 − specificity)",
        range=[-0.02, 1.02],
        **SHARE_TICKS,
    )
    drawing.update_yaxes(title_text="sensitivity", range=[-0.02, 1.03], **SHARE_TICKS)
    legend_below(drawing, drawn, "area under the curve")
    return drawing


def pr_figure(evaluations: Evaluations, theme: Theme = "dark", *, height: int = 360) -> go.Figure:
    """Precision–recall curves by title, each with the point where its threshold stands."""
    drawing = figure(theme, height)
    drawn = 0
    for index, title, one, many in _each(evaluations, "pr"):
        assert one.pr is not None
        recalls, values, thresholds = _thinned(*one.pr)
        drawing.add_scatter(
            x=recalls,
            y=values,
            mode="lines",
            line={"color": run_colour(index), "width": 1 if many else 2.5, "shape": "vh"},
            name=f"{title}: {_mean(many or [one], 'average_precision')}",
            legendgroup=title,
            showlegend=one is (many or [one])[0],
            hovertext=[
                f"precision {percent(y)}<br>sensitivity {percent(x)}<br>at threshold {at:.3f}"
                for x, y, at in zip(recalls, values, thresholds, strict=True)
            ],
            hovertemplate=f"{title}<br>%{{hovertext}}<extra></extra>",
        )
        if mark := _pr_mark(title, one):
            _operating_point(drawing, index, title, mark, small=bool(many))
        drawn += one is (many or [one])[0]
    if not drawn:
        return message(theme, _why(evaluations, "average_precision"))
    drawing.update_xaxes(title_text="sensitivity (recall)", range=[-0.02, 1.02], **SHARE_TICKS)
    drawing.update_yaxes(
        title_text=f"precision of “{plotly(_positive(evaluations))}”",
        range=[-0.02, 1.03],
        **SHARE_TICKS,
    )
    legend_below(drawing, drawn, "average precision")
    return drawing


def roc_marks(evaluations: Evaluations) -> list[MarkedPoint]:
    """The points that ``roc_figure`` marks, in the order of its traces."""
    found = [_roc_mark(title, one) for _, title, one, _ in _each(evaluations, "roc")]
    return [one for one in found if one]


def pr_marks(evaluations: Evaluations) -> list[MarkedPoint]:
    """The points that ``pr_figure`` marks, in the order of its traces."""
    found = [_pr_mark(title, one) for _, title, one, _ in _each(evaluations, "pr")]
    return [one for one in found if one]


def distribution_figure(
    predictions: Predictions,
    threshold: float | None = None,
    theme: Theme = "dark",
    *,
    height: int = 300,
) -> go.Figure:
    """How the positive class's probability spreads over the films of each true class."""
    names = [plotly(name) for name in predictions.classes]
    drawing = figure(theme, height)
    for index, name in enumerate(names):
        drawing.add_histogram(
            x=predictions.probabilities[predictions.y_true == index, 0],
            xbins={"start": 0, "end": 1.0001, "size": 0.05},
            name=f"truly {name}",
            marker={
                "color": translucent(class_colour(index), 0.75),
                "line": {"color": class_colour(index), "width": 1},
            },
            hovertemplate=f"%{{y}} films that are {name}<br>probability %{{x}}<extra></extra>",
        )
    if threshold is not None:
        drawing.add_vline(
            x=threshold, line={"color": SURROUNDS[theme].text, "dash": "dash", "width": 1.5}
        )
    drawing.update_layout(barmode="stack", bargap=0.05)
    drawing.update_xaxes(
        title_text=f"probability of {names[0]}", range=[-0.01, 1.01], **SHARE_TICKS
    )
    drawing.update_yaxes(title_text="films", rangemode="tozero")
    legend_below(drawing, 1)
    return drawing


def _each(
    evaluations: Evaluations, curve: str
) -> Iterator[tuple[int, str, Evaluation, Sequence[Evaluation]]]:
    """Colour, title (as Plotly takes it) and evaluation of every curve there is; of repeats all
    that have one, beside each of them, else nothing."""
    for index, (title, one) in enumerate(evaluations.items()):
        members = [one] if isinstance(one, Evaluation) else one
        drawn = [member for member in members if getattr(member, curve) is not None]
        for member in drawn:
            yield index, plotly(title), member, [] if isinstance(one, Evaluation) else drawn


def _mean(members: Sequence[Evaluation], metric: str) -> str:
    return f"{np.mean([getattr(one, metric) for one in members]):.3f}"


def _all(evaluations: Evaluations) -> list[Evaluation]:
    every = evaluations.values()
    return [one for some in every for one in ([some] if isinstance(some, Evaluation) else some)]


def _roc_mark(title: str, one: Evaluation) -> MarkedPoint | None:
    if one.specificity is None or one.sensitivity is None:
        return None
    return _mark(title, one, 1 - one.specificity, one.sensitivity)


def _pr_mark(title: str, one: Evaluation) -> MarkedPoint | None:
    precision = one.precision[one.classes[0]]
    if precision is None or one.sensitivity is None:
        return None
    return _mark(title, one, one.sensitivity, precision)


def _mark(title: str, one: Evaluation, x: float, y: float) -> MarkedPoint:
    said = "most probable class" if one.threshold is None else f"threshold {one.threshold:.2f}"
    return {
        "x": [x],
        "y": [y],
        "name": f"{title}: {said}",
        "hovertemplate": (
            f"{title}, {said}<br>{one.false_negatives} missed, {one.false_positives} false alarms"
            f"<br>sensitivity {percent(one.sensitivity)}, specificity "
            f"{percent(one.specificity)}<extra></extra>"
        ),
    }


def _operating_point(
    drawing: go.Figure, index: int, title: str, mark: MarkedPoint, *, small: bool = False
) -> None:
    drawing.add_scatter(
        mode="markers",
        marker={
            "color": run_colour(index),
            "symbol": run_symbol(index),
            "size": 7 if small else 13,
            "line": {"color": "#f5f5f5", "width": 0.5 if small else 1.5},
        },
        legendgroup=title,
        showlegend=False,
        cliponaxis=False,
        **mark,
    )


def _thinned(*arrays: np.ndarray) -> Sequence[np.ndarray]:
    """At most MOST_POINTS of a curve, first and last kept: a screen shows no more."""
    length = len(arrays[0])
    if length <= MOST_POINTS:
        return arrays
    kept = np.unique(np.linspace(0, length - 1, MOST_POINTS).round().astype(int))
    return [one[kept] for one in arrays]


def _positive(evaluations: Evaluations) -> str:
    names = {one.classes[0] for one in _all(evaluations)}
    return names.pop() if len(names) == 1 else "the first class"


def _why(evaluations: Evaluations, metric: str) -> str:
    reasons = [one.notes[metric] for one in _all(evaluations) if metric in one.notes]
    return f"No curve: {reasons[0]}." if reasons else "Nothing to draw yet."
