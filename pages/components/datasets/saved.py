"""The saved data sets: what is in them, train, export, delete."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from core.datasets.correcting import corrected_sentences, corrected_since
from core.datasets.prepare import export_zip
from core.datasets.removing import delete_dataset
from core.names import name_key
from core.people.asking import may
from core.people.roles import Deed
from core.store import UNFINISHED, Store, StoredDataset, counted
from core.text import count
from pages.components.damaged import damaged_datasets
from pages.components.datasets.form import BALANCES, PRESETS, SPLITS
from pages.components.datasets.plan_view import counts_table
from pages.components.destroying import asks_first, destroy_button
from pages.components.empty_state import empty, next_step
from pages.components.run_labels import escaped, short_title, when
from pages.components.session import TRAIN


def dataset_list(store: Store) -> None:
    """Each saved data set, newest first."""
    damaged_datasets(store)
    stored = store.datasets.all()
    if not stored:
        empty("No data set has been saved yet. Make one in the first tab.")
    for one in stored:
        with st.container(border=True):
            _dataset(store, one)


def _dataset(store: Store, stored: StoredDataset) -> None:
    spec = stored.spec
    st.markdown(f"**{escaped(stored.name)}**  :gray-badge[{PRESETS[spec.preset]}]")
    day = datetime.fromisoformat(stored.created_at)
    st.caption(
        f"Split: {SPLITS[spec.split_by].lower()} · balance: {BALANCES[spec.balance].lower()} · "
        f"{spec.image_size} × {spec.image_size} pixels · seed {spec.seed} · "
        f"saved {when(day.timestamp())}"
    )
    counts_table(stored.counts)
    for sentence in corrected_sentences(counted(stored.corrected)):
        st.caption(escaped(sentence))
    if since := corrected_since(store, stored):
        st.info(
            f"The findings of {count(since, 'film')} of it have been corrected or taken back since "
            "it was saved. Make a data set anew to go by them.",
            icon=":material/edit_note:",
        )
    if lost := store.datasets.lost(stored.name):
        st.warning(
            f"{count(lost, 'film')} of it can no longer be found in the catalogue: the source was "
            "removed, or other files took their places. Import the films again to train on it.",
            icon=":material/search_off:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        next_step(TRAIN, "Train on it", query={"dataset": stored.name})
        if may(Deed.EXPORT):
            _export(store, stored)
        if may(Deed.PREPARE):
            with asks_first("Delete …", key=f"dataset_{stored.name}"):
                _deletion(store, stored.name)


def _export(store: Store, stored: StoredDataset) -> None:
    """Two steps, so that packing can say what went wrong before a download begins."""
    name = stored.name
    # Another data set may have had this name before, and have been packed.
    kept = f"zip_{name}_{stored.created_at}_{stored.spec.to_json()}"
    packed = st.session_state.get(kept)
    if packed is None or not packed.exists():
        if not st.button(
            "Export as folders (zip)",
            icon=":material/folder_zip:",
            key=f"pack_{name}",
            help="train, validation and test, each with one folder a class, as in the study.",
        ):
            return
        with st.spinner("Packing the films …"):
            packed = st.session_state[kept] = export_zip(store, name)
    st.download_button(
        f"Download {packed.stat().st_size / 1e6:,.1f} MB",
        lambda: packed.open("rb"),
        file_name=packed.name,
        mime="application/zip",
        icon=":material/download:",
        type="primary",
        key=f"download_{name}",
        on_click="ignore",
    )


def _deletion(store: Store, name: str) -> None:
    runs = [
        run
        for run in store.runs.all()
        if name_key(run.spec.dataset) == name_key(name) and not run.origin.is_from_elsewhere
    ]
    busy = [run for run in runs if run.state in UNFINISHED]
    if busy:
        st.warning(
            f"A run is using it: {escaped(short_title(busy[0]))}. "
            "Stop that run first, or wait for its end."
        )
        next_step(TRAIN, "Go to that run", query={"run": busy[0].run_id})
        return
    stay = "stays" if len(runs) == 1 else "stay"
    kept = f" {count(len(runs), 'finished run')} on it {stay}." if runs else ""
    st.markdown(f"The data set “{escaped(name)}” goes; the films stay.{kept}")
    if destroy_button("Delete this data set", key=f"delete_{name}"):
        delete_dataset(store, name)
        st.toast(f"“{escaped(name)}” is deleted.")
        st.rerun()
