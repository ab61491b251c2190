"""What people say of a run, said on its page: a star, and a name, tags and notes."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.runs.remarks import remark
from core.store import RemarksChange, Run, Store
from core.store.origin import LONGEST_TITLE
from core.store.remarks import LONGEST_NOTES, LONGEST_TAG, MOST_TAGS
from pages.components.run_labels import escaped
from pages.components.session import get_store

PROBLEM = "run_remarks_problem"
FORM = "run_remarks"
STAR_HELP = "Pages begin with the run that has a star."


def star_button(store: Store, run: Run) -> None:
    """Mark the run as the one to use, or no longer."""
    starred = run.remarks.star
    st.button(
        "Starred" if starred else "Star",
        icon=":material/star:",
        type="primary" if starred else "secondary",
        key="run_star",
        help=f"{STAR_HELP} Click to take the star away." if starred else STAR_HELP,
        on_click=_keep,
        args=(_same(store, run), {"star": not starred}),
    )


def remarks_form(store: Store, run: Run) -> None:
    """A button that opens name, tags and notes, which one more click keeps."""
    same = _same(store, run)
    given = run.remarks
    with st.popover(
        "Edit",
        icon=":material/edit:",
        key=FORM,
        help="Its name, tags and notes",
        on_change="rerun",  # so that keeping what was typed can close it
    ):
        if repeat := run.spec.repeat:
            st.caption(f"Kept for all {repeat.in_words(repeat.count)} alike.")
        with st.form(f"run_remarks_{run.run_id}", border=False, enter_to_submit=True):
            st.text_input(
                "Name",
                given.title,
                max_chars=LONGEST_TITLE,
                placeholder=run.origin.title or "Called by its network and data set",
                key=f"run_title_{run.run_id}",
            )
            st.multiselect(
                "Tags",
                sorted({*_tags(store), *given.tags}),
                default=list(given.tags),
                max_selections=MOST_TAGS,
                accept_new_options=True,
                placeholder="Words to find it by",
                help=f"Type a word and press Enter; at most {LONGEST_TAG} letters.",
                key=f"run_tags_{run.run_id}",
            )
            st.text_area(
                "Notes", given.notes, max_chars=LONGEST_NOTES, key=f"run_notes_{run.run_id}"
            )
            st.form_submit_button(
                "Keep", type="primary", on_click=_keep_form, args=(run.run_id, same)
            )


def remarks_problem() -> None:
    """Why what somebody typed was not kept, said once."""
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")


def _keep_form(run_id: str, same: list[str]) -> None:
    state = st.session_state
    change: RemarksChange = {
        "title": state[f"run_title_{run_id}"],
        "tags": tuple(map(str, state[f"run_tags_{run_id}"])),
        "notes": state[f"run_notes_{run_id}"],
    }
    _keep(same, change)
    state[FORM] = False


def _keep(run_ids: list[str], change: RemarksChange) -> None:
    """A button's callback: the error boundary of the page does not reach here."""
    try:
        remark(get_store(), run_ids, **change)
    except ThoraxLensError as error:
        st.session_state[PROBLEM] = str(error)


def _same(store: Store, run: Run) -> list[str]:
    """The ids of the runs that are one result with this one: seeds and folds are named alike."""
    if run.spec.repeat is None:
        return [run.run_id]
    return [one.run_id for one in store.runs.group(run.spec.repeat.group)]


def _tags(store: Store) -> set[str]:
    return {tag for run in store.runs.all() for tag in run.remarks.tags}
