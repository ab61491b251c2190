"""Charts that stay on the page while a threshold moves: the browser moves their points and lines.

Streamlit takes a chart whose figure changes out of the page and draws a new one. So what it is
handed stays as it was first drawn, and what another threshold changes goes beside it, in a few
numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from core.figures import MarkedPoint
from pages.components.charts import show, theme

_move = st.components.v2.component(
    "thoraxlens_in_place",
    html="<div></div>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)


@dataclass
class InPlace:
    """The charts of one group on a page. ``key`` names it, once a page; ``move`` ends it, where
    anything in it moves."""

    key: str
    _moves: dict[str, dict[str, Any]] = field(default_factory=dict)
    _now: dict[str, tuple[Hashable, go.Figure]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # What is not shown any more is not kept either.
        self._before = st.session_state.get(self.key, {})
        st.session_state[self.key] = self._now

    def figure(self, draw: Callable[[], go.Figure], key: str, made_of: Hashable) -> go.Figure:
        """What ``draw`` gives for ``theme()``; as it was drawn last, while ``made_of`` (all that it
        shows) is the same: to build a figure takes longer than to send it."""
        made_of = made_of, theme()
        kept = self._before.get(key)
        if kept is None or kept[0] != made_of:
            kept = made_of, draw()
        self._now[key] = kept
        return kept[1]

    def show(
        self,
        draw: Callable[[], go.Figure],
        key: str,
        made_of: Hashable,
        *,
        points: Sequence[MarkedPoint] = (),
        line: float | None = None,
        alt: str,
    ) -> None:
        """Show the ``figure``, whose ``made_of`` leaves out what moves. ``points``: what its traces
        of one point are made of, in their order. ``line``: where its one upright line stands."""
        # A point or a line that comes or goes is another figure.
        figure = self.figure(draw, key, (made_of, len(points), line is None))
        show(figure, key, alt=alt)
        places = [
            place for place, one in enumerate(figure.data) if getattr(one, "mode", "") == "markers"
        ]
        self._moves[key] = {
            "points": list(zip(places, points, strict=True)) if points else [],
            "line": line,
        }

    def move(self) -> None:
        """Have the browser put everything where it belongs; below the last of the charts."""
        _move(data={"charts": self._moves}, key=f"{self.key}_moves", height="content")
