"""The result of a run on its test films, whether to believe it, and what it gets wrong."""

from __future__ import annotations

import streamlit as st

from core.evaluation.decision import decision_of
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.comparing.comparison_state import compare_entries, predictions_of
from pages.components.comparing.figures import matrices, training_curves
from pages.components.comparing.outcome_films import cell_films
from pages.components.empty_state import next_step
from pages.components.run.run_summary import audit_verdict, numbers, result, summed_up
from pages.components.session import COMPARE


def result_tab(store: Store, run: Run) -> None:
    """Raises what ``Predictions.load`` does."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    predictions = predictions_of(files)
    decision = decision_of(files, predictions.classes)
    # Another time of the file: other predictions. Another rule: other answers.
    where = f"{files.predictions} {files.predictions.stat().st_mtime_ns} {decision}"
    told = summed_up(where, store.catalogue.version(), predictions, store, run)
    with st.container(border=True):
        result(told)
        # Whether to believe it stands before the details: on a telephone they fill a screen.
        audit_verdict(store, run)
        numbers(told)
    alone = compare_entries([(run, predictions)], "test", None)
    if "test" in predictions.splits:
        matrices(alone, "test")
        st.subheader("The films behind a cell")
        cell_films(alone, store)
    if not store.runs.epochs(run.run_id).empty:
        training_curves(alone, store)
    entry = run.spec.repeat.group if run.spec.repeat else run.run_id
    next_step(COMPARE, "Compare it with others", query={"runs": entry})
