"""What Streamlit runs for each viewer, before the page itself: page config, navigation and the
one error boundary."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from core.people.asking import asker, know_people_by
from core.public import is_public
from pages.components.error_boundary import boundary
from pages.components.front_door import front_door, is_let_in
from pages.components.page_chrome import ICON, frame, hear_of_the_theme
from pages.components.preload import warm_up
from pages.components.presenting import presenter_frame, presenting
from pages.components.run.old_addresses import old_pages
from pages.components.session import (
    CLASSIFY,
    COMPARE,
    DEMONSTRATION,
    EXPLORE,
    HISTORY,
    HOME,
    MACHINES,
    PREPARE,
    RESULTS,
    RUN,
    TRAIN,
    get_store,
)
from pages.components.signing_in import person_asking

SIDEBAR = 240  # px

st.set_page_config(
    page_title="ThoraxLens",
    # A file of our own: Streamlit fetches emoji and material icons for the tab from the internet.
    page_icon=str(ICON),
    layout="wide",
    initial_sidebar_state=SIDEBAR,
)

know_people_by(person_asking)
somebody = asker()
let_in = is_let_in(somebody)
# What nobody can do in a public show is not offered. Links that lead there find a sentence.
working: Literal["visible", "hidden"] = "hidden" if is_public() else "visible"

page = st.navigation(
    {
        "": [st.Page(HOME, title="Home", icon=":material/home:", default=True)],
        "Build": [
            st.Page(EXPLORE, title="Explore", icon=":material/image_search:"),
            st.Page(PREPARE, title="Prepare", icon=":material/splitscreen:", visibility=working),
            st.Page(TRAIN, title="Train", icon=":material/model_training:", visibility=working),
        ],
        "Judge": [
            st.Page(RESULTS, title="Results", icon=":material/table_rows:"),
            st.Page(COMPARE, title="Compare", icon=":material/leaderboard:"),
            st.Page(RUN, title="One run", icon=":material/lab_profile:"),
            *old_pages(),
        ],
        "Use": [
            st.Page(CLASSIFY, title="Classify", icon=":material/radiology:"),
            st.Page(
                DEMONSTRATION,
                title="Cheating demo",
                icon=":material/theater_comedy:",
                visibility=working,
            ),
            st.Page(MACHINES, title="Machines", icon=":material/dns:", visibility=working),
            st.Page(HISTORY, title="History", icon=":material/history:", visibility=working),
        ],
    },
    position="hidden" if presenting() or not let_in else "sidebar",
)

if not let_in:
    front_door(somebody)
else:
    (presenter_frame if presenting() else frame)()
    hear_of_the_theme()
    with boundary():
        get_store()
        page.run()
    warm_up()
