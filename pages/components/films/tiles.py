"""Small films side by side, each with a word below it: for reading, not for clicking."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

from core.palette import class_colour


@dataclass(frozen=True)
class Tile:
    """One film. ``pixels``: uint8 (h, w) grey or (h, w, 3) RGB. ``word``: what stands below
    it, with a square in the colour of the class ``colour``; ``right``: whether that is
    right, None when nothing is to be said of it. ``alt``: the picture in words."""

    pixels: np.ndarray
    word: str = ""
    colour: int | None = None
    right: bool | None = None
    alt: str = "Artificial chest film"


GAP = 8  # px


def film_tiles(tiles: Sequence[Tile], *, least: int = 80, most: int = 168) -> None:
    """A row of films, from ``least`` to ``most`` px wide, wrapped where the page is narrow."""
    # A film takes its share of the row at least, so that the row is full where all fit in.
    share = f"calc((100% - {GAP * (len(tiles) - 1)}px) / {max(len(tiles), 1)})"
    # As HTML, because Streamlit's columns would stack on a telephone, a film a screenful.
    st.html(
        f'<div style="display:grid;gap:{GAP}px;grid-template-columns:'
        f"repeat(auto-fill,minmax(max({least}px,{share}),1fr));"
        f'max-width:{len(tiles) * (most + GAP)}px">'
        + "".join(_tile(one) for one in tiles)
        + "</div>"
    )


def _tile(one: Tile) -> str:
    return (
        f'<figure style="margin:0"><img alt="{escape(one.alt)}" src="{_data(one.pixels)}" '
        'style="width:100%;display:block;border-radius:6px">'
        f'<figcaption style="font-size:0.85rem;line-height:1.3;padding-top:0.2rem">'
        f"{_word(one)}</figcaption></figure>"
    )


def _word(one: Tile) -> str:
    if not one.word:
        return ""
    square = ""
    if one.colour is not None:
        square = (
            '<span style="display:inline-block;width:0.7em;height:0.7em;border-radius:2px;'
            f'margin-right:0.35em;background:{class_colour(one.colour)}"></span>'
        )
    verdict = {True: " ✓", False: " <strong>✗</strong>", None: ""}[one.right]
    return f"{square}{escape(one.word)}{verdict}"


def _data(pixels: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
