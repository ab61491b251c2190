"""A row of small films that one clicks on: the button below a picture reaches over it."""

from __future__ import annotations

import streamlit as st

# One clicks a film, not the word below it. The picture's own “full screen” button would show the
# small preview, so it goes.
STYLE = """<style>
.st-key-$KEY .stButton button {position: relative; padding: 0; min-height: 0}
.st-key-$KEY .stButton button > * {justify-content: flex-start; width: 100%; text-align: left}
.st-key-$KEY .stButton button::after {content: ""; position: absolute; inset: auto 0 100% 0;
  height: $HEIGHTpx; cursor: pointer; border-radius: 6px}
.st-key-$KEY .stButton button:hover::after,
.st-key-$KEY .stButton button:focus-visible::after {
  outline: 2px solid currentColor; outline-offset: -1px}
.st-key-$KEY [data-testid="stElementToolbar"] {display: none}
</style>"""
GAP = 8  # px, from a picture to the word below it


def over(key: str, height: int) -> None:
    """To be called inside the row's container, which has this ``key``; ``height``: of its
    pictures, px."""
    st.html(STYLE.replace("$KEY", key).replace("$HEIGHT", str(height + GAP)))
