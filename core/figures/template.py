"""The look that all figures share, in a dark and a light version."""

from __future__ import annotations

from functools import cache
from html import unescape
from textwrap import wrap

import plotly.graph_objects as go

from core.escaping import plotly
from core.palette import CLASS_COLOURS, SURROUNDS, Theme

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
LEGEND_LINE = 36  # letters: what a telephone of 390 px shows beside the line's sample
TRANSPARENT = "rgba(0,0,0,0)"
# Plotly drops a label that reaches over the axis's end: here that is the 100 %.
SHARE_TICKS = {
    "tickvals": [0, 0.25, 0.5, 0.75, 1],
    "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
    "ticklabeloverflow": "allow",
}


@cache
def template(theme: Theme = "dark") -> go.layout.Template:
    """The Plotly template: transparent, so that the page's own background shows; the legend
    below the figure and margins that make room for any label, so that 390 px are enough."""
    look = SURROUNDS[theme]
    axis = {
        "gridcolor": look.grid,
        "linecolor": look.muted,
        "zerolinecolor": look.grid,
        "tickfont": {"color": look.muted, "size": 13},
        "title": {"font": {"color": look.text, "size": 14}, "standoff": 8},
        "ticklabelstandoff": 4,  # else the “0” of both axes lie on each other where they meet
        "automargin": True,
    }
    return go.layout.Template(
        layout=go.Layout(
            paper_bgcolor=TRANSPARENT,
            plot_bgcolor=TRANSPARENT,
            colorway=list(CLASS_COLOURS),
            font={"family": FONT, "size": 14, "color": look.text},
            margin={"l": 8, "r": 22, "t": 12, "b": 8},
            xaxis=axis,
            yaxis=axis,
            hoverlabel={
                "bgcolor": look.panel,
                "bordercolor": look.grid,
                "font": {"family": FONT, "size": 14, "color": look.text},
                "align": "left",
            },
            legend={
                "orientation": "h",
                "yanchor": "top",
                "y": -0.18,
                "yref": "paper",
                "x": 0,
                "xanchor": "left",
                "font": {"color": look.text, "size": 13},
                "bgcolor": TRANSPARENT,
            },
            modebar={"bgcolor": TRANSPARENT, "color": look.muted, "activecolor": look.text},
            bargap=0.25,
        )
    )


def figure(theme: Theme, height: int) -> go.Figure:
    """An empty figure in the theme, ``height`` px tall, as wide as its place on the page."""
    return go.Figure(layout={"template": template(theme), "height": height})


def message(theme: Theme, text: str, height: int = 200) -> go.Figure:
    """What stands in a figure's place when there is nothing to draw: the reason, as it is."""
    drawing = figure(theme, height)
    drawing.update_xaxes(visible=False)
    drawing.update_yaxes(visible=False)
    drawing.add_annotation(
        text=plotly(text),
        showarrow=False,
        xref="paper",
        yref="paper",
        x=0.5,
        y=0.5,
        font={"color": SURROUNDS[theme].muted, "size": 14},
    )
    return drawing


def legend_entries(drawing: go.Figure) -> list[tuple[str, str]]:
    """Name (plain text, for a legend outside Plotly) and colour of each trace that the legend
    lists, in its order."""
    return [
        (unescape(str(one.name).replace("<br>", " ")), str(one.marker.color))
        for one in drawing.data
        if one.showlegend is not False and one.name
    ]


def without_legend(drawing: go.Figure) -> go.Figure:
    """The figure without its legend and the room for it; the page writes the legend itself."""
    room = drawing.layout.margin.b or 0
    if room:
        drawing.update_layout(height=drawing.layout.height - room + 46, margin={"b": 46})
    drawing.update_layout(showlegend=False)
    return drawing


def legend_below(drawing: go.Figure, entries: int, title: str = "") -> None:
    """Make room for a legend whose long entries take a line each on a narrow screen, or several:
    Plotly would cut what is longer than the figure is wide."""
    plot = drawing.layout.height or 360
    further = 0
    for one in drawing.data:
        if one.showlegend is not False and one.name:
            lines = wrap(one.name, LEGEND_LINE, break_long_words=False, break_on_hyphens=False)
            further += len(lines) - 1
            one.name = "<br>".join(lines)
    room = 24 * (entries + bool(title)) + 18 * further + 12
    drawing.update_layout(
        height=plot + room,
        # At the figure's bottom and not below its axis: where a window grows, Plotly would leave
        # the legend on the axis's numbers.
        legend={
            "yref": "container", "y": 0, "yanchor": "bottom",
            "title": {"text": title, "side": "top", "font": {"size": 13}},
        },
    )  # fmt: skip
