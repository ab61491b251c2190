"""Home: a classified film, the ways into the program, what is running and what to do next."""

from __future__ import annotations

import streamlit as st

from core.runs.upkeep import refresh
from pages.components.banners import artificial_note
from pages.components.damaged import damaged_datasets, damaged_runs, recovery
from pages.components.example_note import example_note
from pages.components.films.film_dialog import show_opened_film
from pages.components.films.gallery import film_strip
from pages.components.home.hero import hero
from pages.components.home.latest import latest_results
from pages.components.home.renewal import keep_up_to_date
from pages.components.home.steps import steps
from pages.components.session import artificial_sources, get_store
from pages.components.training.running import show_running

SHOWN = 12  # films


def page() -> None:
    store = get_store()
    refresh(store)
    st.title("ThoraxLens")
    st.markdown(
        "See what a network makes of a chest X-ray, train one, and find out how far to trust it. "
        "**Not a medical device.**"
    )
    recovery(store)
    damaged_runs(store)
    damaged_datasets(store)
    hero(store)
    example_note()
    show_running(store)
    latest_results(store)
    steps(store)
    drawn = artificial_sources()
    all_drawn = set(store.catalogue.count_by_source()) <= drawn
    if all_drawn:
        artificial_note()
    films = store.catalogue.sample(SHOWN)
    if films:
        st.subheader("Some of the films")
        film_strip(films, store.workspace, artificial=drawn, key="sample")
        if not all_drawn:
            artificial_note()
        show_opened_film(one.film_id for one in films)
    keep_up_to_date(store)


page()
