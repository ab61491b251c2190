"""What a run tells beside its result: the learning rates it tried, and where its time went."""

from __future__ import annotations

import streamlit as st

from core.figures.training import rates_figure, seconds_figure
from core.runs.files import RunFiles
from core.runs.lr_range import LRRangeTest
from core.store import Run, Store
from pages.components import run_labels as words
from pages.components.charts import show, theme

RATES = (
    "A few batches, each with a larger learning rate than the one before. Too small, and the "
    "loss stays; too large, and it jumps up. Where it falls fastest, the network learns best."
)


def rate_test(store: Store, run: Run) -> None:
    """The loss at each learning rate tried, where the run was asked to look for one."""
    if not run.spec.find_learning_rate:
        return
    test = LRRangeTest.load_if_readable(RunFiles(store.workspace.run_folder(run.run_id)).rates)
    if test is None:
        return
    with st.expander("Learning rates tried"):
        st.caption(RATES)
        show(rates_figure(test, theme()), key=f"rates_{run.run_id}")
        if test.suggested:
            st.caption(f"The run trained with the suggested rate, {test.suggested:g}.")
        else:
            st.caption(
                "The loss fell nowhere, so none is suggested. The run trained with "
                f"{run.spec.learning_rate:g}."
            )


def time_spent(run: Run) -> None:
    """Where a finished run's seconds went."""
    seconds = run.result.seconds
    if not seconds:
        return
    with st.expander(f"Where the time went: {words.duration(seconds['total'])} in all"):
        show(seconds_figure(seconds, theme()), key=f"seconds_{run.run_id}")
        st.caption(
            f"Computed in {run.result.precision_mode or 'float32'}. What an earlier run "
            "left behind (decoded films, what a frozen network saw in them) is not computed again."
        )
