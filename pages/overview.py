"""Overview: where one is, what is running, and what to do next."""

from __future__ import annotations

from statistics import fmean, stdev

import streamlit as st

from core.evaluation.predictions import EACH
from core.runs.upkeep import refresh
from core.store import UNFINISHED, Run, RunState, Store
from core.text import in_percent
from pages.components.audit_word import audit_link
from pages.components.banners import artificial_note
from pages.components.damaged import damaged_datasets, damaged_runs, recovery
from pages.components.empty_state import next_step
from pages.components.example_note import example_note
from pages.components.films.film_dialog import show_opened_film
from pages.components.films.gallery import film_strip
from pages.components.headlines import headline_of
from pages.components.run_labels import escaped, share, short_repeats_title, short_title
from pages.components.session import (
    CLASSIFY,
    COMPARE,
    EXPLORE,
    PREPARE,
    TRAIN,
    artificial_sources,
    get_store,
)
from pages.components.training.running import show_running

LATEST = 3  # results shown: a finished run, or the finished ones of several repeats
SHOWN = 12  # films


def page() -> None:
    store = get_store()
    refresh(store)
    st.title("ThoraxLens")
    st.markdown(
        "Train networks to tell chest X-rays apart, watch them learn, compare them, "
        "and see how far a result can be trusted. For teaching and research; "
        "**not a medical device**."
    )
    recovery(store)
    damaged_runs(store)
    damaged_datasets(store)
    _steps(store)
    example_note()
    show_running(store)
    _results(store)
    drawn = artificial_sources()
    all_drawn = set(store.catalogue.count_by_source()) <= drawn
    if all_drawn:
        artificial_note()
    films = store.catalogue.sample(SHOWN)
    if films:
        st.markdown("**Some of the films**")
        film_strip(films, store.workspace, artificial=drawn, key="sample")
        if not all_drawn:
            artificial_note()
        show_opened_film(one.film_id for one in films)


def _steps(store: Store) -> None:
    films = store.catalogue.count()
    datasets = len(store.datasets.all())
    runs = store.runs.all()
    done = sum(run.state == RunState.DONE for run in runs)
    going = sum(run.state in UNFINISHED for run in runs)
    steps = (
        ("1 · Films", films, "imported", EXPLORE, "Look at films" if films else "Import films",
         not films),
        ("2 · Data sets", datasets, "prepared", PREPARE, "Prepare data", not datasets),
        ("3 · Runs", done, "finished" + (f", {going} going on" if going else ""), TRAIN,
         "Watch training" if going else "Train networks", not done),
        ("4 · Classify", done, f"network{'' if done == 1 else 's'} ready to use", CLASSIFY,
         "Classify a film", True),
    )  # fmt: skip
    following = next(at for at, step in enumerate(steps) if step[-1])
    places = st.columns(4)
    for at, (title, count, what, target, label, _) in enumerate(steps):
        with places[at].container(border=True, height="stretch"):
            st.metric(title, f"{count:,}", delta=what, delta_color="off", delta_arrow="off")
            if at != following:
                next_step(target, label)
            elif st.button(
                f"Next: {label[0].lower()}{label[1:]}",
                type="primary",
                width="stretch",
                key="next",
            ):
                st.switch_page(target)


def _results(store: Store) -> None:
    """What finished last, a card each: a run, or repeats as one, as Compare has them."""
    latest: dict[str, list[Run]] = {}
    for run in store.runs.all([RunState.DONE]):
        repeat = run.spec.repeat
        latest.setdefault(repeat.group if repeat else run.run_id, []).append(run)
    if not latest:
        return
    st.markdown("**Latest results**")
    for place, (name, runs) in zip(st.columns(LATEST), latest.items(), strict=False):
        repeated = runs[0].spec.repeat is not None
        title = short_repeats_title(runs) if repeated else short_title(runs[0])
        with place.container(border=True, gap="xsmall"):
            next_step(COMPARE, escaped(title), query={"runs": name})
            found = [headline_of(store, run) for run in runs]
            st.caption(
                f"**{_share([one.accuracy for one in found])}** of the test films right  \n"
                f"**{_share([one.sensitivity for one in found])}** sensitivity  \n"
                f"Called: {escaped(_rule({one.rule for one in found}))}"
            )
            audit_link(store, runs[0])


def _rule(rules: set[str]) -> str:
    return rules.pop() if len(rules) == 1 else EACH


def _share(values: list[float | None]) -> str:
    """A number of the test films; of repeats the mean and standard deviation.

    (``core.evaluation.repeats`` knows more of them, and needs pandas, for which the first page
    does not wait.)
    """
    known = [float(one) for one in values if one is not None]
    if len(known) < len(values):
        return share(None)
    return (
        f"{in_percent(fmean(known))} ± {share(stdev(known))}" if len(known) > 1 else share(known[0])
    )


page()
