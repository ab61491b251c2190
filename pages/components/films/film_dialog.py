"""The film that the page's address names, opened over the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import streamlit as st

from pages.components.error_boundary import boundary
from pages.components.session import get_store

PARAMETER = "film"  # in the page's address
_CLOSED = "film_closed"  # the film that was closed last


def show_opened_film(film_ids: Iterable[str], runs: Mapping[str, str] | None = None) -> None:
    """When the address names a film, open it over the page.

    ``film_ids``: the films that “previous” and “next” walk through, in order. ``runs``: id →
    title of those whose heat maps can be looked at.
    """
    film_id = st.query_params.get(PARAMETER)
    if not film_id:
        st.session_state.pop(_CLOSED, None)
    elif film_id == st.session_state.get(_CLOSED):
        st.query_params.pop(PARAMETER)
    else:
        _dialog([str(one) for one in film_ids], dict(runs or {}))


def open_film(film_id: str) -> None:
    """Put a film into the page's address; the page then shows it (a button's callback)."""
    st.session_state.pop(_CLOSED, None)
    st.query_params[PARAMETER] = film_id


def _close() -> None:
    # A click that follows at once still carries the address with the film in it.
    st.session_state[_CLOSED] = st.query_params.pop(PARAMETER, None)


@st.dialog("Film", width="large", on_dismiss=_close)
@boundary()
def _dialog(film_ids: list[str], runs: dict[str, str]) -> None:
    # Only now: what reads films and draws on them takes a while to load, and every page with
    # films on it, the first one too, can open one.
    from pages.components.films.correct_film import correct_film
    from pages.components.films.detail import film_detail
    from pages.components.films.said import said_of

    film_id = st.query_params.get(PARAMETER, "")
    _walk(film_id, film_ids)
    store = get_store()
    film = store.catalogue.film(film_id)
    source = next(one for one in store.catalogue.sources() if one.name == film.source)
    below = partial(correct_film, film, store)
    film_detail(film, source, runs, said_of(store, film), below)


def _walk(film_id: str, film_ids: list[str]) -> None:
    """Buttons to the films before and after, and where in the row this one is."""
    if film_id not in film_ids:
        return
    at = film_ids.index(film_id)
    before = film_ids[at - 1] if at else ""
    after = film_ids[at + 1] if at + 1 < len(film_ids) else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Previous", key="film_before", disabled=not before, on_click=open_film, args=(before,)
        )
        st.button("Next", key="film_after", disabled=not after, on_click=open_film, args=(after,))
        st.caption(f"Film {at + 1:,} of {len(film_ids):,}")
