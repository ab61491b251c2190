"""The figure of the cheating demo: what is left of an accuracy when a marker moves."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from core.figures.template import SHARE_TICKS, figure, legend_below
from core.palette import SURROUNDS, Theme, run_colour
from core.text import percent_of

_Counts = Mapping[str, tuple[int, int]]


def moved_figure(
    networks: Mapping[str, _Counts], theme: Theme = "dark", *, height: int = 340
) -> go.Figure:
    """Bars of the share of films that each network gets right, in groups.

    ``networks``: name → where the marker is → (films right, films). All networks must have
    the same groups, in the same order. A dotted line marks what guessing would give.
    """
    drawing = figure(theme, height)
    for index, (name, counts) in enumerate(networks.items()):
        shares = [right / films if films else 0.0 for right, films in counts.values()]
        drawing.add_bar(
            x=list(counts),
            y=shares,
            name=name,
            marker={"color": run_colour(index)},
            text=[percent_of(right, films, 0) for right, films in counts.values()],
            textposition="outside",
            textfont={"size": 12, "color": SURROUNDS[theme].text},
            # Left to itself, Plotly shrinks the numbers on a telephone.
            constraintext="none",
            cliponaxis=False,
            hovertext=[f"{right} of {films} films right" for right, films in counts.values()],
            hovertemplate=f"{name}<br>%{{hovertext}}<extra></extra>",
        )
    drawing.add_hline(
        y=0.5,
        line={"color": SURROUNDS[theme].muted, "dash": "dot", "width": 2},
    )
    drawing.update_xaxes(fixedrange=True, tickangle=0, title_text="marker")
    drawing.update_yaxes(title_text="films right", range=[0, 1.12], fixedrange=True, **SHARE_TICKS)
    # On a telephone, too, a bar is as wide as the “100 %” above it: two may stand side by side.
    drawing.update_layout(barmode="group", bargap=0.1)
    legend_below(drawing, len(networks))
    return drawing
