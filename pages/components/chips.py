"""Lists of chosen values that show all of them, on as many lines as they need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def whole_chips(key: str, *, border: bool = False) -> Iterator[None]:
    """A container in which ``st.multiselect`` shows every chosen value: Streamlit puts them
    on one line that slides, where a narrow column leaves only the “×” to be seen."""
    inside = f".st-key-{key} "
    tags = f'{inside}[data-testid="stMultiSelectTagsContainer"]'
    with st.container(border=border, key=key):
        st.html(
            f"""<style>
{inside}.stMultiSelect [role="group"] {{max-height: none; height: auto}}
{tags} {{flex-wrap: wrap; height: auto; max-height: 32rem; overflow: hidden auto;
  mask-image: none; row-gap: 0.25rem; padding-block: 0.3rem}}
{tags} [data-tag] {{max-width: 100%}}
</style>"""
        )
        yield
