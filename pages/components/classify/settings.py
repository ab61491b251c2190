"""How films are answered, where somebody wants it otherwise."""

from __future__ import annotations

import streamlit as st


def own_threshold() -> float | None:
    """A threshold for all networks, 0 to 1; None for each network's own rule."""
    own = st.toggle(
        "Set a threshold myself",
        key="classify_own_threshold",
        help="Without one, each network answers by its own rule: from its threshold on, if "
        "it has one, with “not sure” near it, else the most probable class. With one, the "
        "first (positive) class is named as soon as its probability reaches it: a low "
        "threshold misses fewer and raises more false alarms.",
    )
    if not own:
        return None
    chosen = st.slider(
        "Name the positive class from", 1, 99, 50, format="%d %%", key="classify_threshold"
    )
    return chosen / 100


def lateral_too() -> bool:
    """Whether films from the side shall be answered."""
    return st.toggle(
        "Answer lateral films as well",
        key="classify_lateral",
        help="The networks learn from frontal films, so a film from the side is refused. With "
        "this, they answer all the same, and the answer means nothing. A picture that is no "
        "chest X-ray is always refused.",
    )
