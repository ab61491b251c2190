"""From film to film before an audience, by the arrow keys."""

from __future__ import annotations

import streamlit as st

from pages.components.classify.listed import Listed
from pages.components.presenting import on_key


def walk_films(found: Listed) -> None:
    """Buttons to the films before and after the one that is looked at, and which one that is."""
    many = len(found.films)
    if many < 2:
        return
    for label, name, key, by in (
        ("Previous film", "classify_before", "Left", -1),
        ("Next film", "classify_after", "Right", 1),
    ):
        st.button(
            label,
            key=name,
            shortcut=on_key(key),
            disabled=not 0 <= found.place + by < many,
            on_click=found.step,
            args=(by,),
        )
    st.caption(f"Film {found.place + 1:,} of {many:,}", width="content")
