"""ThoraxLens in the browser: ``streamlit run app.py [-- --data DIR]``.

Page config, navigation and the one error boundary; everything else is in ``pages/``.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components.boundary import boundary
from pages.components.session import (
    CLASSIFY,
    COMPARE,
    EXPLORE,
    OVERVIEW,
    PREPARE,
    TRAIN,
    get_store,
)

# A file of our own: Streamlit fetches emoji and material icons for the tab from the internet.
ICON = Path(__file__).parent / "pages" / "components" / "icon.svg"

st.set_page_config(page_title="ThoraxLens", page_icon=str(ICON), layout="wide")

page = st.navigation(
    [
        st.Page(OVERVIEW, title="Overview", icon=":material/home:", default=True),
        st.Page(EXPLORE, title="Explore", icon=":material/image_search:"),
        st.Page(PREPARE, title="Prepare", icon=":material/splitscreen:"),
        st.Page(TRAIN, title="Train", icon=":material/model_training:"),
        st.Page(COMPARE, title="Compare", icon=":material/leaderboard:"),
        st.Page(CLASSIFY, title="Classify", icon=":material/radiology:"),
    ]
)

with boundary():
    get_store()
    page.run()
