"""One run: what it reaches, how far that can be believed, and what can be done with it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.store import RunState
from pages.components.audit.audit_tab import audit_tab
from pages.components.example_note import no_result_yet
from pages.components.external.external_tab import external_tab
from pages.components.run.card_tab import card_tab
from pages.components.run.chosen_run import chosen_run
from pages.components.run.header import run_header
from pages.components.run.result_tab import result_tab
from pages.components.run.slices_tab import slices_tab
from pages.components.run.tabs import run_tabs
from pages.components.run.threshold_tab import threshold_tab
from pages.components.run_links import (
    AUDIT,
    CARD,
    EXTERNAL,
    RESULT,
    RUN_PARAMETER,
    SLICES,
    THRESHOLD,
)
from pages.components.session import get_store
from pages.components.training.run_import import import_box


def page() -> None:
    store = get_store()
    finished = store.runs.all([RunState.DONE])
    if not finished and not st.query_params.get(RUN_PARAMETER):
        st.title("One run")
        no_result_yet("No run has finished yet. Train a network first; its result appears here.")
        import_box(store)
        return
    run = chosen_run(store, finished)
    if run is None:
        return
    run_header(store, run, finished)
    run_tabs(
        {
            RESULT: partial(result_tab, store, run),
            THRESHOLD: partial(threshold_tab, store, run),
            SLICES: partial(slices_tab, store, run),
            AUDIT: partial(audit_tab, store, run),
            EXTERNAL: partial(external_tab, store, run),
            CARD: partial(card_tab, store, run),
        }
    )


page()
