"""Prepare: choose classes, see what the data set would be, save it."""

from __future__ import annotations

import dataclasses

import streamlit as st

from core.datasets import prepare
from core.errors import SpecError
from core.people.asking import may
from core.people.roles import Deed
from core.specs import DatasetSpec
from core.store import Store
from pages.components.datasets.augment_preview import augment_preview
from pages.components.datasets.form import dataset_form
from pages.components.datasets.plan_view import show_plan
from pages.components.datasets.saved import dataset_list
from pages.components.empty_state import empty, next_step
from pages.components.permission import say_why_not
from pages.components.run_labels import escaped
from pages.components.session import EXPLORE, TRAIN, catalogue_frame, get_store

TABS = ("New data set", "Augmentation", "Saved data sets")
SAVED = "prepare_saved"  # session state: the name of the data set saved last


def page() -> None:
    st.title("Prepare")
    store = get_store()
    if catalogue_frame().empty:
        empty(
            "A data set is made of films, and there are none yet.",
            page=EXPLORE,
            label="Import films",
            query={"tab": "Import"},
        )
        return
    new, augmentation, saved = st.tabs(TABS, key="part", on_change="rerun", bind="query-params")
    if new.open:
        with new:
            _new(store)
    if augmentation.open:
        with augmentation:
            augment_preview(catalogue_frame())
    if saved.open:
        with saved:
            dataset_list(store)


def _new(store: Store) -> None:
    if not may(Deed.PREPARE):
        say_why_not(Deed.PREPARE)
        return
    spec = dataset_form(store)
    if spec is None:
        return
    st.subheader("Preview")
    try:
        plan = _plan(str(store.workspace.root), store.catalogue.version(), _unnamed(spec).to_json())
    except SpecError as error:
        st.error(escaped(error), icon=":material/error:")
        return
    show_plan(plan)
    if st.button("Save data set", type="primary", icon=":material/save:"):
        _save(store, prepare.plan(catalogue_frame(), spec))
    if (name := st.session_state.get(SAVED)) in [one.name for one in store.datasets.all()]:
        with st.container(border=True):
            st.success(f"“{escaped(name)}” is saved.", icon=":material/check:")
            next_step(TRAIN, "Train a network on it", query={"dataset": name})


def _save(store: Store, plan: prepare.DatasetPlan) -> None:
    bar = st.progress(0.0, text="Reading the films …")

    def say(done: int, total: int, *_: object) -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=f"{done:,} of {total:,} films")

    try:
        st.session_state[SAVED] = prepare.save_dataset(store, plan, progress=say).name
    finally:
        bar.empty()


def _unnamed(spec: DatasetSpec) -> DatasetSpec:
    # The name changes nothing about the films: typing it must not plan again.
    return spec.changed(name="plan")


@st.cache_resource(show_spinner="Choosing the films …", max_entries=8)
def _plan(root: str, version: int, spec: str) -> prepare.DatasetPlan:
    plan = prepare.plan(catalogue_frame(), DatasetSpec.from_json(spec))
    # What is looked at again is how many films there are, not which.
    return dataclasses.replace(plan, members=plan.members[[]])


page()
