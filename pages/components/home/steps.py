"""How far one is on the way from films to a network, and which step comes next."""

from __future__ import annotations

import streamlit as st

from core.store import UNFINISHED, RunState, Store
from pages.components.empty_state import next_step
from pages.components.session import CLASSIFY, EXPLORE, PREPARE, TRAIN


def steps(store: Store) -> None:
    """A card a step; the next one has the button."""
    films = store.catalogue.count()
    datasets = len(store.datasets.all())
    runs = store.runs.all()
    done = sum(run.state == RunState.DONE for run in runs)
    going = sum(run.state in UNFINISHED for run in runs)
    st.subheader("Your next step")
    all_steps = (
        ("1 · Films", films, "imported", EXPLORE, "Look at films" if films else "Import films",
         not films),
        ("2 · Data sets", datasets, "prepared", PREPARE, "Prepare data", not datasets),
        ("3 · Runs", done, "finished" + (f", {going} going on" if going else ""), TRAIN,
         "Watch training" if going else "Train networks", not done),
        ("4 · Classify", done, f"network{'' if done == 1 else 's'} ready to use", CLASSIFY,
         "Classify a film", True),
    )  # fmt: skip
    following = next(at for at, step in enumerate(all_steps) if step[-1])
    places = st.columns(4)
    for at, (title, count, what, target, label, _) in enumerate(all_steps):
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
