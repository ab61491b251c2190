"""Figures of a training as it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from core.escaping import plotly
from core.figures.template import figure, legend_below, legend_entries, message
from core.palette import Theme, run_colour, run_symbol
from core.runs.lr_range import LRRangeTest
from core.text import percent

FEW = 8  # epochs
MEMBER_OPACITY = 0.45  # of one among repeats, behind their mean
LABELS = {"loss": "loss", "accuracy": "accuracy"}


def curves_figure(
    epochs: Mapping[str, pd.DataFrame | Sequence[pd.DataFrame]],
    metric: Literal["loss", "accuracy"] = "loss",
    theme: Theme = "dark",
    *,
    height: int = 340,
) -> go.Figure:
    """One metric over the epochs of several runs (title → ``Runs.epochs`` frame): training
    drawn through, validation dashed. Repeats, a sequence of frames under one title, are faint
    lines of one colour behind their mean (of those that got as far)."""
    drawing = figure(theme, height)
    label, share = LABELS[metric], metric == "accuracy"
    longest = 0
    for index, (title, one) in enumerate(zip(map(plotly, epochs), epochs.values(), strict=True)):
        frames = [one] if isinstance(one, pd.DataFrame) else list(one)
        longest = max([longest, *map(len, frames)])
        for column, name, dash in (
            (metric, "training", "solid"),
            (f"val_{metric}", "validation", "dash"),
        ):
            known = [frame[["epoch", column]].dropna().astype(float) for frame in frames]
            known = [frame for frame in known if len(frame)]
            lines = [(frame, f"{title}, {name}", len(known) > 1) for frame in known]
            if len(known) > 1:
                mean = pd.concat(known).groupby("epoch", as_index=False).mean()
                lines.append((mean, f"{title}, {name}, mean of {len(known)}", False))
            for frame, line, is_member in lines:
                values = frame[column]
                drawing.add_scatter(
                    x=frame["epoch"],
                    y=100 * values if share else values,
                    hovertext=[percent(one) if share else f"{one:.4f}" for one in values],
                    # A single epoch has no line to show.
                    mode="lines+markers" if len(frame) < 60 and not is_member else "lines",
                    opacity=MEMBER_OPACITY if is_member else 1,
                    line={
                        "color": run_colour(index),
                        "dash": dash,
                        "width": 1 if is_member else 2,
                    },
                    marker={
                        "symbol": run_symbol(index) + ("" if dash == "solid" else "-open"),
                        "size": 6,
                    },
                    name=line,
                    legendgroup=f"{title}, {name}" if len(known) > 1 else title,
                    showlegend=not is_member,
                    hovertemplate=(
                        f"{title}<br>{line.removeprefix(f'{title}, ')} {label} %{{hovertext}} "
                        "after epoch %{x}<extra></extra>"
                    ),
                )
    if not drawing.data:
        return message(theme, "No epoch has finished yet.")
    drawing.update_xaxes(title_text="epoch", rangemode="tozero", tickformat="d")
    if longest <= FEW:
        # Left to itself, Plotly marks half epochs here and writes them as whole ones.
        drawing.update_xaxes(dtick=1)
    drawing.update_yaxes(
        title_text=label,
        # Of the whole axis: Plotly's own percent rounds a tick at 99.5 to 100.
        ticksuffix=" %" if share else None,
        rangemode="normal" if share else "tozero",
    )
    legend_below(drawing, len(legend_entries(drawing)))
    return drawing


def rates_figure(test: LRRangeTest, theme: Theme = "dark", *, height: int = 300) -> go.Figure:
    """The smoothed loss at each learning rate that was tried; a line at the suggestion."""
    drawing = figure(theme, height)
    drawing.add_scatter(
        x=test.rates,
        y=test.losses,
        mode="lines",
        line={"color": run_colour(0), "width": 2},
        hovertemplate="learning rate %{x:.2g}<br>loss %{y:.4f}<extra></extra>",
    )
    if test.suggested:
        drawing.add_vline(
            x=test.suggested,
            line={"color": run_colour(1), "dash": "dot", "width": 2},
            annotation_text=f"suggested: {test.suggested:g}",
        )
    drawing.update_xaxes(type="log", title_text="learning rate", exponentformat="power", dtick=1)
    drawing.update_yaxes(title_text="loss")
    drawing.update_layout(showlegend=False)
    return drawing


# The stages that a run times (``core.runs.clock``), in their order.
STAGE_LABELS = {
    "decode": "reading films",
    "features": "looking through the frozen network",
    "train": "training",
    "evaluate": "testing",
    "other": "starting and building the network",
}


def seconds_figure(
    seconds: Mapping[str, float], theme: Theme = "dark", *, height: int = 220
) -> go.Figure:
    """Where a run's time went: a bar a stage. ``seconds``: by stage, and ``total``."""
    known = {stage: float(seconds.get(stage, 0.0)) for stage in STAGE_LABELS if stage != "other"}
    known["other"] = max(float(seconds["total"]) - sum(known.values()), 0.0)
    drawing = figure(theme, height)
    drawing.add_bar(
        x=list(known.values()),
        y=[STAGE_LABELS[stage] for stage in known],
        orientation="h",
        marker_color=run_colour(0),
        text=[f"{value:,.1f} s" for value in known.values()],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1f} s<extra></extra>",
    )
    # Room for the numbers beside the longest bar, on a telephone, too.
    drawing.update_xaxes(title_text="seconds", range=[0, max(known.values()) * 1.5 or 1])
    drawing.update_yaxes(autorange="reversed", title_text="", automargin=True)
    drawing.update_layout(showlegend=False)
    return drawing
