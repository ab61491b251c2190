"""The filters of a page of films: what is chosen, and which films that leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from core.datasets import choosing
from core.text import count
from pages.components.films.catalogue_labels import CATALOGUE_LABELS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

# Column of the catalogue → label and explanation on the page.
COLUMNS = {
    "finding": (
        "Finding",
        "What the source says the film shows, in one spelling. A film with several findings is "
        "counted with each.",
    ),
    "view": (
        "View",
        "How the film was taken. PA: X-rays enter from the back, the patient stands. "
        "AP: from the front. AP supine: from the front, lying down.",
    ),
    "source": ("Source", "The import that a film came with."),
    "sex": ("Sex", "As the source states it."),
}


How = Literal["any", "all", "none"]
HOWS: dict[How, str] = {"any": "any of these", "all": "all of these", "none": "none of these"}


@dataclass(frozen=True)
class Filters:
    """Chosen values per column (empty: any) and an age range in years (None: any).

    ``how``: whether a film has any, all or none of the chosen findings. A film of which no
    finding is known is not among those that have none. ``tagged``: ids of the films that have one
    of the chosen tags; None for films with any tag or none.
    """

    chosen: dict[str, tuple[str, ...]]
    ages: tuple[float, float] | None = None
    how: How = "any"
    tagged: frozenset[str] | None = None

    @property
    def active(self) -> bool:
        return self.ages is not None or any(self.chosen.values()) or self.tagged is not None

    def apply(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of a catalogue frame that pass. An age range leaves unknown ages out."""
        keep = pd.Series(True, index=frame.index)
        for column, values in self.chosen.items():
            if values and column == "finding":
                keep &= _MASKS[self.how](frame[column], values)
            elif values:
                keep &= frame[column].isin(values)
        if self.ages is not None:
            keep &= frame["age"].between(*self.ages)
        if self.tagged is not None:
            keep &= frame["film_id"].isin(self.tagged)
        return frame if bool(keep.all()) else frame[keep]


_MASKS = {"any": choosing.has_any, "all": choosing.has_all, "none": choosing.has_none}


def film_filters(
    frame: pd.DataFrame, key: str, tags: Mapping[str, frozenset[str]] | None = None
) -> Filters:
    """Draw the filters and return what is chosen. ``frame``: the whole catalogue. ``tags``: tag →
    ids of the films that have it; there is no such filter without any."""
    chosen = {}
    *places, last = st.columns(5)
    for place, column in zip(places, COLUMNS, strict=True):
        label, explanation = COLUMNS[column]
        tally = choosing.counts if column == "finding" else pd.Series.value_counts
        counts = tally(frame[column])
        counts = counts[counts > 0]
        _forget_unknown(f"{key}_{column}", set(counts.index))
        chosen[column] = tuple(
            place.multiselect(
                label,
                list(counts.index),
                format_func=_labels(counts),
                help=explanation,
                placeholder="any",
                key=f"{key}_{column}",
                persist_state="session",
            )
        )
    how: How = "any"
    if chosen["finding"]:
        how = places[0].selectbox(
            "Films that have",
            list(HOWS),
            format_func=HOWS.__getitem__,
            key=f"{key}_how",
            label_visibility="collapsed",
            persist_state="session",
        )
    with last:
        return Filters(chosen, _age_range(frame, key), how, _tagged(tags or {}, f"{key}_tag"))


def _tagged(tags: Mapping[str, frozenset[str]], state: str) -> frozenset[str] | None:
    if not tags:
        return None
    _forget_unknown(state, set(tags))
    wanted = st.multiselect(
        "Tag",
        list(tags),
        format_func=lambda tag: f"{tag} ({len(tags[tag]):,})",
        help="What people here have put on films, on the map.",
        placeholder="any",
        key=state,
        persist_state="session",
    )
    return frozenset().union(*(tags[one] for one in wanted)) if wanted else None


def folded_filters(key: str) -> DeltaGenerator:
    """A container for ``film_filters(key)``. Narrower than 640 px it is folded until somebody turns
    the switch above it, since five fields would push all films off a telephone's first screen; the
    stylesheet does it, because the server does not know how wide a page is."""
    with st.container(key="filters"):
        st.toggle("Filters", key=f"{key}_filters_shown", persist_state="session")
        return st.container(key="filters_folded")


def reset_button(key: str, *, disabled: bool) -> None:
    """A button that takes all filters of ``film_filters(key)`` back."""
    st.button(
        "Reset filters",
        icon=":material/filter_alt_off:",
        on_click=_reset,
        args=(key,),
        key=f"{key}_reset",
        disabled=disabled,
    )


def _age_range(frame: pd.DataFrame, key: str) -> tuple[float, float] | None:
    known = frame["age"].dropna()
    if known.empty:
        return None
    oldest = max(int(known.max()) + 1, 1)
    state = f"{key}_ages_{oldest}"
    low, high = st.slider(
        "Age in years",
        0,
        oldest,
        (0, oldest),
        key=state,
        persist_state="session",
        help="Over the full range, films without a stated age are shown too. "
        f"{count(len(frame) - len(known), 'film').capitalize()} without a stated age.",
    )
    return None if (low, high) == (0, oldest) else (float(low), float(high))


def _labels(counts: pd.Series) -> Callable[[str], str]:
    return lambda value: f"{CATALOGUE_LABELS.get(value, value)} ({counts.get(value, 0):,})"


def _forget_unknown(state: str, there: set[str]) -> None:
    """Drop chosen values whose last film has been removed; the widget would refuse them."""
    chosen = st.session_state.get(state)
    if chosen and not set(chosen) <= there:
        st.session_state[state] = [one for one in chosen if one in there]


def _reset(key: str) -> None:
    for state in list(st.session_state):
        name = str(state)
        if name.startswith(f"{key}_ages_"):
            st.session_state[name] = (0, int(name.rsplit("_", 1)[1]))
        elif name in {f"{key}_{column}" for column in (*COLUMNS, "tag")}:
            st.session_state[name] = []
        elif name == f"{key}_how":
            st.session_state[name] = "any"
