"""Report: one finished run, and how far its result can be believed."""

from __future__ import annotations

import streamlit as st

from core.evaluation.decision import decision_of
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.runs.learnt_films import patients_by_film
from core.store import RunState
from pages.components.example_note import no_result_yet
from pages.components.report.card_downloads import card_downloads
from pages.components.report.pass_on import pass_on
from pages.components.report.prevalence_view import prevalence
from pages.components.report.reliability_view import reliability
from pages.components.report.run import reported_run
from pages.components.report.run_summary import audit_verdict, numbers, result
from pages.components.report.threshold_aim import threshold_for_the_aim
from pages.components.session import get_store
from pages.components.training.run_import import import_box


def page() -> None:
    st.title("Report")
    st.caption("One finished run: what it reaches, how sure that is, and what an answer is worth.")
    store = get_store()
    finished = store.runs.all([RunState.DONE])
    if not finished:
        no_result_yet("No run has finished yet. Train a network first; its report appears here.")
        import_box(store)
        return
    run = reported_run(store, finished)
    files = RunFiles(store.workspace.run_folder(run.run_id))
    raw = Predictions.load(files.predictions)
    decision = decision_of(files, raw.classes)
    predictions = decision.apply(raw)
    with st.container(border=True):
        known = patients_by_film(store, [run], predictions.film_ids)
        # Another time of the file: other predictions. Another rule: other answers.
        where = f"{files.predictions} {files.predictions.stat().st_mtime_ns} {decision}"
        result(predictions, known, where)
        # Whether to believe it stands before the details: on a telephone they fill a screen.
        audit_verdict(store, run)
        numbers(predictions, known, where)
    point = threshold_for_the_aim(run, files, raw, decision)
    if point is not None:
        prevalence(run, point, raw)
        reliability(run, point, raw)
    card_downloads(store, run)
    pass_on(store, run)


page()
