"""Compare: finished runs and repeats side by side, down to the films that they get wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.evaluation.comparison import Patients, report_table, summary_table
from core.evaluation.film_table import prediction_table
from core.evaluation.paired import difference_in_films, pairs
from core.evaluation.seen_before import worth_of_seeing
from core.store import RunState, Store
from pages.components.audit_word import audit_link, audit_word
from pages.components.comparing.chance import chance
from pages.components.comparing.comparison_state import (
    Compared,
    compare_entries,
    controls,
    load_entries,
    patients_of_compared,
    rules,
    short_name,
)
from pages.components.comparing.figures import matrices, threshold_curves, training_curves
from pages.components.comparing.outcome_films import cell_films
from pages.components.comparing.run_picker import pick_runs
from pages.components.comparing.summary import summary
from pages.components.downloads import csv_download
from pages.components.empty_state import next_step
from pages.components.example_note import no_result_yet
from pages.components.run_labels import escaped
from pages.components.session import RESULTS, get_store


def page() -> None:
    st.title("Compare")
    st.caption("How well finished runs tell films apart, and which films they get wrong.")
    store = get_store()
    finished = store.runs.all([RunState.DONE])
    if not finished:
        no_result_yet("No run has finished yet. Train a network first; its results appear here.")
        return
    entries = load_entries(store, pick_runs(store, finished))
    next_step(RESULTS, "Find and choose them in the table of all results")
    if not entries:
        st.info("Choose at least one run to see its results.")
        return
    split, threshold, entries = controls(entries)
    compared = compare_entries(entries, split, threshold)
    rules(compared, threshold)
    different = difference_in_films([one.predictions for one in compared])
    if different:
        st.warning(escaped(different), icon=":material/compare_arrows:")
    patients = patients_of_compared(store, compared)
    downloads = partial(_downloads, compared, split, threshold, patients, store)
    entries = [one.entry for one in compared]
    found = pairs(entries, threshold, split, patients)
    # Each part in a place of its own: a sentence that comes or goes would move all below it, and
    # the browser would draw the charts there anew.
    with st.container():
        chance(found, {one.key: short_name(one) for one in compared})
        for sentence in worth_of_seeing(found, entries):
            st.info(escaped(sentence), icon=":material/school:")
    st.subheader("Results side by side")
    _audits(compared, store)
    audits = [audit_word(store, one.runs) for one in compared]
    with st.container():
        summary(compared, split, threshold, patients, audits, downloads)
    with st.container():
        matrices(compared, split)
    st.subheader("The films behind a cell")
    with st.container():
        cell_films(compared, store)
    training_curves(compared, store)
    threshold_curves(compared)


def _audits(compared: Sequence[Compared], store: Store) -> None:
    """A link a run to its audit; of repeats to that of the first."""
    with st.container(horizontal=True):
        for one in compared:
            audit_link(store, one.runs[0], named=short_name(one))


def _downloads(
    compared: Sequence[Compared],
    split: str,
    threshold: float | None,
    patients: Patients,
    store: Store,
) -> None:
    def predictions() -> pd.DataFrame:
        ids = {film for one in compared for film in one.predictions.film_ids.tolist()}
        return prediction_table(entries, threshold, split, store.catalogue.films(sorted(ids)))

    entries = [one.entry for one in compared]
    tables: dict[str, tuple[Callable[[], pd.DataFrame], str]] = {
        "Summary": (
            partial(summary_table, entries, threshold, split, published=True, patients=patients),
            "summary",
        ),
        "Reports": (partial(report_table, entries, threshold, split), "reports"),
        "Predictions": (predictions, "predictions"),
    }
    with st.container(horizontal=True, width="content"):
        for label, (table, name) in tables.items():
            file_name = f"thoraxlens-{name}-{split}"
            csv_download(f"{label} (CSV)", table, file_name, key=f"compare_{name}_csv")


page()
