"""Below a film that is opened large: correct its finding, or take that back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core.datasets.choosing import counts
from core.datasets.correcting import LONGEST_FINDING, LONGEST_WHO, correct_finding, take_back
from core.errors import InputError, NotAllowedError
from core.people.asking import asker, may
from core.people.roles import Deed
from core.store import Film, Store
from pages.components.run_labels import escaped
from pages.components.session import catalogue_frame

WHO = "corrected_by"  # who corrects, in the session: asked once


def who_asked(key: str) -> str:
    """Ask who says so; a page that asks again begins with what was said before."""
    person = asker()
    if person.signed_in:
        st.caption(f"Kept with your address, {escaped(person.name)}.")
        return person.name
    st.session_state.setdefault(key, st.session_state.get(WHO, ""))
    said = st.text_input(
        "Your name or initials",
        key=key,
        max_chars=LONGEST_WHO,
        help="Kept with what you correct or leave out, and shown beside the film.",
    )
    st.session_state[WHO] = said
    return said


def finding_asked(key: str) -> str:
    """Ask what films show: a finding that is there, or a new one; empty for none yet."""
    known = [str(one) for one in counts(catalogue_frame()["finding"]).index]
    asked: str | None = st.selectbox(
        "What they show" if key == "map_finding" else "What it shows",
        known,
        index=None,
        accept_new_options=True,
        placeholder="Choose a finding, or type one",
        key=key,
        help=f"Several findings are joined by “+”. At most {LONGEST_FINDING} letters.",
    )
    return asked or ""


def correct_film(film: Film, store: Store) -> None:
    """For one film, inside the dialog that shows it; nothing for who may not."""
    if not may(Deed.CORRECT):
        return
    with st.expander("Is the finding wrong?", icon=":material/edit:"):
        st.caption("What the source says stays beside it, and you can take this back.")
        finding = finding_asked(f"film_finding_{film.film_id}")
        who = who_asked("film_who")
        with st.container(horizontal=True):
            if st.button("Correct it", key="film_correct"):
                _do(lambda: correct_finding(store, [film.film_id], finding, who))
            if film.source_finding and st.button("Take the correction back", key="film_undo"):
                _do(lambda: take_back(store, [film.film_id], who))


def _do(change: Callable[[], int]) -> None:
    try:
        change()
    except (InputError, NotAllowedError) as error:
        st.error(escaped(str(error)))
    else:
        st.rerun()
