"""Buttons that destroy something: red, and never the first thing that is pressed."""

from __future__ import annotations

import streamlit as st


def destroy_button(label: str, *, key: str) -> bool:
    """Whether it was pressed. ``label``: what goes, in words. It stands where somebody has already
    asked for it (behind “Delete …”), beside a sentence that says what is lost."""
    # index_page.css colours what is in a container of such a name.
    with st.container(key=f"destroys_{key}", width="content"):
        return st.button(label, key=key, type="primary", icon=":material/delete_forever:")
