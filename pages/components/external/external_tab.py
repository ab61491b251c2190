"""A finished run tested on films from a source that it has not learnt from."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.evaluation.decision import decision_of
from core.external.result_file import ExternalResult
from core.external.testing import (
    external_comparison,
    external_job,
    external_status,
    films_for,
    internal_predictions,
    nothing_to_test,
    start_external,
)
from core.people.asking import may
from core.people.roles import Deed
from core.runs.files import RunFiles
from core.runs.jobs import Job
from core.store import Run, Store
from pages.components.empty_state import empty
from pages.components.error_boundary import boundary
from pages.components.external.choice import answer_rule, pick_source
from pages.components.external.view import figures_and_films, show_answer, tested
from pages.components.permission import say_why_not
from pages.components.run_labels import escaped
from pages.components.session import EXPLORE, catalogue_frame

PROBLEM = "external_problem"
EVERY = 1.0  # seconds between two looks at a running test


def external_tab(store: Store, run: Run) -> None:
    """The source, and what came of the test on it; or how to begin one."""
    st.caption(
        "A network is trained and tested on films of the same hospitals. Here it meets films "
        "from a source that it has not learnt from, and both results stand side by side."
    )
    source = pick_source(store, run, catalogue_frame())
    if source is None:
        empty(
            "There are no films to test on. Import films from another hospital first.",
            page=EXPLORE,
            label="Import films",
        )
        return
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")
    job = external_job(store, run.run_id, source)
    if job.status().is_running:
        _running(job)
        return
    found = external_status(store, run, source, catalogue_frame())
    if found.result is None:
        if found.unreadable:
            st.warning(
                "The result of the last test of this run on these films cannot be read: it is "
                "damaged, or of another version of ThoraxLens. Test it again.",
                icon=":material/broken_image:",
            )
        _before(store, run, source, job)
    else:
        _after(store, run, found.result, found.stale)


def _before(store: Store, run: Run, source: str, job: Job) -> None:
    status = job.status()
    if status.broke_off:
        st.error(
            f"The last test did not come to an end. {escaped(status.reason)}",
            icon=":material/error:",
        )
    chosen = films_for(store, run, source, catalogue_frame())
    if chosen.films.empty:
        st.warning(escaped(nothing_to_test(chosen)), icon=":material/info:")
        return
    st.markdown(
        f"**{len(chosen.films):,}** films of {escaped(source)} can test this run. Classifying "
        "them goes on when you leave this page."
    )
    _start_button(store, run, source, "Test on these films", primary=True)
    tested(chosen.mapped, chosen.left_out, chosen.warnings, expanded=True)


def _after(store: Store, run: Run, result: ExternalResult, old: str) -> None:
    if old:
        st.warning(
            f"**{escaped(old)}** What it found, below, may no longer hold.",
            icon=":material/history:",
        )
        _start_button(store, run, result.source, "Test again", primary=True)
    internal = internal_predictions(store, run)
    decision = decision_of(RunFiles(store.workspace.run_folder(run.run_id)), internal.classes)
    found = external_comparison(
        store,
        run,
        result,
        internal,
        decision=decision,
        most_probable=answer_rule(decision),
    )
    show_answer(found, result.warnings[:1] if result.learnt_from else ())
    figures_and_films(found, run, store)
    tested(result.mapped, result.left_out, result.warnings, expanded=False)
    if not old and result.source in set(catalogue_frame()["source"]):
        _start_button(store, run, result.source, "Test again", primary=False)


def _start_button(store: Store, run: Run, source: str, label: str, *, primary: bool) -> None:
    if not may(Deed.JUDGE):
        say_why_not(Deed.JUDGE)
        return
    st.button(
        label,
        key="external_start",
        type="primary" if primary else "secondary",
        icon=":material/play_arrow:",
        on_click=_begin,
        args=(store, run, source),
    )


def _begin(store: Store, run: Run, source: str) -> None:
    """A button's callback: the error boundary of the page does not reach here."""
    try:
        start_external(store, run.run_id, source)
    except ThoraxLensError as error:
        st.session_state[PROBLEM] = str(error)


def _running(job: Job) -> None:
    @st.fragment(run_every=EVERY)
    @boundary()
    def look() -> None:
        status = job.status()
        if not status.is_running:
            st.rerun()
        st.progress(status.share, f"{escaped(status.told)} …")
        if may(Deed.JUDGE):
            st.button("Stop", key="external_stop", icon=":material/stop:", on_click=job.stop)

    look()
