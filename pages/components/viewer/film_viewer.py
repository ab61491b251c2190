"""One film large, to be zoomed, moved and windowed on its own grey values, with its heat maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import streamlit as st

from core.audit.lungs import lung_greys
from core.images.decode import grey_values
from pages.components.presenting import presenting
from pages.components.viewer.mounting import mount
from pages.components.viewer.packing import (
    BEYOND,
    TALL,
    HeatLayer,
    Mark,
    Offer,
    PackedFilm,
    block,
    packed_film,
)

LARGE = 2048  # px, the longest side of a film that stands alone
PRESENTED = 0.66  # of the window's height, before an audience
_KEPT = 12  # films that a server keeps ready
_KEPT_FOR = 1800  # seconds: somebody's own films are not to stay long


def film_viewer(
    data: bytes,
    name: str,
    *,
    key: str,
    alt: str,
    networks: Sequence[str] = (),
    layers: Sequence[HeatLayer] = (),
    marks: Sequence[Mark] = (),
    most: int = LARGE,
    offer: Offer | None = None,
    on_wish: Callable[[object], None] | None = None,
    tall: float = TALL,
    whole: float = BEYOND,
) -> None:
    """Show the film in a file. What is set in the viewer stays in the browser, by ``key``.

    ``data``: the file; ``name`` serves for messages. ``alt``: the film in words. ``networks``:
    what those of ``layers`` are called. ``offer``: what can be asked for; ``on_wish`` is called
    with what is wished for, as it came from the browser, before Streamlit runs again. ``tall``: the
    film's share of the window's height, at most; ``whole``: the same with the tools below it.
    Raises FilmError for what cannot be read.
    """
    film = _film(sha256(data).hexdigest(), most, data, name)
    shown = block(
        film,
        place=key,
        alt=alt,
        networks=networks,
        layers=layers,
        marks=marks,
        offer=offer,
        # Before an audience the film is to be large; keys do the rest.
        few_tools=presenting(),
        tall=max(tall, PRESENTED) if presenting() else tall,
        whole=whole,
    )
    mount(shown, key=key, on_wish=on_wish)


@st.cache_data(show_spinner=False, max_entries=_KEPT, ttl=_KEPT_FOR)
def _film(digest: str, most: int, _data: bytes, _name: str) -> PackedFilm:
    film = grey_values(_data, _name, most)
    return packed_film(film, lung_greys(film))
