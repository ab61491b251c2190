"""The figure of an external test: a run's own test films beside those of another source."""

from __future__ import annotations

import plotly.graph_objects as go

from core.escaping import plotly
from core.external.report import Comparison, Estimate, Side
from core.figures.template import SHARE_TICKS, figure, legend_below
from core.palette import Theme, run_colour, run_symbol
from core.text import interval, percent

# From top to bottom; what is better lies to the right but for the last.
ROWS = (
    ("auc", "ROC area"),
    ("sensitivity", "Sensitivity"),
    ("false_positive_rate", "False alarms"),
)


def external_figure(found: Comparison, theme: Theme = "dark") -> go.Figure:
    """A row a number, a point a column, with its 95 % interval; says where there is none."""
    drawing = figure(theme, 250)
    sides = (
        ("own test films", found.internal, 0.16),
        (plotly(found.source), found.external, -0.16),
    )
    for index, (name, side, shift) in enumerate(sides):
        _points(drawing, name, side, shift, index)
        for place, (metric, _) in enumerate(ROWS):
            if getattr(side, metric).value is None:
                drawing.add_annotation(
                    x=0.01,
                    y=len(ROWS) - 1 - place + shift,
                    text=f"none: {plotly(getattr(side, metric).why)}",
                    showarrow=False,
                    xanchor="left",
                    font={"color": run_colour(index), "size": 12},
                )
    drawing.update_xaxes(range=[-0.02, 1.02], fixedrange=True, zeroline=False, **SHARE_TICKS)
    drawing.update_yaxes(
        tickvals=list(range(len(ROWS))),
        ticktext=[label for _, label in reversed(ROWS)],
        range=[-0.5, len(ROWS) - 0.5],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    drawing.update_layout(dragmode=False)
    legend_below(drawing, len(sides))
    return drawing


def _points(drawing: go.Figure, name: str, side: Side, shift: float, index: int) -> None:
    known = [
        (len(ROWS) - 1 - place + shift, label, getattr(side, metric))
        for place, (metric, label) in enumerate(ROWS)
        if getattr(side, metric).value is not None
    ]
    rates = [rate for _, _, rate in known]
    values = [float(rate.value) for rate in rates]
    ends = [rate.interval or (value, value) for rate, value in zip(rates, values, strict=True)]
    drawing.add_scatter(
        x=values,
        y=[height for height, _, _ in known],
        mode="markers",
        name=name,
        marker={"color": run_colour(index), "symbol": run_symbol(index), "size": 12},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for (_, high), value in zip(ends, values, strict=True)],
            "arrayminus": [value - low for (low, _), value in zip(ends, values, strict=True)],
            "thickness": 2,
            "width": 5,
            "color": run_colour(index),
        },
        hovertext=[f"<b>{label}</b>, {name}<br>{_told(rate)}" for _, label, rate in known],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _told(rate: Estimate) -> str:
    if rate.interval is None:
        return percent(rate.value)
    return f"{percent(rate.value)} ({interval(rate.interval, joint=' to ')})"
