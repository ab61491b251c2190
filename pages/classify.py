"""Classify: films through one or more finished runs, with what each answer rested on."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.runs.default_run import default_run, starred_run
from core.starter import first_asked
from core.store import Run, RunState, Store
from core.text import count
from pages.components.audit_word import audit_link
from pages.components.classify.answers_table import Classified
from pages.components.classify.cam_view import results
from pages.components.classify.classifying import classify, keep
from pages.components.classify.film_input import FilmInput, film_input
from pages.components.classify.options import keep_too, lateral_too
from pages.components.example_note import no_result_yet
from pages.components.run_labels import escaped, short_title
from pages.components.session import get_store

RESULTS = "classify_results"
RUNS = "classify_runs"


def page() -> None:
    st.title("Classify")
    st.caption(
        "See what trained networks make of a film, and on which parts of it their answer rests. "
        "**This is not a diagnosis**: it is for teaching and research, and a network can be sure "
        "and wrong."
    )
    store = get_store()
    done = {run.run_id: run for run in store.runs.all([RunState.DONE])}
    if not done:
        no_result_yet(
            "No run has finished yet, so no network can answer. Train one first; artificial "
            "films are there to try it with."
        )
        return
    runs = _runs(done)
    films = film_input(store, runs)
    keep_them = keep_too(films)
    lateral = lateral_too()
    pressed = _button(films, runs)
    asked = (films, runs, lateral) if pressed else None
    _answers(store, asked, keep_them=keep_them)


def _answers(
    store: Store,
    asked: tuple[list[FilmInput], list[Run], bool] | None,
    *,
    keep_them: bool,
) -> None:
    """Ask when told to; show the answers, which stay in this browser session only."""
    # One place for the progress and then the answers: earlier answers go at once.
    place = st.empty()
    problem = kept = ""
    if asked:
        st.session_state.pop(RESULTS, None)
        with place.container():
            try:
                st.session_state[RESULTS] = classify(*asked)
            except ThoraxLensError as error:
                problem = str(error)
            if keep_them:
                kept = keep(store, asked[0])
    with place.container():
        if problem:
            st.error(escaped(problem), icon=":material/error:")
        if kept:
            st.info(escaped(kept), icon=":material/save:")
        if RESULTS in st.session_state:
            st.subheader("Answers")
            _audits(store, st.session_state[RESULTS])
            results(st.session_state[RESULTS])


def _audits(store: Store, classified: Classified) -> None:
    """Whether the networks that answered are to be believed, a link each."""
    known = {run.run_id: run for run in store.runs.all([RunState.DONE])}
    with st.container(horizontal=True):
        for run_id, title in classified.titles.items():
            if run_id in known:
                audit_link(store, known[run_id], named=title)


def _runs(done: dict[str, Run]) -> list[Run]:
    """The runs to ask; the address names them (``run``, more than once if need be)."""
    if RUNS not in st.session_state:
        named = [one for one in st.query_params.get_all("run") if one in done]
        if "run" in st.query_params and not named:
            st.warning("The run in the address is not there, or has not finished. Choose another.")
        st.session_state[RUNS] = named or [_first(done)]
    st.session_state[RUNS] = [one for one in st.session_state[RUNS] if one in done]
    chosen = st.multiselect(
        "Networks to ask",
        list(done),
        format_func=lambda run_id: short_title(done[run_id]),
        key=RUNS,
        placeholder="Choose one or more finished runs",
        help="Each answers for itself; their answers stand side by side.",
    )
    if chosen != st.query_params.get_all("run"):
        st.query_params["run"] = chosen
    return [done[run_id] for run_id in chosen]


def _first(done: dict[str, Run]) -> str:
    """Who is asked first: what somebody starred; else, since people bring films of their own, the
    starter for these; else the best whole result."""
    runs = list(done.values())
    starred = starred_run(runs)
    if starred is not None:
        return starred.run_id
    return first_asked(get_store(), done) or (default_run(runs) or runs[0]).run_id


def _button(films: list[FilmInput], runs: list[Run]) -> bool:
    what = count(len(films), "film")
    whom = count(len(runs), "network")
    ready = bool(films and runs)
    pressed = st.button(
        f"Classify {what} with {whom}" if ready else "Classify",
        type="primary",
        icon=":material/radiology:",
        disabled=not ready,
        key="classify_start",
    )
    if not ready:
        st.caption("Choose a network first." if films else "Choose or drop a film first.")
    return pressed


page()
