"""That a run's frozen part has learnt nothing, said where it stands beside networks that have."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.models.learnt import random_backbone
from core.text import listed
from pages.components.comparing.comparison_state import Compared
from pages.components.run_labels import escaped


def is_random(one: Compared) -> bool:
    return random_backbone(one.runs[0].spec)


def random_note(names: Sequence[str], *, beside: bool) -> None:
    """Nothing without ``names``. ``beside``: the study's published rows stand there too."""
    if not names:
        return
    has = "has" if len(names) == 1 else "have"
    said = (
        f"{escaped(listed(names))} {has} a frozen part with random weights: nothing was learnt "
        "before this training."
    )
    if beside:
        said += (
            " The study's networks of the same names had learnt from photographs, so the two rows "
            "are not about the same network."
        )
    st.warning(said, icon=":material/shuffle:")
