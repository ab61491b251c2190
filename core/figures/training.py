"""Figures of a training as it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd
import plotly.graph_objects as go

from core.figures.template import figure, legend_below, message
from core.palette import Theme, run_colour, run_symbol

FEW = 8  # epochs
LABELS = {"loss": "loss", "accuracy": "accuracy"}


def curves_figure(
    epochs: Mapping[str, pd.DataFrame],
    metric: Literal["loss", "accuracy"] = "loss",
    theme: Theme = "dark",
    *,
    height: int = 340,
) -> go.Figure:
    """One metric over the epochs of several runs (title → ``Runs.epochs`` frame): training
    drawn through, validation dashed."""
    drawing = figure(theme, height)
    label, share = LABELS[metric], metric == "accuracy"
    value = "%{y:.1%}" if share else "%{y:.4f}"
    for index, (title, frame) in enumerate(epochs.items()):
        if frame.empty:
            continue
        for column, name, dash in (
            (metric, "training", "solid"),
            (f"val_{metric}", "validation", "dash"),
        ):
            values = frame[column].astype(float)
            if values.isna().all():
                continue
            drawing.add_scatter(
                x=frame["epoch"],
                y=values,
                # A single epoch has no line to show.
                mode="lines+markers" if len(frame) < 60 else "lines",
                line={"color": run_colour(index), "dash": dash, "width": 2},
                marker={
                    "symbol": run_symbol(index) + ("" if dash == "solid" else "-open"),
                    "size": 6,
                },
                name=f"{title}, {name}",
                legendgroup=title,
                hovertemplate=(
                    f"{title}<br>{name} {label} {value} after epoch %{{x}}<extra></extra>"
                ),
            )
    if not drawing.data:
        return message(theme, "No epoch has finished yet.")
    drawing.update_xaxes(title_text="epoch", rangemode="tozero", tickformat="d")
    if max(len(frame) for frame in epochs.values()) <= FEW:
        # Left to itself, Plotly marks half epochs here and writes them as whole ones.
        drawing.update_xaxes(dtick=1)
    drawing.update_yaxes(
        title_text=label,
        tickformat=".0%" if share else None,
        rangemode="normal" if share else "tozero",
    )
    legend_below(drawing, len(drawing.data))
    return drawing
