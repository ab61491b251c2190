"""One class in the form of a data set: which findings its films have, and which not."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from core.datasets.choosing import PLACES, belongs, counts
from core.documents import Json
from core.errors import SpecError
from core.specs import LONGEST_CLASS_NAME, ClassSpec

# Field of ClassSpec → label, explanation. The rest of the class is its name and ``alone``.
FINDINGS = {
    "findings": ("Findings", "Films with any of these findings belong to the class."),
    "without": (
        "But none of these",
        "Films with one of these findings stay out of the class. Where no finding is chosen for "
        "it, all other films whose finding is known belong to it.",
    ),
}
ORIGINS = {
    "sources": ("Sources", "Empty: films from any source."),
    "views": ("Views", "Empty: films in any view."),
    "source_splits": (
        "Splits of the source",
        "Some sources come split into folders. Empty: all of them.",
    ),
}
LISTS = (*FINDINGS, *ORIGINS)


def class_row(
    frame: pd.DataFrame,
    one: int,
    position: int,
    *,
    first: Callable[[int], None],
    remove: Callable[[int], None] | None,
) -> None:
    """Draw class number ``one``, at ``position``. ``frame``: the catalogue's. ``first`` and
    ``remove`` are called with ``one``; without ``remove`` the class has to stay."""
    key = f"prep_class_{one}"
    with st.container(border=True, key=f"prep_row_{one}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            role = "the one to find (positive)" if position == 0 else "another class"
            number = _films(frame, one)
            st.markdown(f"**Class {position + 1}**, {role}: **{number:,}** films")
            if position:
                st.button("Make it the positive one", key=f"{key}_up", on_click=first, args=(one,))
            if remove:
                st.button("Remove", key=f"{key}_out", on_click=remove, args=(one,))
        left, right = st.columns(2, vertical_alignment="bottom")
        left.text_input(
            "Class name",
            key=f"{key}_name",
            max_chars=LONGEST_CLASS_NAME,
            persist_state="session",
            help="In any script. It names the class in results and in exported folders.",
        )
        right.checkbox(
            "And no other finding",
            key=f"{key}_alone",
            persist_state="session",
            help="Leaves out films that have a finding besides those chosen.",
        )
        known = [str(name) for name in counts(frame["finding"]).index]
        for place, (field, words) in zip(st.columns(2), FINDINGS.items(), strict=True):
            with place:
                _choice(one, field, words, known, "choose" if field == "findings" else "none")
        offered = {field: values for column, field in PLACES if (values := _values(frame, column))}
        for place, (field, values) in zip(st.columns(len(offered)), offered.items(), strict=True):
            with place:
                _choice(one, field, ORIGINS[field], values, "any")


def class_fields(one: int) -> Json:
    """What is chosen for class number ``one``, as fields of ``ClassSpec`` but its name."""
    state = st.session_state
    chosen = {field: tuple(state.get(f"prep_class_{one}_{field}", ())) for field in LISTS}
    # Without findings of its own there is nothing that could stand alone.
    alone = bool(chosen["findings"] and state.get(f"prep_class_{one}_alone", False))
    return chosen | {"alone": alone}


def fill_class(one: int, name: str, known: ClassSpec | None) -> None:
    """Set the widgets of class number ``one`` to a class, or to nothing chosen."""
    state = st.session_state
    state[f"prep_class_{one}_name"] = name
    state[f"prep_class_{one}_alone"] = bool(known and known.alone)
    for field in LISTS:
        state[f"prep_class_{one}_{field}"] = list(getattr(known, field)) if known else []


def _films(frame: pd.DataFrame, one: int) -> int:
    fields = class_fields(one)
    try:
        return int(belongs(frame, ClassSpec.build(name="class", **fields)).sum())
    except SpecError:  # nothing is chosen yet, or a contradiction that the form will tell
        return 0


def _choice(
    one: int, field: str, words: tuple[str, str], values: list[str], placeholder: str
) -> None:
    key = f"prep_class_{one}_{field}"
    # Chosen values whose last film has been removed: the widget would refuse them.
    chosen = st.session_state.get(key, [])
    if not set(chosen) <= set(values):
        st.session_state[key] = [value for value in chosen if value in values]
    st.multiselect(
        words[0],
        values,
        key=key,
        help=words[1],
        placeholder=placeholder,
        persist_state="session",
    )


def _values(frame: pd.DataFrame, column: str) -> list[str]:
    """The values that films have in this column, most frequent first."""
    tally = frame[column].value_counts()
    return [str(value) for value, number in tally.items() if number and str(value)]
