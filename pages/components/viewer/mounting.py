"""The viewer's place on a page. Light: it neither reads a film nor knows what is in the bytes."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.components.viewer.script import script, style

_viewer = st.components.v2.component(
    "thoraxlens_film_viewer",
    html='<div class="viewer-root"></div>',
    css=style(),
    js=script(),
)


def mount(shown: bytes, *, key: str, on_wish: Callable[[object], None] | None = None) -> None:
    """Hand the browser what ``packing.block`` has packed. ``on_wish`` is called with
    what is wished for there, as it came, before Streamlit runs again."""

    def wished() -> None:
        if on_wish is not None:
            on_wish(st.session_state[key].get("wish"))

    _viewer(data=shown, key=key, on_wish_change=wished)
