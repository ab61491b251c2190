"""Train: set up runs, watch them, and act on them."""

from __future__ import annotations

import streamlit as st

from core.people.asking import may
from core.people.roles import Deed
from core.store import UNFINISHED, Run, Store
from core.text import count
from pages.components.empty_state import empty
from pages.components.permission import say_why_not
from pages.components.session import PREPARE, get_store
from pages.components.training import run_form
from pages.components.training.cache_note import cache_note
from pages.components.training.run_import import import_box
from pages.components.training.run_list import runs_view
from pages.components.training.warm_note import warm_note

NEW = "New runs"
RUNS = "Runs"
VIEW = "train_view"
NEXT_VIEW = "train_next_view"


def page() -> None:
    st.title("Train")
    st.caption(
        "Let one or several networks learn from a data set. Runs go on when you close this page."
    )
    store = get_store()
    turned = NEXT_VIEW in st.session_state
    view = _view(store)
    place = st.empty()
    if turned:
        place.empty()  # or what stood there would make room for the other view bit by bit
    with place.container():
        if view == NEW:
            _new(store)
        else:
            runs_view(store, duplicate)
            import_box(store)
        cache_note(store.workspace)
        if store.datasets.all() and may(Deed.TRAIN):
            warm_note(store, soon=view == NEW)


def _view(store: Store) -> str:
    """New runs or the list. The address decides, if it names a data set to train on or a run;
    work under way shows the list."""
    wanted = st.session_state.pop(NEXT_VIEW, None)
    if run_form.take_from_address():
        wanted = NEW
    if wanted:
        st.session_state[VIEW] = wanted
    elif VIEW not in st.session_state:
        watches = "run" in st.query_params or not may(Deed.TRAIN)
        busy = watches or store.runs.all(UNFINISHED)
        st.session_state[VIEW] = RUNS if busy else NEW
    view = st.segmented_control(
        "View", [NEW, RUNS], key=VIEW, required=True, label_visibility="collapsed"
    )
    return view or NEW


def _new(store: Store) -> None:
    if not may(Deed.TRAIN):
        say_why_not(Deed.TRAIN)
        return
    if not store.datasets.all():
        empty(
            "There is no data set to train on yet. Prepare one first: it takes a minute.",
            page=PREPARE,
            label="Prepare a data set",
        )
        return
    started = run_form.run_form(store)
    if started:
        st.session_state[NEXT_VIEW] = RUNS
        st.query_params["run"] = started[0].run_id
        st.toast(f"{count(len(started), 'run')} started.")
        st.rerun()


def duplicate(run: Run) -> None:
    """Take a run's settings over into the form, and show the form."""
    run_form.fill(run)
    st.session_state[NEXT_VIEW] = NEW


page()
