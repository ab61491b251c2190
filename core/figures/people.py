"""One dot a person: what answers are worth, for readers to whom a percentage says little."""

from __future__ import annotations

import plotly.graph_objects as go

from core.escaping import plotly
from core.figures.template import figure, legend_below
from core.palette import Theme, class_colour, translucent
from core.statistics.prevalence import NaturalFrequencies

COLUMNS = 40


def people_figure(
    people: NaturalFrequencies, positive: str, theme: Theme = "dark", *, height: int = 400
) -> go.Figure:
    """A dot a person, in rows of 40. The colour says what they truly have; those whom the
    network calls ``positive`` are large, the others small; each kind has its own shape."""
    sick, well = class_colour(0), class_colour(1)
    positive = plotly(positive)
    kinds = (
        (people.true_positives, f"{positive}, called so", "circle", 8, sick, sick),
        (
            people.false_negatives,
            f"{positive}, missed",
            "diamond-open",
            8,
            sick,
            sick,
        ),
        (
            people.false_positives,
            f"not {positive}, called so by mistake",
            "square",
            7,
            well,
            well,
        ),
        (
            people.true_negatives,
            f"not {positive}, not called so",
            "circle",
            4,
            translucent(well, 0.55),
            well,
        ),
    )
    drawing = figure(theme, height)
    first = 0
    for count, name, symbol, size, colour, listed in kinds:
        places = range(first, first + count)
        first += count
        if not count:
            continue
        drawing.add_scatter(
            x=[place % COLUMNS for place in places],
            y=[place // COLUMNS for place in places],
            mode="markers",
            marker={
                "symbol": symbol,
                "size": size,
                "color": listed if symbol.endswith("-open") else colour,
                "line": {"width": 2 if symbol.endswith("-open") else 0, "color": listed},
            },
            name=f"{count:,} {name}",
            hovertemplate=f"{name}<extra></extra>",
            cliponaxis=False,
        )
    hidden = {"visible": False, "fixedrange": True}
    drawing.update_xaxes(range=[-1, COLUMNS], **hidden)
    drawing.update_yaxes(range=[-(-first // COLUMNS) - 0.3, -0.7], **hidden)
    drawing.update_layout(dragmode=False, legend={"itemclick": False, "itemdoubleclick": False})
    legend_below(drawing, len(drawing.data))
    return drawing
