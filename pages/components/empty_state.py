"""What a page shows when there is nothing to show: why, and where to go next."""

from __future__ import annotations

import streamlit as st


def empty(
    message: str, *, page: str = "", label: str = "", query: dict[str, str] | None = None
) -> None:
    """A calm box with one or two plain sentences, and a link to the page that helps.

    ``page`` is one of the paths in ``session``; ``label`` says what one does there.
    """
    with st.container(border=True, horizontal_alignment="center"):
        st.markdown(message, text_alignment="center")
        if page:
            next_step(page, label, query=query)


def next_step(
    page: str, label: str, *, icon: str = "", query: dict[str, str] | None = None
) -> None:
    """A link to another page that looks like what it is: the next step."""
    st.page_link(
        page, label=f"**{label}**", icon=icon or ":material/arrow_forward:", query_params=query
    )
