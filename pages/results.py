"""Results: every finished run, or the seeds and folds of one as a whole, in one table."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.store import RunState
from pages.components.downloads import csv_download
from pages.components.error_boundary import boundary
from pages.components.example_note import example_note, no_result_yet
from pages.components.result_tables import meanings
from pages.components.results.rows import COLUMNS, result_rows, results_frame
from pages.components.results.table import PROBLEM, results_table
from pages.components.run_labels import escaped
from pages.components.session import get_store


def page() -> None:
    st.title("Results")
    st.caption(
        "All that has been trained: search and sort it, give it names, tags and a star, and choose "
        "what to compare. Pages begin with what has a star."
    )
    if not get_store().runs.all([RunState.DONE]):
        no_result_yet("No run has finished yet. Train a network first; its result appears here.")
        return
    example_note()
    st.fragment(_table)()


@boundary()
def _table() -> None:
    store = get_store()
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")
    rows = result_rows(store, store.runs.all([RunState.DONE]))
    results_table(rows)
    with st.container(horizontal=True):
        meanings(COLUMNS, key="results_meanings")
        csv_download(
            "Table (CSV)", partial(results_frame, rows), "thoraxlens-results", key="results_csv"
        )


page()
