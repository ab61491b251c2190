"""Sentences that several pages owe their reader."""

from __future__ import annotations

import streamlit as st

from pages.components.session import artificial_sources, get_store


def artificial_note() -> None:
    """Say so when films in the catalogue were drawn by a program."""
    films = get_store().catalogue.count_by_source()
    drawn = sum(films.get(source, 0) for source in artificial_sources())
    if not drawn:
        return
    if drawn == sum(films.values()):
        st.info(
            "All films here are **artificial**: ThoraxLens drew them, so that you can try every "
            "step at once. They show no patients, and results on them say nothing about "
            "medicine. Import real films when you are ready.",
            icon=":material/draw:",
        )
    else:
        st.caption(
            f":material/draw: {drawn:,} of these films are artificial: drawn by a program, "
            "marked “artificial”."
        )
