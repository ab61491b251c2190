"""Films that show hardly anything: set apart at import, shown with the reason, kept by a click."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.datasets.correcting import use_films_again
from core.people.asking import may
from core.people.roles import Deed
from core.store import Film, Store
from core.text import count
from pages.components.films.gallery import TILE, tile
from pages.components.run_labels import escaped

MOST = 24  # shown at once


def set_apart_films(store: Store, key: str, source: str | None = None) -> None:
    """The films that are set apart, of one source or of all; nothing where there are none."""
    reasons = store.catalogue.set_apart_in(source)
    if not reasons:
        return
    st.markdown(f"**Set apart: {count(len(reasons), 'film')}** that data sets do not use")
    st.caption(
        "They show hardly anything, nobody can tell what they show, or somebody left them out. "
        "Look at each; "
        "“Use it” puts it among the other films."
    )
    films = store.catalogue.films(list(reasons)[:MOST])
    with st.container(horizontal=True, gap="small", key=f"{key}_set_apart"):
        for film in films:
            with st.container(width=TILE, gap="xsmall"):
                _one(film, store, key)
    if len(reasons) > MOST:
        st.caption(f"The first {MOST} are shown.")
    if len(reasons) > 1 and may(Deed.CORRECT):
        st.button(
            "Use all of them",
            key=f"{key}_use_all",
            on_click=_use,
            args=(store, list(reasons)),
        )


def _one(film: Film, store: Store, key: str) -> None:
    st.image(
        tile(str(store.workspace.thumbnail(film.film_id)), TILE),
        width=TILE,
        alt=f"A film that is set apart: {film.set_apart}",
    )
    st.caption(escaped(film.set_apart))
    if not may(Deed.CORRECT):
        return
    st.button(
        "Use it",
        key=f"{key}_use_{film.film_id}",
        on_click=_use,
        args=(store, [film.film_id]),
        help=escaped(film.path.rsplit("/", 1)[-1]),
    )


def _use(store: Store, film_ids: Sequence[str]) -> None:
    use_films_again(store, film_ids)
