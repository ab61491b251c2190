"""The pages that one run had before they became tabs of one page: their addresses lead there."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.run_links import OLD_ADDRESSES, TAB_PARAMETER, TABS
from pages.components.session import RUN


def old_pages() -> list[st.Page]:
    """Hidden pages at the old addresses; each leads on, with all else that its address says."""
    return [
        st.Page(_leading_to(tab), title=TABS[tab], url_path=old, visibility="hidden")
        for old, tab in OLD_ADDRESSES.items()
    ]


def _leading_to(tab: str) -> Callable[[], None]:
    def lead() -> None:
        st.switch_page(RUN, query_params={**st.query_params.to_dict(), TAB_PARAMETER: tab})

    return lead
