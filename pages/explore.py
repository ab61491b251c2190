"""Explore: what films there are, and getting more of them in."""

from __future__ import annotations

import streamlit as st

from core.datasets.choosing import counts
from pages.components.banners import artificial_note
from pages.components.empty_state import empty
from pages.components.films.catalogue_charts import catalogue_charts
from pages.components.films.film_dialog import show_opened_film
from pages.components.films.filters import film_filters, folded_filters, reset_button
from pages.components.films.gallery import gallery, mixed
from pages.components.films.import_panel import import_panel
from pages.components.films.import_report import restore_button, source_list
from pages.components.films.set_apart import set_apart_films
from pages.components.session import artificial_sources, catalogue_frame, get_store

DRAWN = ("film_id", "source", "finding", "view", "sex", "age")
TABS = ("Films", "Map", "Import", "Sources")


def page() -> None:
    st.title("Explore")
    films, placed, more, sources = st.tabs(TABS, key="tab", on_change="rerun", bind="query-params")
    if films.open:
        with films:
            _films()
    if placed.open:
        with placed:
            _map()
    if more.open:
        with more:
            import_panel(get_store())
    if sources.open:
        with sources:
            source_list(get_store(), get_store().catalogue.count_by_source())
            restore_button(get_store())


def _to_import() -> None:
    st.session_state["tab"] = "Import"


def _no_films() -> None:
    empty(
        "There are no films yet. Import a folder or a zip file, or download the films of the study."
    )
    # Not a link: one that leads to its own page leaves the tab as it is.
    st.button("Import films", icon=":material/arrow_forward:", on_click=_to_import)


def _map() -> None:
    # Only here: what the map needs takes a while to load.
    from pages.components.film_map.view import film_map

    frame = catalogue_frame()
    if frame.empty:
        _no_films()
        return
    with st.expander("Filters", icon=":material/filter_alt:"):
        filters = film_filters(frame, "explore", get_store().tags.all())
        reset_button("explore", disabled=not filters.active)
    shown = filters.apply(frame)
    if frame["source"].isin(artificial_sources()).all():  # else they are not on the map
        artificial_note()
    if filters.active:
        st.markdown(f"**{len(shown):,}** of {len(frame):,} films pass the filters.")
    film_map(frame, shown)


def _films() -> None:
    frame = catalogue_frame()
    if frame.empty:
        _no_films()
        set_apart_films(get_store(), "explore")
        return
    with folded_filters("explore"):
        filters = film_filters(frame, "explore", get_store().tags.all())
    # Only what is drawn here: where its file lies is the longest that is known of a film.
    shown = mixed(filters.apply(frame[list(DRAWN)]), artificial_sources())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(shown):,}** of {len(frame):,} films", width="content")
        reset_button("explore", disabled=not filters.active)
    artificial_note()
    if shown.empty:
        empty("No film passes all the filters. Take one of them back.")
    else:
        catalogue_charts(shown, [str(one) for one in counts(frame["finding"]).index])
        st.markdown("**Films**, one of each finding in turn")
        gallery(shown, get_store(), artificial=artificial_sources(), key="gallery")
    set_apart_films(get_store(), "explore")
    show_opened_film(shown["film_id"])


page()
