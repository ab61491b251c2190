"""What people say of a run, said on its page: a star, and a name, tags and notes."""

from __future__ import annotations

import streamlit as st

from core.errors import ThoraxLensError
from core.runs.remarks import remark, still_meant
from core.store import RemarksChange, Run, Store
from core.store.origin import LONGEST_TITLE
from core.store.remarks import LONGEST_NOTES, LONGEST_TAG, MOST_TAGS
from pages.components.run_labels import escaped
from pages.components.session import get_store

PROBLEM = "run_remarks_problem"
FORM = "run_remarks"
SEEN = "run_remarks_seen"
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
    fields = _fields(run.run_id)
    _begin(run)
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
                max_chars=LONGEST_TITLE,
                placeholder=run.origin.title or "Called by its network and data set",
                key=fields["title"],
            )
            st.multiselect(
                "Tags",
                sorted({*_tags(store), *given.tags, *st.session_state[fields["tags"]]}),
                max_selections=MOST_TAGS,
                accept_new_options=True,
                placeholder="Words to find it by",
                help=f"Type a word and press Enter; at most {LONGEST_TAG} letters.",
                key=fields["tags"],
            )
            st.text_area("Notes", max_chars=LONGEST_NOTES, key=fields["notes"])
            st.form_submit_button(
                "Keep", type="primary", on_click=_keep_form, args=(run.run_id, same)
            )


def remarks_problem() -> None:
    """Why what somebody typed was not kept, said once."""
    if problem := st.session_state.pop(PROBLEM, ""):
        st.error(escaped(problem), icon=":material/error:")


def _begin(run: Run) -> None:
    """Fill the form with what stands there now, unless somebody is typing: they began with what
    ``SEEN`` remembers."""
    state, fields = st.session_state, _fields(run.run_id)
    is_new = fields["title"] not in state or f"{SEEN}_{run.run_id}" not in state
    if is_new or (not state.get(FORM) and state[f"{SEEN}_{run.run_id}"] != run.remarks):
        state[f"{SEEN}_{run.run_id}"] = run.remarks
        state[fields["title"]] = run.remarks.title
        state[fields["tags"]] = list(run.remarks.tags)
        state[fields["notes"]] = run.remarks.notes


def _fields(run_id: str) -> dict[str, str]:
    """What the form asks → the key of its field."""
    return {what: f"run_{what}_{run_id}" for what in ("title", "tags", "notes")}


def _keep_form(run_id: str, same: list[str]) -> None:
    state = st.session_state
    fields = _fields(run_id)
    typed: RemarksChange = {
        "title": state[fields["title"]],
        "tags": tuple(map(str, state[fields["tags"]])),
        "notes": state[fields["notes"]],
    }
    try:
        change = still_meant(state[f"{SEEN}_{run_id}"], typed, get_store().runs.get(run_id).remarks)
    except ThoraxLensError as error:
        state[PROBLEM] = str(error)
        return
    if change:
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
