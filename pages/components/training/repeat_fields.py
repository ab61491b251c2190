"""The fields of the form for new runs that ask for repeats."""

from __future__ import annotations

import streamlit as st

from pages.components.training.fields import KEEP, PREFIX, get

FEW = 5
MOST = 20  # as in RepeatSpec
ONCE = "once"
_KINDS = {ONCE: "Train once", "seeds": "Seeds", "folds": "Folds"}
_ABOUT = {
    "seeds": "The same films, each time with another start. Shows how much of a result is "
    "chance in training.",
    "folds": "The films of the data set are split again, patient by patient: each film is "
    "tested once, by a network that has not seen its patient, where the patient is known. Shows "
    "how much of a result depends on which films happened to be tested.",
}


def repeat_fields() -> None:
    """How often to train, and what changes each time."""
    left, right = st.columns([2, 1], vertical_alignment="top")
    left.segmented_control(
        "Repeats",
        list(_KINDS),
        format_func=_KINDS.__getitem__,
        key=PREFIX + "repeats",
        persist_state=KEEP,
        required=True,
        help="One run on few films says little. Repeats are shown as one entry on the Compare "
        "page, with mean and spread.",
    )
    kind = get("repeats")
    if kind != ONCE:
        right.number_input(
            "How many",
            2,
            MOST,
            key=PREFIX + "repeat_count",
            persist_state=KEEP,
            help="Each is a whole training, so this takes as many times as long.",
        )
        left.caption(_ABOUT[kind])
