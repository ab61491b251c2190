"""Classify: a worklist of films, answered as they come, and what each answer rested on."""

from __future__ import annotations

import streamlit as st

from core.runs.default_run import default_run, starred_run
from core.starter import first_asked
from core.store import Run, RunState, Store
from pages.components.classify.asking import make_ready
from pages.components.classify.film_panel import film_panel
from pages.components.classify.intake import add_films, intake
from pages.components.classify.listed import Listed, my_list, start_over, want
from pages.components.classify.saving import save
from pages.components.classify.settings import lateral_too, own_threshold
from pages.components.classify.strip import drawn_now, strip
from pages.components.classify.walking import walk_films
from pages.components.example_note import no_result_yet
from pages.components.presenting import offer_presenting, presenting
from pages.components.run_labels import escaped, short_title
from pages.components.session import get_store

RUNS = "classify_runs"
NOT_A_DIAGNOSIS = (
    "See what trained networks make of a film, and on which parts of it their answer rests. "
    "**This is not a diagnosis**: it is for teaching and research, and a network can be sure "
    "and wrong."
)
# The film is to be as large as the window allows.
STYLE = """<style>
div[data-testid="stMainBlockContainer"] {padding-inline: clamp(1rem, 2.5vw, 3rem);
  padding-bottom: 1rem; max-width: 1600px}
.st-key-classify_head h1 {padding: 0}
.st-key-classify_head .st-key-classify_runs {min-width: min(20rem, 100%)}
.st-key-classify_head [data-testid="stMultiSelect"] input {width: 24px; flex: 1 1 24px}
.st-key-classify_answer h2 {font-size: 1.1rem; padding: 0 0 0.6rem; overflow-wrap: anywhere}
/* A film's class and finding below it, in letters of any size. */
.st-key-classify_answer [data-testid="stLayoutWrapper"]:has(> div > div [data-testid="stImage"]),
.st-key-classify_answer [data-testid="stVerticalBlock"]:has(> div [data-testid="stImage"]) {
  min-width: 5.25rem}
.st-key-classify_answer h3 {font-size: 1.5rem; padding: 0 0 0.8rem}
</style>"""


def page() -> None:
    st.html(STYLE)
    store = get_store()
    done = {run.run_id: run for run in store.runs.all([RunState.DONE])}
    if not done:
        st.title("Classify")
        st.caption(NOT_A_DIAGNOSIS)
        no_result_yet(
            "No run has finished yet, so no network can answer. Train one first; artificial "
            "films are there to try it with."
        )
        return
    make_ready()
    found = my_list()
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key="classify_head"
    ):
        st.title("Classify", width="content")
        runs = _runs(store, done)
        if presenting():
            walk_films(found)
        elif found.films:
            if st.button("Add films", icon=":material/add:", key="classify_add"):
                add_films(store, runs, found.drops)
            saving = st.container(width="content")
        threshold, lateral = _more(found)
        if found.films and not presenting():
            with saving:
                save(store, found, runs, threshold)
    for problem in found.problems:
        st.warning(escaped(problem), icon=":material/warning:")
    if not found.films:
        st.caption(NOT_A_DIAGNOSIS)
        intake(store, runs)
        return
    if not runs:
        st.info("Choose a network first.")
        return
    _worklist(store, found, runs, threshold, lateral)


def _worklist(
    store: Store, found: Listed, runs: list[Run], threshold: float | None, lateral: bool
) -> None:
    want(store, found, runs, lateral=lateral)
    now = drawn_now(found)
    if problem := found.worklist.state.problem:
        st.error(escaped(problem), icon=":material/error:")
        st.button("Try again", key="classify_again", on_click=found.worklist.go_on)
    film_panel(store, found, runs, threshold)
    strip(store, found, runs, threshold, now)


def _more(found: Listed) -> tuple[float | None, bool]:
    """The threshold, whether films from the side are answered, and the end of the list."""
    # Another one for an audience: the one that led there would stay open over the film.
    key = "classify_more_presenting" if presenting() else "classify_more"
    with st.popover("More", icon=":material/tune:", key=key):
        set_here = own_threshold(), lateral_too()
        offer_presenting()
        if found.films:
            st.button(
                "Start over", icon=":material/clear_all:", key="classify_clear", on_click=start_over
            )
    return set_here


def _runs(store: Store, done: dict[str, Run]) -> list[Run]:
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
        placeholder="Choose one or more networks to ask",
        label_visibility="collapsed",
        width="stretch",
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


page()
