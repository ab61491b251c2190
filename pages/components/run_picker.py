"""Choosing finished runs; the choice stands in the page's address."""

from __future__ import annotations

import streamlit as st

from core.store import Run, Store
from pages.components.run_words import short_title, when

PARAMETER = "runs"
KEY = "run_picker"
WRITTEN = "run_picker_written"  # what we last put in the address: anything else is a new wish


def pick_runs(store: Store, finished: list[Run]) -> list[Run]:
    """A multiple choice of ``finished`` (newest first, at least one), in the order picked.

    ``?runs=ID,ID`` in the address chooses at first, the newest run where it says nothing;
    from then on the address follows the choice.
    """
    known = {run.run_id: run for run in finished}
    address = st.query_params.get(PARAMETER)
    state = st.session_state
    if KEY not in state or (address is not None and address != state.get(WRITTEN)):
        asked = list(dict.fromkeys(one for one in (address or "").split(",") if one))
        unknown = [one for one in asked if one not in known]
        if unknown:
            st.warning(_unknown(store, unknown))
        state[KEY] = [one for one in asked if one in known] or [finished[0].run_id]
    # A run may have been deleted since, on another page or by somebody else.
    state[KEY] = [one for one in state[KEY] if one in known]
    chosen = st.multiselect(
        "Finished runs",
        list(known),
        format_func=lambda run_id: _label(known[run_id]),
        key=KEY,
        placeholder="Choose one or more runs",
        help="Their ids stand in the page's address: send it to a colleague, who then sees "
        "the same comparison.",
        persist_state="session",
    )
    state[WRITTEN] = ",".join(chosen)
    if state[WRITTEN] != address:
        st.query_params[PARAMETER] = state[WRITTEN]
    return [known[run_id] for run_id in chosen]


def _label(run: Run) -> str:
    return f"{short_title(run)}, {when(run.finished_at or run.created_at)}"


def _unknown(store: Store, run_ids: list[str]) -> str:
    states = {run.run_id: run.state for run in store.runs.all()}
    said = [f"{one} ({states.get(one, 'deleted, or never there')})" for one in run_ids]
    return f"The address asks for runs that have not finished: {', '.join(said)}."
