"""Where a page would offer what a role may not do: why it does not."""

from __future__ import annotations

import streamlit as st

from core.people.asking import asker, refusal_words
from core.people.roles import Deed
from pages.components.run_labels import escaped


def say_why_not(deed: Deed) -> None:
    """A sentence in place of a form."""
    st.info(escaped(refusal_words(asker(), deed)), icon=":material/lock:")
