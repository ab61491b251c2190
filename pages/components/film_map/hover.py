"""The film itself beside the pointer, wherever it stands on the map."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HOME = Path(__file__).parent / "browser"

_hover = st.components.v2.component(
    "thoraxlens_film_hover",
    html='<figure class="film" hidden><img alt=""><figcaption></figcaption></figure>',
    css=(_HOME / "hover.css").read_text(encoding="utf-8"),
    js=(_HOME / "hover.js").read_text(encoding="utf-8"),
)


def films_on_hover(place: str) -> None:
    """Show films of the figure in the container with the key ``place`` when they are pointed at.
    Their points carry a film's id and words as custom data."""
    _hover(data={"place": place}, key=f"{place}_hover", height="content")
