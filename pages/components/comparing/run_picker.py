"""Choosing finished runs and repeats; the choice stands in the page's address."""

from __future__ import annotations

import streamlit as st

from core.runs.default_run import default_result, grouped
from core.store import Run, Store
from pages.components.run_labels import escaped, repeats_title, short_title, when

PARAMETER = "runs"
KEY = "run_picker"
WRITTEN = "run_picker_written"  # what we last put in the address: anything else is a new wish

# A run, or the finished ones of several repeats.
Choice = Run | list[Run]


def pick_runs(store: Store, finished: list[Run]) -> list[Choice]:
    """A multiple choice of ``finished`` (newest first, at least one), in the order picked.

    Repeats are one entry, above the first of their runs, which can be chosen singly too.
    ``?runs=ID,ID`` in the address chooses at first; where it says nothing, the starred or best
    whole result does (of the example all of it). An id is a run's or a group's. From then on the
    address follows the choice.
    """
    known = _entries(finished)
    address = st.query_params.get(PARAMETER)
    state = st.session_state
    if KEY not in state or (address is not None and address != state.get(WRITTEN)):
        asked = list(dict.fromkeys(one for one in (address or "").split(",") if one))
        unknown = [one for one in asked if one not in known]
        if unknown:
            st.warning(_unknown(store, unknown))
        state[KEY] = [one for one in asked if one in known] or _first(finished, known)
    # A run may have been deleted since, on another page or by somebody else.
    state[KEY] = [one for one in state[KEY] if one in known]
    chosen = st.multiselect(
        "Finished runs",
        list(known),
        format_func=lambda name: _label(known[name]),
        key=KEY,
        placeholder="Choose one or more runs",
        help="Their ids stand in the page's address: send it to a colleague, who then sees "
        "the same comparison.",
        persist_state="session",
    )
    state[WRITTEN] = ",".join(chosen)
    if state[WRITTEN] != address:
        st.query_params[PARAMETER] = state[WRITTEN]
    return [known[name] for name in chosen]


def _entries(finished: list[Run]) -> dict[str, Choice]:
    """Run id or group → what it stands for, newest first."""
    groups = grouped(finished)
    entries: dict[str, Choice] = {}
    for run in finished:
        if run.spec.repeat:
            entries.setdefault(run.spec.repeat.group, groups[run.spec.repeat.group])
        entries[run.run_id] = run
    return entries


def _first(finished: list[Run], known: dict[str, Choice]) -> list[str]:
    found = default_result(finished)
    if found is None:  # only repeats, of which some are missing
        return [next(iter(known))]
    run = found[0]
    if run.origin.kind == "example" and not run.remarks.star:
        return [one.run_id for one in finished if one.origin.kind == "example"]
    return [run.spec.repeat.group if run.spec.repeat else run.run_id]


def _label(choice: Choice) -> str:
    if isinstance(choice, Run):
        return f"{short_title(choice)}, {when(choice.finished_at or choice.created_at)}"
    newest = max(run.finished_at or run.created_at for run in choice)
    return f"{repeats_title(choice)}, {when(newest)}"


def _unknown(store: Store, names: list[str]) -> str:
    states = {run.run_id: run.state for run in store.runs.all()}
    said = [f"{escaped(one)} ({states.get(one, 'deleted, or never there')})" for one in names]
    return f"The address asks for runs that have not finished: {', '.join(said)}."
