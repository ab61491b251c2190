"""One line about what is kept on disk for speed; its limit, and clearing it."""

from __future__ import annotations

import streamlit as st

from core.cache import GB, cache_limit, cache_usage, clear, set_cache_limit, trim
from core.errors import ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.workspace import Workspace
from pages.components.run_labels import escaped

LIMIT = "cache_limit_gb"


def cache_note(workspace: Workspace) -> None:
    """“Saved for faster training: 1.2 GB of 10 GB”, with a limit to set and a button that clears.

    Draws nothing while nothing is kept.
    """
    taken = sum(one.bytes for one in cache_usage(workspace).values())
    if not taken:
        return
    limit = cache_limit(workspace)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"Saved for faster training: {spoken(taken)} of {limit.gigabytes:g} GB", width="content"
        )
        if not may(Deed.SETTLE):
            return
        with st.popover("Change or clear", type="tertiary"):
            st.markdown(
                "Films at the size of a data set, and what frozen networks made of them, stay on "
                "disk, so that the next training starts sooner. Over the limit, what was used "
                "longest ago goes, each time that a run ends. Clearing loses no result; the next "
                "training takes longer once."
            )
            wanted = st.number_input(
                "At most, in GB",
                min_value=0.0,
                value=limit.gigabytes,
                step=1.0,
                format="%g",
                key=LIMIT,
                disabled=limit.fixed,
                help="Set by THORAXLENS_CACHE_GB on this server." if limit.fixed else None,
            )
            with st.container(horizontal=True):
                if st.button("Set the limit", key="cache_set", disabled=limit.fixed):
                    _set(workspace, float(wanted or 0))
                if st.button("Clear", key="cache_clear", icon=":material/delete_sweep:"):
                    _say(f"{spoken(clear(workspace))} freed.")


def spoken(count: int) -> str:
    """Bytes as people read them: MB below one GB."""
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / 1e6:,.1f} MB"


def _set(workspace: Workspace, gigabytes: float) -> None:
    try:
        set_cache_limit(workspace, gigabytes)
        freed = trim(workspace)
    except ThoraxLensError as error:
        st.error(escaped(error), icon=":material/error:")
        return
    _say(f"The limit is {gigabytes:g} GB" + (f"; {spoken(freed)} freed." if freed else "."))


def _say(text: str) -> None:
    st.toast(text)
    st.rerun()
