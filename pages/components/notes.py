"""Sentences that several pages owe their reader."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.components.session import artificial_sources


def artificial_note(frame: pd.DataFrame) -> None:
    """Say so when films in a catalogue frame were drawn by a program."""
    drawn = int(frame["source"].isin(artificial_sources()).sum())
    if not drawn:
        return
    if drawn == len(frame):
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
