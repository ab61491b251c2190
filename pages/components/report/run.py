"""The one run that a report is about; it stands in the page's address."""

from __future__ import annotations

import streamlit as st

from core.runs.default_run import default_run
from core.store import Run, Store
from pages.components.run_labels import escaped, short_title, when

PARAMETER = "run"
KEY = "report_run"
WRITTEN = "report_run_written"  # what we last put in the address: anything else is a new wish


def reported_run(store: Store, finished: list[Run]) -> Run:
    """A choice among ``finished`` (newest first, at least one); ``?run=ID`` chooses at first
    (else the starred or best whole result), and follows the choice from then on."""
    known = {run.run_id: run for run in finished}
    asked = st.query_params.get(PARAMETER)
    state = st.session_state
    if state.get(KEY) not in known or (asked is not None and asked != state.get(WRITTEN)):
        if asked is not None and asked not in known:
            states = {run.run_id: run.state for run in store.runs.all()}
            st.warning(
                f"The address asks for a run that has not finished: {escaped(asked)} "
                f"({states.get(asked, 'deleted, or never there')}). This is another one."
            )
        first = default_run(finished) or finished[0]
        state[KEY] = asked if asked in known else first.run_id
    chosen = st.selectbox(
        "Finished run",
        list(known),
        format_func=lambda one: (
            f"{short_title(known[one])}, {when(known[one].finished_at or known[one].created_at)}"
        ),
        key=KEY,
        help="Its id stands in the page's address: send it to a colleague, who then sees the "
        "same report.",
        persist_state="session",
    )
    state[WRITTEN] = chosen
    if chosen != asked:
        st.query_params[PARAMETER] = chosen
    return known[chosen]
