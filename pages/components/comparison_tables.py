"""The comparison's tables: numbers to the right, with their units, and what each means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.comparison import OWN, summary_table
from core.evaluation.metrics import Evaluation
from core.evaluation.paired import Pair
from core.evaluation.repeats import Repeats
from pages.components.compared import Compared
from pages.components.repeats_tables import report_columns, with_spreads
from pages.components.run_words import model_title

NONE = "–"
PERCENT = "%.1f %%"


def summary(
    compared: Sequence[Compared],
    split: str,
    threshold: float | None,
    downloads: Callable[[], None],
) -> None:
    """The study's summary table of these runs, its published rows below when switched on.

    ``downloads`` draws the buttons beside that switch, both on one line under the table.
    """
    table = st.container()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        published = st.toggle(
            "Show the study's published results",
            value=True,
            key="compare_published",
            width="content",
            help="Granada, June 2020: 80 test films of its own. What it did not publish stays "
            "empty.",
        )
        downloads()
    frame = summary_table([one.entry for one in compared], threshold, split, published=published)
    # Shorter than a run's full title: the data set has a column of its own.
    frame.loc[frame["origin"] == OWN, "run"] = [_short(one) for one in compared]
    positives = {one.positive for one in compared}
    positive = positives.pop() if len(positives) == 1 else "positive"
    shown, config = _dressed(frame, positive)
    table.dataframe(
        with_spreads(frame, shown, config) if "repeats" in frame else shown,
        hide_index=True,
        column_config=config,
        placeholder=NONE,
        key="compare_summary",
        alt="Summary of the compared runs, one row a run",
    )
    notes = sorted({f"{key}: {why}" for one in compared for key, why in one.notes.items()})
    if notes:
        st.caption(f"{NONE} where a number cannot be computed. " + "; ".join(notes) + ".")


def _short(one: Compared) -> str:
    run = one.runs[0]
    which = one.entry.name if isinstance(one.entry, Repeats) else run.repeat
    return " · ".join(part for part in (model_title(run.spec.model), which, one.key[-4:]) if part)


def _dressed(frame: pd.DataFrame, positive: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The columns to show, shares as percentages, and how to show each."""
    column = st.column_config
    precisions = [str(one) for one in frame if str(one).startswith("precision ")]
    helps = {
        "accuracy": ("Accuracy", "Of all these films, the share called what they are."),
        "sensitivity": (
            "Sensitivity",
            f"Of the films that are {positive}, the share called {positive}. "
            "The study's aim is to miss few of them.",
        ),
        "specificity": (
            "Specificity",
            f"Of the films that are not {positive}, the share not called {positive}.",
        ),
        **{
            one: (
                one.replace("precision", "Precision"),
                f"Of the films called {one.removeprefix('precision ')}, the share that are.",
            )
            for one in precisions
        },
        "f1": ("F1", f"One number from sensitivity and precision of {positive} (harmonic mean)."),
        "train_accuracy": (
            "Train acc.",
            "Accuracy on the training films, each with its most probable class. Much higher "
            "than on the test films: the network has learnt its films by heart.",
        ),
    }
    shown = pd.DataFrame({"run": frame["run"], "accuracy": frame["accuracy"] * 100})
    shown["interval"] = [
        NONE if pd.isna(low) else f"{100 * low:.1f} to {100 * high:.1f} %"
        for low, high in zip(frame["accuracy_low"], frame["accuracy_high"], strict=True)
    ]
    for name in ("sensitivity", "specificity"):
        shown[name] = frame[name] * 100
    for name in ("false_negatives", "false_positives"):
        shown[name] = frame[name]
    for name in [*precisions, "f1"]:
        shown[name] = frame[name] * 100
    shown["roc_auc"] = frame["roc_auc"]
    shown["train_accuracy"] = frame["train_accuracy"] * 100
    for name in ("train_loss", "trainable_params", "seconds_per_epoch", "dataset"):
        shown[name] = frame[name]
    config: dict[str, Any] = {
        name: column.NumberColumn(label, help=text, format=PERCENT)
        for name, (label, text) in helps.items()
    }
    config |= {
        "run": column.TextColumn("Run", pinned=True, width=240),
        "dataset": column.TextColumn("Data set"),
        "interval": column.TextColumn(
            "95 % interval",
            alignment="right",
            width=150,
            help="Where the true accuracy lies, as far as so few films can tell (Wilson). It "
            "counts chance only: films from elsewhere can be harder.",
        ),
        "false_negatives": column.NumberColumn(
            "Missed", help=f"False negatives: films that are {positive} and were not called so."
        ),
        "false_positives": column.NumberColumn(
            "False alarms", help=f"False positives: other films that were called {positive}."
        ),
        "roc_auc": column.NumberColumn(
            "ROC area",
            format="%.3f",
            help="1: some threshold parts the classes without a mistake. 0.5: guessing.",
        ),
        "train_loss": column.NumberColumn(
            "Train loss",
            format="%.3f",
            help="Cross-entropy on the training films: what training makes smaller.",
        ),
        "trainable_params": column.NumberColumn(
            "Trainable",
            format="localized",
            help="Numbers in the network that this training could change.",
        ),
        "seconds_per_epoch": column.NumberColumn(
            "Time/epoch",
            format="%.1f s",
            help="Once through all training films, on the device of that run.",
        ),
    }
    return shown, config


def report(evaluation: Evaluation, key: str) -> None:
    """The classification report: a row a class, then accuracy and the two averages."""
    shown = evaluation.report.reset_index()
    for name in ("precision", "recall", "f1"):
        shown[name] = shown[name] * 100
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=NONE,
        key=key,
        alt="Classification report",
        column_config=report_columns(PERCENT),
    )


def pairs_table(found: Sequence[Pair], titles: dict[str, str]) -> None:
    """Could chance explain the difference? Two runs a row (McNemar, exact)."""
    shown = pd.DataFrame(
        {
            "first": [titles[one.first] for one in found],
            "second": [titles[one.second] for one in found],
            "only_first": [one.only_first for one in found],
            "only_second": [one.only_second for one in found],
            "p_value": [one.p_value for one in found],
            "verdict": np.where(
                [one.p_value < 0.05 for one in found],
                "hardly chance",
                "chance may explain it",
            ),
        }
    )
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        key="compare_pairs",
        alt="Pairs of runs and whether chance explains their difference",
        column_config={
            "first": column.TextColumn("One run"),
            "second": column.TextColumn("The other"),
            "only_first": column.NumberColumn(
                "Only the one right", help="Films that the first run gets right, the other wrong."
            ),
            "only_second": column.NumberColumn("Only the other right"),
            "p_value": column.NumberColumn(
                "p",
                format="%.3f",
                help="How often chance alone gives a difference like this between two equally "
                "good networks (exact McNemar test, for one pair; many pairs need more care).",
            ),
            "verdict": column.TextColumn("So"),
        },
    )
