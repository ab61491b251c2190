"""What surrounds every page: the name, the reminder and the version."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.version import thoraxlens_version
from pages.components.front_door import who_and_out

HERE = Path(__file__).parent
ICON = HERE / "icon.svg"
LOGO = HERE / "logo.svg"
REMINDER = "For teaching and research.  \n**Not a diagnosis.**"


def hear_of_the_theme() -> None:
    """A button that nobody sees, and that the browser presses after a change of the theme:
    Streamlit tells of it only at the next run (its issue 11920), and charts are drawn here."""
    st.button("Draw in the other theme", key="theme_changed")


def frame() -> None:
    """Draw it; ``navigation.py`` does so before each page."""
    st.logo(str(LOGO), size="large", icon_image=str(ICON))
    with st.sidebar:
        who_and_out()
        st.caption(f"{REMINDER}  \nThoraxLens {thoraxlens_version()}")
