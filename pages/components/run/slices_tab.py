"""How a run does on parts of its test films, the worst group first named in a sentence."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.decision import decided
from core.evaluation.slice_sentences import (
    clear_sentences,
    silent_sentences,
    slice_name,
    unclear_sentences,
)
from core.evaluation.slices import MEASURES, Slices, slices_of
from core.palette import CSS_SURROUND
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.downloads import csv_download
from pages.components.run.slices_table import slices_html
from pages.components.run_labels import escaped

HELP = (
    "A number over all test films can hide a group on which the network fails: women, children, "
    "films of one hospital. Sensitivity: of the films that are positive, the share called so. "
    "Specificity: of the others, the share not called so. Thin lines are 95 % intervals: where "
    "the true share may lie, with so few films."
)


def slices_tab(store: Store, run: Run) -> None:
    """Raises what ``Predictions.load`` does."""
    predictions = decided(RunFiles(store.workspace.run_folder(run.run_id))).of("test")
    if not len(predictions):
        st.info("This run was tested on no film, so there are no groups to look at.")
        return
    found = slices_of(store, run, predictions)
    st.subheader("By source, view, sex and age", help=HELP)
    _say(found)
    if not found.rows:
        return
    st.html(slices_html(found, CSS_SURROUND))
    st.caption(
        "Several films of one patient are alike, so whether a group does worse is judged by its "
        "patients; the intervals in the table are of films, as everywhere."
    )
    csv_download(
        "Slices (CSV)",
        lambda: slices_frame(found),
        f"thoraxlens-slices-{run.run_id}",
        key="slices_csv",
    )


def _say(found: Slices) -> None:
    """What is clearly worse in a box of its own, what cannot be told below it."""
    for said in clear_sentences(found):
        st.warning(escaped(said), icon=":material/trending_down:")
    for said in unclear_sentences(found):
        st.markdown(escaped(said))
    if silent := silent_sentences(found):
        st.caption("\n".join(f"- {escaped(one)}" for one in silent))


def slices_frame(found: Slices) -> pd.DataFrame:
    """One row a group: what it is, its films and patients, and each share with its interval and
    the films that it is of."""
    rows = []
    for one in found.rows:
        row: dict[str, object] = {
            "aspect": one.aspect,
            "group": slice_name(one.aspect, one.value),
            "films": one.films,
            "patients": one.patients,
        }
        for measure in MEASURES:
            share = one.of(measure)
            low, high = share.right.interval if share else (None, None)
            row |= {
                measure: share.right.value if share else None,
                f"{measure}_low": low,
                f"{measure}_high": high,
                f"{measure}_films": share.right.trials if share else 0,
            }
        rows.append(row)
    return pd.DataFrame(rows)
