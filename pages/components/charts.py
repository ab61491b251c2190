"""Plotly figures on the screen, in the theme that the browser shows."""

from __future__ import annotations

from html import escape
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.figures import legend_entries, without_legend
from core.palette import SURROUNDS, Theme


def theme() -> Theme:
    """The theme that this browser shows; dark until it has said.

    Streamlit tells of a change in its menu only at the next run, which the browser asks for
    (``page_chrome.hear_of_the_theme``); a figure keeps its old colours, background included,
    until then.
    """
    return "light" if st.context.theme.type == "light" else "dark"


def show(
    figure: go.Figure, key: str, *, file_name: str = "", selects: bool = False, **options: Any
) -> Any:
    """Draw a figure from ``core.figures`` that was built for ``theme()``, and has its template.

    ``file_name``: what its camera button saves it as (PNG, without the ending). ``selects``:
    whether its buttons offer a lasso and a box to choose points with. ``options`` go to
    ``st.plotly_chart`` (``on_select``, ``selection_mode`` …), whose answer comes back.
    """
    current = theme()
    # The page's own colour, though the template is transparent: else the saved picture
    # would have light text on nothing.
    figure.layout.paper_bgcolor = SURROUNDS[current].background
    config = {
        "displaylogo": False,
        "responsive": True,
        "modeBarButtonsToRemove": ["autoScale2d", *([] if selects else ["select2d", "lasso2d"])],
        "toImageButtonOptions": {"format": "png", "scale": 3, "filename": file_name or key},
    }
    return st.plotly_chart(figure, key=key, theme=None, config=config, **options)


def show_compact(figure: go.Figure, key: str, **options: Any) -> None:
    """Like ``show``, with the legend above in as few lines as the page's width allows.

    Without Plotly's buttons: a picture saved there would lack the legend.
    """
    entries = legend_entries(figure)
    if len(entries) > 1:
        st.html(
            '<div style="display:flex;flex-wrap:wrap;gap:0.1rem 1rem;font-size:0.82rem">'
            + "".join(
                f'<span><span style="display:inline-block;width:0.75em;height:0.75em;'
                f'border-radius:2px;margin-right:0.4em;background:{colour}"></span>'
                f"{escape(name)}</span>"
                for name, colour in entries
            )
            + "</div>"
        )
    st.plotly_chart(
        without_legend(figure), key=key, theme=None, config={"displayModeBar": False}, **options
    )
