"""Presenter mode, for an audience: ``?present`` in a page's address."""

from __future__ import annotations

import streamlit as st

PRESENT = "present"
# Everything in Streamlit's pages is measured in the letter's size, so all of it grows with it.
_STYLE = """<style>
:root {font-size: clamp(16px, 1.2vw, 24px) !important}
[data-testid="stHeader"], [data-testid="stSidebar"] {display: none}
div[data-testid="stMainBlockContainer"] {padding: 1.5rem 2rem 2rem; max-width: none !important}
</style>"""


def presenting() -> bool:
    """Whether the address asks for it."""
    return PRESENT in st.query_params


def presenter_frame() -> None:
    """What surrounds a page then, in place of ``page_chrome``: large type, and a way out."""
    st.html(_STYLE)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        st.caption("**ThoraxLens** · for teaching and research, **not a diagnosis**")
        st.button(
            "Leave presenter mode",
            type="tertiary",
            icon=":material/close_fullscreen:",
            key="present_leave",
            shortcut="Esc",
            on_click=_leave,
        )


def offer_presenting() -> None:
    """A button into it; nothing where it is on."""
    if presenting():
        return
    st.button(
        "Present",
        icon=":material/present_to_all:",
        key="present",
        on_click=_enter,
        help="For an audience: the whole width, large type, and the arrow keys to go on and back. "
        "The address then ends in “?present”, to be kept as a bookmark.",
    )


def on_key(name: str) -> str | None:
    """The key that presses a button while somebody presents: ``Right``, ``Left``; None else."""
    return name if presenting() else None


def _enter() -> None:
    st.query_params[PRESENT] = ""


def _leave() -> None:
    st.query_params.pop(PRESENT, None)
