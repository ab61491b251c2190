"""A path that somebody typed into a page, and whether this viewer may have it read."""

from __future__ import annotations

import streamlit as st

from core.datasets.roots import check_below, import_roots
from core.errors import InputError
from pages.components.hosts import is_here


def typed_path(text: str) -> str:
    """The path to import from. Raises InputError for an empty one, and for one that a viewer
    at another computer may not use."""
    if not text.strip():
        raise InputError("Type the path of a folder first.")
    return text.strip() if viewer_is_here() else str(check_below(text.strip(), import_roots()))


def viewer_is_here() -> bool:
    """Whether this viewer sits at the computer that ThoraxLens runs on."""
    bound = str(st.get_option("server.address") or "")
    return is_here(bound, dict(st.context.headers))
