"""Runs that are going on or waiting, with their progress, kept up to date."""

from __future__ import annotations

import streamlit as st

from core.store import UNFINISHED, Store
from core.text import rough
from pages.components.empty_state import next_step
from pages.components.error_boundary import boundary
from pages.components.run_labels import (
    escaped,
    fraction,
    seconds_left,
    short_title,
    stage,
)
from pages.components.session import TRAIN, get_store

EVERY = 3.0  # seconds between looks at the store


def show_running(store: Store) -> None:
    """Nothing when no run is under way; else one bar a run, redrawn every few seconds."""
    if store.runs.all(UNFINISHED):
        st.fragment(_running, run_every=EVERY)()


@boundary()
def _running() -> None:
    store = get_store()
    runs = store.runs.all(UNFINISHED)[::-1]
    if not runs:
        # The last one ended: draw the whole page again, its counts have changed.
        st.rerun(scope="app")
    st.subheader("Under way")
    for run in runs:
        left = seconds_left(run, store.runs.epochs(run.run_id))
        words = stage(run) + (f", {rough(left)} left" if left is not None else "")
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.progress(fraction(run) or 0.0, text=f"**{escaped(short_title(run))}** · {words}")
            next_step(TRAIN, "Watch it", query={"run": run.run_id})
