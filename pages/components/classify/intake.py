"""Films onto the worklist: dropped, as a zip or a folder, or a click on one of the catalogue's."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.people.asking import may
from core.people.roles import Deed
from core.store import Run, Store
from pages.components.classify.film_input import FilmInput, own_films
from pages.components.classify.films_to_try import films_to_try
from pages.components.classify.listed import my_list
from pages.components.error_boundary import boundary
from pages.components.session import get_workspace

PRIVACY = (
    "Films are not kept unless you ask for it. What a DICOM file says about the patient is neither "
    "shown nor stored."
)
NOT_KEPT_HERE = (
    "Films are not kept. What a DICOM file says about the patient is neither shown nor stored."
)


def intake(store: Store, runs: Sequence[Run]) -> None:
    """Where films are dropped, and below it films to try; what comes is answered at once."""
    drops = my_list().drops  # another key empties what was dropped: it is on the list then
    files, folder = st.columns([2, 1], gap="medium")
    with files, st.container(key="classify_files"):
        st.file_uploader(
            "Drop films here: PNG, JPEG, DICOM, or a zip of them",
            accept_multiple_files=True,
            key=f"classify_files_{drops}",
            on_change=_dropped,
            args=(f"classify_files_{drops}", False),
            help="One or many; they are answered at once. The content decides what a file is, not "
            "its name.",
        )
    with folder, st.container(key="classify_folder"):
        st.file_uploader(
            "Or a whole folder",
            accept_multiple_files="directory",
            key=f"classify_folder_{drops}",
            on_change=_dropped,
            args=(f"classify_folder_{drops}", True),
            help="With the folders inside it; what is no film is left out.",
        )
    st.caption(PRIVACY if may(Deed.IMPORT) else NOT_KEPT_HERE)
    st.markdown("**Or click on a film to try**")
    films_to_try(store, runs, _clicked)


@st.dialog("Add films", width="large")
@boundary()
def add_films(store: Store, runs: Sequence[Run], drops: int) -> None:
    """The same over the page; closes when a film has come. ``drops``: of the list when it was
    opened."""
    if my_list().drops != drops:  # a film has come by now, before this was drawn anew
        st.rerun()
    intake(store, runs)


def _dropped(key: str, folder: bool) -> None:
    files = st.session_state.get(key)
    if files:
        found = my_list()
        found.add(*own_films(files, found.drops, get_workspace(), folder=folder))


def _clicked(film: FilmInput) -> None:
    found = my_list()
    if film.key in found.films:
        found.drops += 1
        found.choose(film.key)
    else:
        found.add([film])
