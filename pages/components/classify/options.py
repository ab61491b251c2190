"""What can be chosen before “Classify” is pressed, beside films and runs."""

from __future__ import annotations

import streamlit as st

from pages.components.classify.film_input import FilmInput


def keep_too(films: list[FilmInput]) -> bool:
    """Whether the user's own films shall stay in the catalogue."""
    if not any(not film.is_sample for film in films):
        return False
    return st.checkbox(
        "Keep these films in the catalogue, under the source “Kept films”",
        help="Only the picture is kept, as PNG: no file name, nothing of a DICOM header.",
        key="classify_keep",
    )


def lateral_too() -> bool:
    """Whether films from the side shall be answered."""
    return st.toggle(
        "Answer lateral films as well",
        key="classify_lateral",
        help="The networks learn from frontal films, so a film from the side is refused. With "
        "this, they answer all the same, and the answer means nothing. A picture that is no "
        "chest X-ray is always refused.",
    )
