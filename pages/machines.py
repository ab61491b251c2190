"""Machines: where work runs, how busy that is, what waits and why, what was taken up again."""

from __future__ import annotations

import streamlit as st

from core.runs.devices import list_devices
from core.runs.machines import this_machine
from core.runs.upkeep import refresh, unfinished
from core.runs.waiting import why_it_waits
from pages.components.error_boundary import boundary
from pages.components.machines.machine_table import machines_html
from pages.components.machines.work import at_work, taken_up, waiting
from pages.components.session import get_store

EVERY = 2.0  # seconds between looks
ALONE = (
    "All work runs on this computer. Several machines can share it: docs/scaling.md says how to "
    "make a cluster of them."
)


def page() -> None:
    st.title("Machines")
    st.caption("Where trainings, audits and other long work run, what waits for its turn, and why.")
    st.fragment(_live, run_every=EVERY)()


@boundary()
def _live() -> None:
    store = get_store()
    refresh(store)
    rows = unfinished(store)
    runs = {run.run_id: run for run in store.runs.all()}
    devices = list_devices()
    st.html(machines_html([this_machine(rows, devices)]))
    st.caption(ALONE)
    at_work(rows, runs)
    waiting(rows, runs, lambda row: why_it_waits(row, rows, devices))
    taken_up(store, runs)


page()
