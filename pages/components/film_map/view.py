"""The map of the films: drawn once as a job, coloured, read and chosen from in place."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from core.figures.film_map import map_figure
from core.film_map.document import FILE, FilmMap, map_folder, shown_sentence
from core.film_map.separation import odd_films, on_the_map, separation
from core.film_map.status import (
    MapStatus,
    map_job,
    map_status,
    start_map,
    why_no_map,
)
from core.people.asking import may
from core.people.roles import Deed
from core.store import RunState, Store
from core.text import count
from pages.components.charts import show, theme
from pages.components.error_boundary import boundary
from pages.components.film_map.chosen import CHOSEN, choose, chosen_films
from pages.components.film_map.colouring import Colouring, colouring
from pages.components.film_map.hover import films_on_hover
from pages.components.films.catalogue_labels import CATALOGUE_LABELS
from pages.components.films.film_dialog import show_opened_film
from pages.components.run_labels import escaped
from pages.components.session import get_store

EVERY = 1.0  # seconds between looks at the job
PLACE = "film_map"
WHAT_IT_IS = (
    "Each film is a point. Films that look alike to a network which knows photographs, and has "
    "learnt nothing of X-rays, lie near each other; how far groups are apart means nothing."
)


def film_map(frame: pd.DataFrame, shown: pd.DataFrame) -> None:
    """``frame``: the whole catalogue; ``shown``: what passes the filters."""
    store = get_store()
    found = _found(store, frame)
    job = map_job(store).status()
    if job.is_running:
        st.fragment(_progress, run_every=EVERY)()
    elif job.broke_off and job.asked > (found.result.made_at if found.result else 0):
        box = st.info if job.state is RunState.CANCELLED else st.error
        box(escaped(f"The map was not drawn. {job.reason}"))
    if found.result is None:
        if not job.is_running:
            _first(store, frame, found)
        return
    if found.stale and not job.is_running:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/update: {found.stale}", width="content")
            _draw_button(store, "Draw it again")
    films = on_the_map(found.result, shown).assign(x=found.result.x, y=found.result.y)
    _drawn(store, found.result, films[films["film_id"].notna()], frame)


def _first(store: Store, frame: pd.DataFrame, found: MapStatus) -> None:
    if found.unreadable:
        st.warning("The last map cannot be read. Draw it again.")
    st.markdown(WHAT_IT_IS)
    if why := why_no_map(store, frame):
        st.info(escaped(why))
        return
    st.caption("The first map takes some minutes. Later ones look at new films only.")
    _draw_button(store, "Draw the map")


def _draw_button(store: Store, label: str) -> None:
    if not may(Deed.JUDGE):
        return
    if st.button(label, key="map_draw", type="primary", icon=":material/scatter_plot:"):
        start_map(store)
        st.rerun()


@boundary()
def _progress() -> None:
    job = map_job(get_store())
    now = job.status()
    if not now.is_running:
        st.rerun(scope="app")
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.progress(now.share, text=f"Drawing the map: {escaped(now.told)}")
        if may(Deed.JUDGE) and st.button("Stop", key="map_stop"):
            job.stop()
            st.rerun(scope="app")


def _drawn(store: Store, found: FilmMap, films: pd.DataFrame, frame: pd.DataFrame) -> None:
    choice, said = st.columns([1, 3], gap="large")
    with choice:
        asked = colouring(films, store)
    with said:
        _separation(found, films, asked)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _figure(films, asked)
        st.caption(f"{WHAT_IT_IS} {shown_sentence(found)}")
    with right:
        _choices(found, films, frame)
        chosen_films(films, store)
    show_opened_film(st.session_state.get(CHOSEN, []))


def _separation(found: FilmMap, films: pd.DataFrame, asked: Colouring) -> None:
    apart = separation(found, films, asked.aspect) if asked.aspect else None
    if apart is None:
        return
    first, *rest = (escaped(one) for one in apart.sentences())
    grave = apart.column == "source" and apart.level == "apart"
    box = st.warning if grave else st.info
    box(" ".join([f"**{first}**", *rest]), icon=":material/bubble_chart:")


def _figure(films: pd.DataFrame, asked: Colouring) -> None:
    points = films[["film_id", "x", "y"]].assign(kind=asked.kinds, told=_told(films))
    drawing = map_figure(
        points, asked.column, theme(), chosen=st.session_state.get(CHOSEN, []), order=asked.order
    )
    key = f"map_points_{st.session_state['map_colour']}"
    with st.container(key=PLACE):
        films_on_hover(PLACE)
        show(
            drawing,
            key,
            file_name="film-map",
            on_select=partial(_lassoed, key),
            selection_mode=("points", "box", "lasso"),
            selects=True,
            alt=f"Map of {count(len(films), 'film')}, coloured; the sentences above say what it "
            "shows, and the buttons beside it choose films without a pointer",
        )


def _told(films: pd.DataFrame) -> list[str]:
    """What stands below a film that is pointed at."""
    rows = zip(films["finding"], films["view"], films["source"], strict=True)
    return [
        f"{CATALOGUE_LABELS.get(finding, finding)} · "
        f"{'view ' if view == 'unknown' else ''}{CATALOGUE_LABELS.get(view, view)} · {source}"
        for finding, view, source in (map(str, row) for row in rows)
    ]


def _lassoed(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    there = [one["customdata"][0] for one in points if one.get("customdata")]
    choose(list(dict.fromkeys(map(str, there))))


def _choices(found: FilmMap, films: pd.DataFrame, frame: pd.DataFrame) -> None:
    """Ways to choose films without a pointer."""
    there = set(films["film_id"].astype(str))
    store = get_store()
    root, version = str(store.workspace.root), store.catalogue.version()
    odd = [one for one in _odd(root, found.made_at, version, found, frame) if one in there]
    by_hand = films.loc[films["source_finding"] != "", "film_id"].astype(str).tolist()
    with st.container(horizontal=True, key="map_choices"):
        if odd:
            st.button(
                f"Choose {len(odd):,} out of place",
                key="map_odd",
                on_click=choose,
                args=(odd,),
                help="Films that lie among films of one other finding: the first to look at for "
                "a wrong label. Many are right all the same.",
            )
        if by_hand:
            st.button(
                f"Choose {len(by_hand):,} corrected",
                key="map_by_hand",
                on_click=choose,
                args=(by_hand,),
            )
        st.button(
            f"Choose all {len(there):,}", key="map_all", on_click=choose, args=(sorted(there),)
        )
        if st.session_state.get(CHOSEN):
            st.button("Choose none", key="map_none", on_click=choose, args=([],))


@st.cache_resource(show_spinner=False, max_entries=4)
def _odd(
    root: str, made_at: float, version: int, _found: FilmMap, _frame: pd.DataFrame
) -> list[str]:
    return odd_films(_found, _frame)


def _found(store: Store, frame: pd.DataFrame) -> MapStatus:
    file = map_folder(store.workspace) / FILE
    changed = file.stat().st_mtime_ns if file.exists() else 0
    return _kept(str(file), changed, store.catalogue.version(), store, frame)


@st.cache_resource(show_spinner=False, max_entries=2)
def _kept(file: str, changed: int, version: int, _store: Store, _frame: pd.DataFrame) -> MapStatus:
    return map_status(_store, _frame)
