"""A classified film with its heat map, to be moved at once: what Home begins with."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.evaluation.operating_point import NOT_SURE
from core.explain.methods import DEFAULT, WORDS
from core.palette import class_colour
from core.showcase.kept import KeptFilm, Showcase, arrays_of, kept, run_of
from core.store import Store
from core.text import probability
from pages.components.audit_word import audit_link
from pages.components.error_boundary import boundary
from pages.components.home.doors import show_doors
from pages.components.run_labels import escaped
from pages.components.run_links import RESULT, run_step
from pages.components.session import get_store
from pages.components.viewer.mounting import mount
from pages.components.viewer.packing import HeatLayer, block, packed_film

PLACE = "home_film"  # which of the films is shown
STYLE = """<style>
div[data-testid="stMainBlockContainer"] {padding-inline: clamp(1rem, 3vw, 4rem);
  padding-top: 3.5rem; max-width: 1600px}
.home-answer {line-height: 1.3}
.home-answer .word {font-size: 2rem; font-weight: 700; overflow-wrap: anywhere}
.home-answer .of {display: flex; justify-content: space-between; gap: 0.6rem}
.home-answer .of span:last-child {white-space: nowrap}
.home-answer .bar {display: flex; height: 10px; border-radius: 5px; margin: 2px 0 8px;
  background: rgba(128, 128, 128, 0.25)}
.home-answer .bar i {border-radius: 5px}
</style>"""


def hero(store: Store) -> None:
    """The film beside its answer and the doors; where nothing is kept, the doors alone."""
    st.html(STYLE)
    if kept(store) is None:
        st.markdown("No network has answered a film yet. Begin with one of these:")
        show_doors(store, beside=False)
        return
    _hero()


@st.fragment
@boundary()
def _hero() -> None:
    store = get_store()
    shown = kept(store)
    if shown is None:  # removed a moment ago, in another window
        st.rerun(scope="app")
        return
    at = st.session_state.get(PLACE, 0) % len(shown.films)
    left, right = st.columns([7, 5], gap="medium")
    with left:
        _film(store, shown, at)
        _who(store, shown)
    with right:
        _answer(shown, at)
        show_doors(store, beside=True)


def _film(store: Store, shown: Showcase, at: int) -> None:
    packed = _packed(str(store.workspace.root), shown.arrays, at, store, shown)
    if packed is None:
        st.caption("The film that was kept for this place cannot be read.")
    else:
        mount(packed, key="home_viewer")


@st.cache_data(show_spinner=False, max_entries=12)
def _packed(root: str, arrays: str, at: int, _store: Store, _shown: Showcase) -> bytes | None:
    found = arrays_of(_store.workspace, _shown, at)
    if found is None:
        return None
    film, heats = found
    one = _shown.films[at]
    layers = [
        HeatLayer(0, name, WORDS[DEFAULT].title, heat, name == one.heat_class, _said(one, name))
        for name, heat in heats.items()
    ]
    return block(
        packed_film(film, one.greys.lungs),
        place="home",
        alt=f"Chest film {at + 1} of {len(_shown.films)}"
        + (f", labelled “{one.truth}”" if one.truth else ""),
        networks=[_shown.network],
        layers=layers,
        few_tools=True,
    )


def _said(one: KeptFilm, name: str) -> str:
    why = one.blank.get(name, "")
    return f"The heat map for “{name}” is empty: {why}." if why else f"Heat map for “{name}”"


def _answer(shown: Showcase, at: int) -> None:
    one = shown.films[at]
    st.html(_words(one))
    agrees = ""
    if one.truth in one.probabilities and one.answer != NOT_SURE:
        agrees = " :material/check:" if one.truth == one.answer else " (differs)"
    said = [f"Labelled **{escaped(one.truth)}** in the data{agrees}"] if one.truth else []
    if shown.artificial:
        said.append(":material/draw: **artificial** film")
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.caption(" · ".join(said), width="content")
        if len(shown.films) > 1:
            st.button(
                "Another film", icon=":material/skip_next:", key="home_next", on_click=_next,
                args=(at,),
            )  # fmt: skip


def _who(store: Store, shown: Showcase) -> None:
    """Whose answer it is, and whether that is to be believed."""
    run = run_of(store, shown) if shown.run_id else None
    if run is None:
        st.caption(
            f"Answered by {escaped(shown.network)}, a network that has learnt from artificial "
            "films. Film and answer came with ThoraxLens."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        run_step(run.run_id, RESULT, escaped(shown.network), icon=":material/lab_profile:")
        audit_link(store, run)


def _words(one: KeptFilm) -> str:
    """The answer large, and a bar a class in the class's colour."""
    names = list(one.probabilities)
    word, colour = "Not sure", "currentColor"
    if one.answer in names:
        word, colour = one.answer, class_colour(names.index(one.answer))
    shares = [min(max(value, 0.0), 1.0) for value in one.probabilities.values()]
    rows = "".join(
        f'<div class="of"><span>{escape(name)}</span><span>{probability(value)}</span></div>'
        f'<div class="bar" aria-hidden="true"><i style="flex-grow:{shares[index]:.4f};'
        f'background:{class_colour(index)}"></i><i style="flex-grow:{1 - shares[index]:.4f}"></i>'
        "</div>"
        for index, (name, value) in enumerate(one.probabilities.items())
    )
    return (
        '<div class="home-answer"><div>The network answers</div>'
        f'<div class="word"><span style="color:{colour}" aria-hidden="true">■</span> '
        f"{escape(word)}</div>{rows}</div>"
    )


def _next(at: int) -> None:
    st.session_state[PLACE] = at + 1
