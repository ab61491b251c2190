"""The classification report of a run, and that of repeats: a row a class, then the averages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from core.evaluation.comparison import report_with_ends
from core.evaluation.metrics import Evaluation
from core.evaluation.repeats import RepeatedEvaluation
from core.text import interval
from pages.components.comparing.result_cells import spread_text
from pages.components.result_tables import ResultColumn, number_cell, result_table, words_cell

SHARES = ("precision", "recall", "f1")
# The shares' unit stands in the head: so the columns fit half a page.
COLUMNS = {
    "class": ResultColumn("Class", is_number=False),
    "precision": ResultColumn("Precision (%)", "Of the films called so, the share that are."),
    "recall": ResultColumn("Recall (%)", "Of the films that are so, the share called so."),
    "f1": ResultColumn(
        "F1 (%)", "Precision and recall in one number, high only when both are (harmonic mean)."
    ),
    "support": ResultColumn("Films", "How many films are truly of this class (support)."),
}


def report(evaluation: Evaluation, key: str) -> None:
    """The report with 95 % intervals where a share of films stands."""
    rows = []
    for name, one in report_with_ends(evaluation).iterrows():
        ends = {share: (one[f"{share}_low"], one[f"{share}_high"]) for share in SHARES}
        rows.append(
            {share: number_cell(_share(one[share]), _interval(ends[share])) for share in SHARES}
            | _named(name, one["support"])
        )
    result_table(rows, COLUMNS, key=key, alt="Classification report")
    st.caption(
        "In brackets, the 95 % interval in whole percent: where the true share may lie, with so "
        "few films (by Wilson's formula)."
    )


def repeats_report(found: RepeatedEvaluation, key: str) -> None:
    """The report of repeats: mean ± standard deviation over them."""
    rows = [
        {
            share: number_cell(spread_text(one[share], one[f"{share}_sd"], 100, 1, ""))
            for share in SHARES
        }
        | _named(name, one["support"])
        for name, one in found.report.iterrows()
    ]
    result_table(rows, COLUMNS, key=key, alt="Classification report, means over repeats")
    st.caption(f"Mean ± standard deviation over {len(found.members)} runs.")


def _named(name: Any, support: float) -> dict[str, str]:
    return {
        "class": words_cell(str(name)),
        "support": number_cell(f"{support:,.1f}".removesuffix(".0")),
    }


def _share(value: float) -> str:
    return spread_text(value, None, 100, 1, "").replace("100.0", "100")


def _interval(ends: tuple[float, float]) -> str:
    low, high = ends
    return "" if pd.isna(low) or pd.isna(high) else interval(ends, 0).removesuffix(" %")
