"""One line about the software that stays loaded between runs, and for how long it shall."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.runs.upkeep import keep_warm
from core.runs.warm_time import MOST_MINUTES, WarmTime, can_be_warm, set_warm_time, warm_time
from core.store import Store
from core.text import count
from core.workspace import ray_address
from pages.components.run_labels import escaped

MINUTES = "warm_minutes"


def warm_note(store: Store, *, soon: bool) -> None:
    """“Ready for the next run for 5 minutes”, with a time to set. ``soon``: whether somebody is
    about to start runs; then the software is loaded meanwhile.

    Draws nothing where there is no way to keep it loaded, as on a cluster's machines.
    """
    if not can_be_warm() or ray_address():
        return
    if soon:
        keep_warm(store)
    now = warm_time(store.workspace)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_words(now), width="content")
        if not may(Deed.SETTLE):
            return
        with st.popover("Change the time", type="tertiary"):
            st.markdown(
                "A run begins some three seconds sooner when the software for training is loaded "
                "already. That takes 0.7 GB of memory from when you open this page until so many "
                "minutes after the last run. When memory gets short, it goes at once."
            )
            wanted = st.number_input(
                "In minutes",
                min_value=0.0,
                max_value=MOST_MINUTES,
                value=now.minutes,
                step=1.0,
                format="%g",
                key=MINUTES,
                disabled=now.fixed,
                help="Set by THORAXLENS_WARM_MINUTES on this server." if now.fixed else None,
            )
            if st.button("Set the time", key="warm_set", disabled=now.fixed):
                _set(store, float(wanted or 0))


def _words(now: WarmTime) -> str:
    if not now.minutes:
        return "Each run loads its own software"
    return f"The software stays loaded for {_spoken(now.minutes)} after a run"


def _spoken(minutes: float) -> str:
    return count(int(minutes), "minute") if minutes == int(minutes) else f"{minutes:g} minutes"


def _set(store: Store, minutes: float) -> None:
    try:
        set_warm_time(store.workspace, minutes)
    except ThoraxLensError as error:
        st.error(escaped(error), icon=":material/error:")
        return
    st.toast(_words(warm_time(store.workspace)) + ".")
    st.rerun()
