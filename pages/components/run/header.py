"""What stands above all tabs of a run's page: what it is, and whether it is to be believed."""

from __future__ import annotations

import streamlit as st

from core.store import Run, Store
from pages.components.audit.verdict import verdict_chip
from pages.components.audit_word import audit_of
from pages.components.run.chosen_run import another_run
from pages.components.run_labels import escaped, network, title, when


def run_header(store: Store, run: Run, finished: list[Run]) -> None:
    """``finished``: what can be opened in its place."""
    with st.container(key="run_header", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.title(escaped(title(run)), width="stretch")
            another_run(finished, run)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.html(verdict_chip(audit_of(store, run)), width="content")
            st.caption(
                f"{escaped(network(run))} · data set {escaped(run.spec.dataset)} · "
                f"{when(run.finished_at or run.created_at)} · `{run.run_id}`",
                width="content",
            )
