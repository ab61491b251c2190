"""The map of the films as a figure: a point a film, coloured by what it is."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
import plotly.graph_objects as go

from core.figures.catalogue import SEVERAL, Column, value_colour, value_name, values_in_order
from core.figures.template import figure, message
from core.palette import RUN_SYMBOLS, SURROUNDS, Theme

KINDS = 7  # with a colour of their own; the rest are “others”
OTHERS = "others"
HEIGHT = 600  # px
FEW = 60  # chosen films that a wide ring each leaves to be seen
CROWDED = 1500  # films, from which on their points are small


def map_figure(
    points: pd.DataFrame,
    column: Column,
    theme: Theme = "dark",
    *,
    chosen: Collection[str] = (),
    order: Sequence[str] = (),
) -> go.Figure:
    """``points``: a row a film with ``film_id``, ``x``, ``y``, ``kind`` (what it is coloured by)
    and ``told`` (words for whoever points at it). ``column``: what ``kind`` is, for its colours.
    ``chosen``: ids of films to mark. ``order``: kinds that keep their place and colour.

    Each point carries its film's id and words as custom data; nothing is shown on hovering, for
    the page shows the film itself.
    """
    if points.empty:
        return message(theme, "No film that passes the filters is on the map.", HEIGHT)
    kinds = few_kinds(points["kind"])
    sizes = kinds.value_counts()
    groups = values_in_order(tuple(order), sizes.index)
    drawing = figure(theme, HEIGHT)
    # The largest at the bottom, or it would hide the others.
    for group in sorted(groups, key=lambda one: -int(sizes[one])):
        rows = points[(kinds == group).to_numpy()]
        drawing.add_scatter(
            x=rows["x"],
            y=rows["y"],
            mode="markers",
            name=f"{value_name(group)} ({len(rows):,})",
            legendrank=groups.index(group) + 1,
            customdata=rows[["film_id", "told"]].to_numpy(dtype=object).tolist(),
            marker={
                "size": 5 if len(points) > CROWDED else 8,
                "color": value_colour(column, tuple(order), group, groups),
                "symbol": RUN_SYMBOLS[groups.index(group) % len(RUN_SYMBOLS)],
                "opacity": 0.85,
                "line": {"width": 0.5, "color": SURROUNDS[theme].background},
            },
            unselected={"marker": {"opacity": 0.25}},
            hoverinfo="none",
        )
    marked = points[points["film_id"].isin(list(chosen)).to_numpy()]
    if len(marked):
        drawing.add_scatter(
            x=marked["x"],
            y=marked["y"],
            mode="markers",
            name=f"chosen ({len(marked):,})",
            legendrank=len(groups) + 1,
            marker={
                "size": 12 if len(marked) <= FEW else 7,
                "symbol": "circle-open",
                "color": SURROUNDS[theme].text,
                "line": {"width": 2 if len(marked) <= FEW else 1},
            },
            hoverinfo="skip",
        )
    # Nearness alone means anything: no numbers on the axes.
    drawing.update_xaxes(visible=False)
    drawing.update_yaxes(visible=False)
    drawing.update_layout(
        dragmode="lasso",
        hovermode="closest",
        showlegend=True,
        legend={"y": 0, "yref": "container", "yanchor": "bottom", "itemsizing": "constant"},
        margin={"l": 0, "r": 0, "t": 8, "b": 30 + 22 * -(-(len(groups) + bool(len(marked))) // 3)},
    )
    return drawing


def few_kinds(kinds: pd.Series) -> pd.Series:
    """The most frequent kinds as they are, the rest as “others”; not stated stays by itself."""
    texts = kinds.astype(str)
    ranked = [one for one in texts.value_counts().index if one not in ("unknown", SEVERAL)]
    kept = {*ranked[: KINDS - 1 if len(ranked) > KINDS else KINDS], "unknown", SEVERAL}
    return texts.where(texts.isin(kept), OTHERS)
