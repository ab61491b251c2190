"""The list of runs, what one can do with a run, and the fragment that keeps both fresh."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from core.errors import NotFoundError, ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.runs import launcher
from core.runs.upkeep import refresh
from core.store import FINISHED, UNFINISHED, Run, RunState, Store
from pages.components import run_labels as words
from pages.components.damaged import damaged_runs
from pages.components.destroying import destroy_button
from pages.components.empty_state import empty, next_step
from pages.components.error_boundary import boundary
from pages.components.headlines import headline_of
from pages.components.run_links import RESULT, run_step
from pages.components.session import COMPARE
from pages.components.training.live_monitor import run_details, status

INTERVAL = 1.0  # seconds between looks at the store while something is active
LIVENESS = 5.0  # seconds between checks that the workers are alive
LONG_LIST = 5  # runs
LIST_HEIGHT = 620  # px
FIRST_SHOWN = 10  # finished runs in the list before “Show more”

_SHOWN = "runs_shown"
_CONFIRM = "runs_confirm_delete"
_PROBLEM = "runs_problem"


def runs_view(store: Store, duplicate: Callable[[Run], None]) -> None:
    """List and opened run. ``duplicate`` is called when a run's settings are wanted again.

    Looks at the store each second while a run is queued or active, and not at all
    otherwise. A run that changes its state makes the whole page run once.
    """
    refresh(store)
    damaged_runs(store)
    states = _states(store)
    busy = any(state in UNFINISHED for state in states.values())

    @st.fragment(run_every=INTERVAL if busy else None)
    @boundary()
    def live() -> None:
        if busy:
            _check_workers(store)
            if _states(store) != states:
                st.rerun()
        _draw(store, duplicate)

    live()


def tell(problem: str) -> None:
    """Show ``problem`` (Markdown) above the opened run, the next time that the list is drawn."""
    st.session_state[_PROBLEM] = problem


def opened(store: Store) -> Run | None:
    """The run that the address names; without one, the one to look at first.

    Raises NotFoundError when the address names a run that is gone.
    """
    run_id = st.query_params.get("run")
    if run_id:
        return store.runs.get(run_id)
    runs = store.runs.all()
    chosen = next((run for run in runs if run.is_active), runs[0] if runs else None)
    if chosen:
        st.query_params["run"] = chosen.run_id
    return chosen


def _states(store: Store) -> dict[str, str]:
    return {run.run_id: run.state for run in store.runs.all()}


def _check_workers(store: Store) -> None:
    checked = "runs_checked_at"
    if time.monotonic() - st.session_state.get(checked, 0.0) > LIVENESS:
        st.session_state[checked] = time.monotonic()
        refresh(store)


def _draw(store: Store, duplicate: Callable[[Run], None]) -> None:
    runs = store.runs.all()
    if not runs:
        empty("No runs yet. Set one up under “New runs”, and watch it here.")
        return
    gone = ""
    try:
        run = opened(store)
    except NotFoundError as error:
        run, gone = None, str(error)
    # The opened run first: on a telephone the list stands below it.
    left, right = st.columns([3, 1], gap="medium")
    with right:
        _list(store, runs, run)
    with left, st.container(key="one_run"):
        if problem := st.session_state.pop(_PROBLEM, ""):
            st.error(problem, icon=":material/error:")
        if run is None:
            st.warning(
                f"{words.escaped(gone)} Open another one from the list.",
                icon=":material/search_off:",
            )
            return
        status(store, run)
        _repeats(store, run)
        _actions(store, run, duplicate)
        run_details(store, run)


def _list(store: Store, runs: list[Run], opened_run: Run | None) -> None:
    """Newest first, whatever their state: a run that goes on to the next keeps its place."""
    waiting = [run.run_id for run in runs if run.state == RunState.QUEUED][::-1]
    shown = st.session_state.get(_SHOWN, FIRST_SHOWN)
    begun = sum(run.state in UNFINISHED for run in runs)
    st.markdown("**Runs**")
    with st.container(height=LIST_HEIGHT if len(runs) > LONG_LIST else "content", border=False):
        for run in runs[: begun + shown]:
            place = waiting.index(run.run_id) + 1 if run.run_id in waiting else 0
            _row(store, run, place, chosen=opened_run is not None and run == opened_run)
        if len(runs) > begun + shown:
            st.button(
                f"Show more ({len(runs) - begun - shown})",
                key="runs_more",
                on_click=lambda: st.session_state.update({_SHOWN: shown + 20}),
            )


def _row(store: Store, run: Run, place: int, *, chosen: bool) -> None:
    """``place``: among those that wait, from 1."""
    label = words.STATE_WORDS[run.state]
    if place:
        label += ", next" if place == 1 else f", number {place} in the line"
    opens = "Open this run"
    if run.state == RunState.DONE:
        found = headline_of(store, run)
        if found.accuracy is not None:
            label += f", {words.share(found.accuracy)} right"
            opens += f". Films are called: {words.escaped(found.rule)}."
    st.button(
        f"**{words.escaped(words.short_title(run))}**  \n{words.escaped(label)}",
        key=f"open_{run.run_id}",
        icon=words.STATE_ICONS[run.state],
        type="primary" if chosen else "secondary",
        width="stretch",
        wrap=True,
        help=opens,
        on_click=_open,
        args=(run.run_id,),
    )


def _open(run_id: str) -> None:
    st.query_params["run"] = run_id
    st.session_state.pop(_CONFIRM, None)


def _actions(store: Store, run: Run, duplicate: Callable[[Run], None]) -> None:
    """Stop, resume, duplicate, delete: whichever the run's state allows."""
    key = run.run_id
    elsewhere = run.origin.is_from_elsewhere
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.state == RunState.DONE:
            run_step(key, RESULT, "See its result")
        if not may(Deed.TRAIN):
            return
        if (run.is_active or run.state == RunState.QUEUED) and st.button(
            "Stop",
            key=f"stop_{key}",
            icon=":material/stop:",
            disabled=run.cancel_at is not None,
            help="Training ends within seconds; you can resume it from its last epoch.",
        ):
            _do(launcher.stop, store, key)
        _stop_all(store, run)
        if run.state in words.RESUMABLE and st.button(
            "Resume",
            key=f"resume_{key}",
            icon=":material/play_arrow:",
            type="primary",
            help="Goes on from the last finished epoch.",
        ):
            _do(launcher.resume, store, key)
        if st.button(
            "Duplicate with changes",
            key=f"duplicate_{key}",
            icon=":material/content_copy:",
            help="Fills the form with this run's settings, for a new run."
            + (" Its films are not here: choose a data set of yours." if elsewhere else ""),
        ):
            duplicate(run)
            st.rerun()
        if not run.is_active and st.session_state.get(_CONFIRM) != key:
            st.button(
                "Delete …",
                key=f"delete_{key}",
                icon=":material/delete:",
                on_click=lambda: st.session_state.update({_CONFIRM: key}),
            )
    if st.session_state.get(_CONFIRM) == key and not run.is_active:
        with st.container(border=True):
            st.markdown(
                "Delete this run with its curves, weights and results? "
                + (
                    "It can be taken in again from its file."
                    if elsewhere
                    else "This cannot be undone. The data set and the films stay."
                )
            )
            with st.container(horizontal=True):
                if destroy_button("Delete for good", key=f"really_{key}"):
                    st.session_state.pop(_CONFIRM, None)
                    _do(_delete, store, key)
                st.button(
                    "Keep it",
                    key=f"keep_{key}",
                    on_click=lambda: st.session_state.pop(_CONFIRM, None),
                )


def _repeats(store: Store, run: Run) -> None:
    """How far the group of this run is, and the way to its common result."""
    if not run.spec.repeat:
        return
    members = store.runs.group(run.spec.repeat.group)
    done = sum(one.state == RunState.DONE for one in members)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f"{run.repeat.capitalize()}: {done} of {run.spec.repeat.count} finished.",
            width="content",
        )
        if done:
            query = {"runs": run.spec.repeat.group}
            next_step(COMPARE, "See them as one result", query=query)


def _stop_all(store: Store, run: Run) -> None:
    """One button for all repeats that still wait or train, where there are several."""
    if not run.spec.repeat:
        return
    left = [one for one in store.runs.group(run.spec.repeat.group) if one.state not in FINISHED]
    if len(left) > 1 and st.button(
        f"Stop all {len(left)}",
        key=f"stop_all_{run.run_id}",
        icon=":material/stop:",
        disabled=all(one.cancel_at is not None for one in left),
        help=f"Stops every one of these {run.spec.repeat.kind} that waits or trains.",
    ):
        _do(launcher.stop_group, store, run.spec.repeat.group)


def _delete(store: Store, run_id: str) -> None:
    launcher.delete(store, run_id)
    if "run" in st.query_params:
        del st.query_params["run"]


def _do(action: Callable[[Store, str], object], store: Store, run_id: str) -> None:
    """Carry out an action; what goes wrong is said above the run. The page runs anew."""
    try:
        action(store, run_id)
    except ThoraxLensError as error:
        tell(words.escaped(error))
    st.rerun()
