"""What augmentation does to a film: nine random variants beside the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.images.augment import augment
from core.images.decode import decode_file
from core.images.resize import resize
from core.specs import AugmentSpec
from pages.components.error_boundary import boundary
from pages.components.films.catalogue_labels import CATALOGUE_LABELS

SIDE = 224
DRAW = "augment_draw"  # session state: which variants are shown
CHOICE = 200  # films offered; a list of 100,000 helps nobody


@st.fragment
@boundary()
def augment_preview(frame: pd.DataFrame) -> None:
    """Choose a film and how much it may change. ``frame``: the catalogue's."""
    st.markdown(
        "During training each film is changed a little, differently each time, so that the "
        "network does not learn films by heart. Try here what the settings do; "
        "they are chosen for each run on the Train page."
    )
    controls, pictures = st.columns([1, 2], gap="large")
    with controls:
        offered = frame.iloc[:: max(1, len(frame) // CHOICE)]
        labels = [
            f"{CATALOGUE_LABELS.get(str(row.finding), row.finding)} · {Path(str(row.path)).name}"
            for row in offered.itertuples()
        ]
        at = st.selectbox(
            "Film",
            range(len(offered)),
            format_func=lambda i: labels[i],
            persist_state="session",
            key="augment_film",
        )
        spec = _sliders()
        st.button("Show nine others", icon=":material/casino:", on_click=_draw_again)
    with pictures:
        film = _film(str(offered.iloc[at]["path"]))
        rng = np.random.default_rng(st.session_state.get(DRAW, 0))
        variants = [augment(film, spec, rng) for _ in range(9)]
        rows = [np.concatenate(variants[row : row + 3], axis=1) for row in (0, 3, 6)]
        original, changed = st.columns([1, 3], gap="small")
        original.image(film, caption="The film", width="stretch", alt="The film unchanged")
        changed.image(
            np.concatenate(rows),
            caption="Nine variants",
            width="stretch",
            alt="Nine random variants of the film",
        )


def _draw_again() -> None:
    st.session_state[DRAW] = st.session_state.get(DRAW, 0) + 1


def _sliders() -> AugmentSpec:
    usual = AugmentSpec()
    return AugmentSpec.build(
        rotation=float(st.slider("Rotation up to (degrees)", 0, 45, int(usual.rotation))),
        zoom=st.slider("Zoom up to", 0.0, 0.5, usual.zoom, 0.01, format="percent"),
        shift=st.slider("Shift up to", 0.0, 0.5, usual.shift, 0.01, format="percent"),
        brightness=st.slider(
            "Brightness up to", 0.0, 0.5, usual.brightness, 0.01, format="percent"
        ),
        horizontal_flip=st.toggle(
            "Mirror left and right",
            usual.horizontal_flip,
            help="Puts the heart on the wrong side. The study did it.",
        ),
        vertical_flip=st.toggle("Turn upside down", usual.vertical_flip),
    )


@st.cache_data(show_spinner=False, max_entries=50)
def _film(path: str) -> np.ndarray:
    return resize(decode_file(path).pixels, SIDE)
