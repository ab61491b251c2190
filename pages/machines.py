"""Machines: where work runs, how busy that is, what waits and why, what was taken up again."""

from __future__ import annotations

import streamlit as st

from core.cluster.seen import SeenCluster, seen_cluster, why_it_waits_there
from core.runs.devices import Device, list_devices
from core.runs.kinds import KINDS
from core.runs.machines import this_machine
from core.runs.upkeep import refresh, unfinished
from core.runs.waiting import why_it_waits
from core.store import JobRow, Store
from core.workspace import ray_address
from pages.components.error_boundary import boundary
from pages.components.machines.machine_table import machines_html
from pages.components.machines.work import at_work, taken_up, waiting
from pages.components.run_labels import escaped
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
    address = ray_address()
    seen = seen_cluster(store.workspace, address) if address else None
    nodes = [one.as_machine() for one in seen.nodes] if seen else []
    st.html(machines_html(nodes or [this_machine(rows, devices)]))
    _about_the_cluster(address, seen)
    at_work(rows, runs)
    waiting(rows, runs, lambda row: _why(store, row, rows, devices, seen))
    taken_up(store, runs)


def _about_the_cluster(address: str, seen: SeenCluster | None) -> None:
    if not address:
        st.caption(ALONE)
    elif seen is None:
        st.caption(f"Asking the Ray cluster {escaped(address)} …")
    elif seen.trouble:
        st.warning(
            f"The Ray cluster {escaped(address)} cannot be used, so work for it waits. "
            f"{escaped(seen.trouble)}",
            icon=":material/lan:",
        )
    else:
        st.caption(f"The machines of the Ray cluster {escaped(address)}, Ray {seen.ray}.")


def _why(
    store: Store,
    row: JobRow,
    rows: list[JobRow],
    devices: list[Device],
    seen: SeenCluster | None,
) -> str:
    if ray_address() and KINDS[row.kind].travels:
        return why_it_waits_there(store, row, seen) if seen else "It waits for the cluster"
    return why_it_waits(row, rows, devices)


page()
