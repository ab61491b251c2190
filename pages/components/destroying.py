"""Buttons that destroy something: red, and never the first thing that is pressed."""

from __future__ import annotations

from contextlib import AbstractContextManager

import streamlit as st


def asks_first(label: str, *, key: str) -> AbstractContextManager[object]:
    """What opens at “Delete …”, for the sentence and the red button. ``key``: of the thing itself,
    not of its place in a list."""
    # Streamlit tells popovers apart by their place, unless it hears of them: the next thing of the
    # list would come up in one that is still open, with the red button where it was just pressed.
    return st.popover(label, icon=":material/delete:", key=f"asks_{key}", on_change="rerun")


def destroy_button(label: str, *, key: str) -> bool:
    """Whether it was pressed. ``label``: what goes, in words. It stands where somebody has already
    asked for it (behind “Delete …”), beside a sentence that says what is lost."""
    # browser/look.css colours what is in a container of such a name.
    with st.container(key=f"destroys_{key}", width="content"):
        return st.button(label, key=key, type="primary", icon=":material/delete_forever:")
