"""The tabs of a run's page. The address names the open one, and only that one is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from pages.components.error_boundary import boundary
from pages.components.run_links import RESULT, RUN_PARAMETER, TAB_PARAMETER, TABS

KEY = "run_tab"


def run_tabs(contents: Mapping[str, Callable[[], None]]) -> None:
    """Draw the tab that ``?tab=`` names, else the first. ``contents``: what each of ``TABS``
    shows; what goes wrong in one is said in it, and the others can still be opened."""
    asked = st.query_params.get(TAB_PARAMETER, RESULT)
    label = TABS.get(asked, TABS[RESULT])
    if st.session_state.get(KEY) != label:
        st.session_state[KEY] = label
    places = st.tabs(list(TABS.values()), key=KEY, on_change=_follow)
    for name, place in zip(TABS, places, strict=True):
        if place.open:
            with place, boundary():
                contents[name]()


def tab_button(tab: str, label: str) -> None:
    """A button that opens another tab of the same run: a link to the page that one is on would
    leave the address as it was. ``label``: Markdown."""
    st.button(
        label, icon=":material/arrow_forward:", key=f"to_tab_{tab}", on_click=_turn_to, args=(tab,)
    )


def _follow() -> None:
    _turn_to(next(name for name, label in TABS.items() if label == st.session_state[KEY]))


def _turn_to(tab: str) -> None:
    """The address names the tab, and forgets what only the one before asked for."""
    run_id = st.query_params.get(RUN_PARAMETER, "")
    st.query_params.from_dict({RUN_PARAMETER: run_id, TAB_PARAMETER: tab})
