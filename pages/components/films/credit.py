"""Below a film: whom to name for it, and its licence."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.datasets.credits import credit_of
from pages.components.run_labels import escaped


def credit(metadata: Mapping[str, str]) -> None:
    """One caption; nothing where the film's source does not say both."""
    if words := credit_of(metadata):
        st.caption(escaped(words))
