"""Figures of whether probabilities mean what they say."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.escaping import plotly
from core.evaluation.calibration import Calibration
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.figures.template import SHARE_TICKS, legend_below, template
from core.figures.thresholds import distribution_figure
from core.palette import SURROUNDS, Theme, run_colour, run_symbol, translucent
from core.text import percent_of, probability


def reliability_figure(
    several: Mapping[str, Calibration],
    positive: str,
    theme: Theme = "dark",
    *,
    height: int = 420,
) -> go.Figure:
    """Share of positive films by their probability, with 95 % intervals, by title; below, how
    many films each point stands for. On the dotted line, probabilities mean what they say."""
    drawing = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.75, 0.25], vertical_spacing=0.06
    )
    drawing.update_layout(template=template(theme), height=height)
    drawing.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": SURROUNDS[theme].muted, "dash": "dot", "width": 1.5},
        showlegend=False,
        hovertemplate="here, a probability means what it says<extra></extra>",
    )
    positive = plotly(positive)
    for index, (title, one) in enumerate(zip(map(plotly, several), several.values(), strict=True)):
        bins, colour = one.bins, run_colour(index)
        # Side by side, so that the second's intervals do not cover the first's.
        aside = 0.006 * (2 * index - len(several) + 1)
        told = [
            f"said: {probability(some.mean, 0)}<br>true: "
            f"{percent_of(some.positives, some.films, 0)}, {some.positives} of {some.films} films"
            for some in bins
        ]
        drawing.add_scatter(
            x=[some.mean + aside for some in bins],
            y=[some.share for some in bins],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [some.interval[1] - some.share for some in bins],
                "arrayminus": [some.share - some.interval[0] for some in bins],
                "thickness": 1.5,
                "width": 3,
                "color": translucent(colour, 0.6),
            },
            mode="markers+lines",
            line={
                "color": translucent(colour, 0.5),
                "width": 1.5,
                "dash": ("solid", "dash")[index % 2],
            },
            marker={"color": colour, "symbol": run_symbol(index), "size": 10},
            name=title,
            hovertext=told,
            hovertemplate=f"{title}<br>%{{hovertext}}<extra></extra>",
        )
        drawing.add_bar(
            x=[(some.low + some.high) / 2 for some in bins],
            y=[some.films for some in bins],
            marker_color=colour,
            name=title,
            showlegend=False,
            hovertemplate=f"{title}<br>%{{y}} films<extra></extra>",
            row=2,
            col=1,
        )
    drawing.update_xaxes(range=[-0.03, 1.03], **SHARE_TICKS)
    drawing.update_xaxes(title_text=f"probability of {positive}", row=2, col=1)
    drawing.update_yaxes(
        title_text=f"truly {positive}", range=[-0.03, 1.03], row=1, col=1, **SHARE_TICKS
    )
    drawing.update_yaxes(title_text="films", rangemode="tozero", row=2, col=1)
    drawing.update_layout(bargap=0.1, barmode="group")
    legend_below(drawing, len(several))
    return drawing


def band_figure(
    calibrated: Predictions, point: OperatingPoint, theme: Theme = "dark", *, height: int = 300
) -> go.Figure:
    """Where the films lie by their calibrated probability: the threshold dashed, the band
    without an answer shaded."""
    drawing = distribution_figure(calibrated, point.threshold, theme, height=height)
    low, high = point.not_sure
    drawing.add_vrect(
        x0=low,
        x1=high,
        fillcolor=translucent(SURROUNDS[theme].muted, 0.25),
        line_width=0,
        layer="below",
        annotation_text="not sure",
        annotation_position="top",
        annotation_font_color=SURROUNDS[theme].text,
    )
    return drawing
