"""The one run that the page is about: it stands in the address, and only there."""

from __future__ import annotations

import streamlit as st

from core.errors import DamagedError, NotFoundError
from core.runs.default_run import default_run
from core.runs.upkeep import refresh
from core.store import Run, RunState, Store
from pages.components.empty_state import next_step
from pages.components.error_boundary import boundary
from pages.components.run_labels import escaped, short_title, stage, when
from pages.components.run_links import RUN_PARAMETER
from pages.components.session import RESULTS, TRAIN, get_store

EVERY = 2.0  # seconds between looks at a run that is still training
LAST = "run_page_last"  # the run that this session looked at last
OTHER = "run_page_other"
_ENDED = {
    RunState.FAILED: "it could not be trained to its end",
    RunState.CANCELLED: "it was stopped before its end",
    RunState.INTERRUPTED: "its training was interrupted",
}


def chosen_run(store: Store, finished: list[Run]) -> Run | None:
    """The finished run that ``?run=ID`` names; without one, what was looked at last, else the
    starred or best whole result of ``finished`` (newest first; none only where the address names
    a run). None, and a sentence with a way on, where it cannot be opened."""
    known = {run.run_id: run for run in finished}
    asked = st.query_params.get(RUN_PARAMETER)
    if not asked:
        last = st.session_state.get(LAST)
        asked = last if last in known else (default_run(finished) or finished[0]).run_id
        st.query_params[RUN_PARAMETER] = asked
    if asked in known:
        st.session_state[LAST] = asked
        return known[asked]
    st.title("One run")
    _cannot_open(store, asked)
    another_run(finished)
    if finished:
        next_step(RESULTS, "See all results")
    return None


def another_run(finished: list[Run], shown: Run | None = None) -> None:
    """A box that opens another of ``finished`` in the same tab."""
    others = {run.run_id: run for run in finished if shown is None or run.run_id != shown.run_id}
    if not others:
        return
    st.selectbox(
        "Another run",
        list(others),
        index=None,
        format_func=lambda one: (
            f"{short_title(others[one])}, {when(others[one].finished_at or others[one].created_at)}"
        ),
        key=OTHER,
        placeholder="Open another run",
        label_visibility="collapsed",
        on_change=_open,
        width=230,
    )


def _open() -> None:
    """The box's callback: it names nothing afterwards, because the page has a heading."""
    state = st.session_state
    if state[OTHER]:
        st.query_params[RUN_PARAMETER] = state[OTHER]
    state[OTHER] = None


def _cannot_open(store: Store, asked: str) -> None:
    try:
        run = store.runs.get(asked)
    except DamagedError as error:
        st.warning(escaped(error), icon=":material/broken_image:")
        return
    except NotFoundError:
        st.warning(
            f"There is no run {escaped(asked)}. It may have been deleted. Choose another one.",
            icon=":material/search_off:",
        )
        return
    if run.is_active:
        st.fragment(_until_it_has_finished, run_every=EVERY)(run.run_id)
        next_step(TRAIN, "Watch it train", query={"run": run.run_id})
        return
    why = _ENDED.get(run.state, "it has no result")
    st.warning(
        f"{escaped(short_title(run))} has no result: {why}.",
        icon=":material/info:",
    )
    next_step(TRAIN, "See what happened, or go on with it", query={"run": run.run_id})


@boundary()
def _until_it_has_finished(run_id: str) -> None:
    """How far the run is; the whole page is drawn again when it has ended."""
    store = get_store()
    refresh(store)
    run = store.runs.get(run_id)
    if not run.is_active:
        st.rerun(scope="app")
    st.info(
        f"{escaped(short_title(run))} has not finished. Its result will stand here.  \n"
        f"{escaped(stage(run))}",
        icon=":material/hourglass_top:",
    )
