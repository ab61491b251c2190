"""What classifiers get right that never see the lungs, against guessing."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import plotly.graph_objects as go

from core.audit.report import Finding
from core.escaping import plotly
from core.figures.template import SHARE_TICKS, figure
from core.palette import SURROUNDS, Theme, class_colour
from core.text import interval, percent


def probes_figure(probes: Sequence[Finding], theme: Theme = "dark") -> go.Figure:
    """A point and its 95 % interval a finding (``value`` from 0 to 1), a line at chance."""
    drawing = figure(theme, 100 + 46 * len(probes))
    values = [one.value or 0.0 for one in probes]
    ends = [one.interval or (value, value) for one, value in zip(probes, values, strict=True)]
    drawing.add_scatter(
        x=values,
        y=["<br>".join(map(plotly, wrap(one.title, 16))) for one in probes],
        mode="markers",
        marker={"color": class_colour(1), "size": 12},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [high - value for (_, high), value in zip(ends, values, strict=True)],
            "arrayminus": [value - low for (low, _), value in zip(ends, values, strict=True)],
            "color": class_colour(1),
            "thickness": 2,
        },
        hovertext=[
            f"{plotly(one.title)}: {percent(value)}<br>95 % interval {interval(both, joint=' to ')}"
            for one, value, both in zip(probes, values, ends, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        showlegend=False,
    )
    chance = probes[0].chance
    drawing.add_vline(
        x=chance,
        line={"color": SURROUNDS[theme].muted, "dash": "dash", "width": 1.5},
        annotation={
            "text": "guessing",
            "font": {"color": SURROUNDS[theme].muted},
            "y": 1,
            "yanchor": "bottom",
            "xanchor": "center",
        },
    )
    drawing.update_xaxes(
        title_text="right", range=[0, 1.04], fixedrange=True, tickangle=0,
        **{**SHARE_TICKS, "tickvals": [0, 0.5, 1], "ticktext": ["0 %", "50 %", "100 %"]},
    )  # fmt: skip
    drawing.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False)
    drawing.update_layout(margin={"t": 30})
    return drawing
