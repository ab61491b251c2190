"""The figures of the Compare page, run beside run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import figures
from core.evaluation.metrics import Evaluation
from core.store import Store
from pages.components.charts import show, theme
from pages.components.comparing.class_report import repeats_report, report
from pages.components.comparing.comparison_state import Compared, short_name
from pages.components.comparing.outcome_films import chosen_cell, has_cells, pick_from_click
from pages.components.downloads import png_download
from pages.components.run_labels import escaped


def matrices(compared: Sequence[Compared], split: str) -> None:
    """A card a run: its confusion matrix, whose cells can be clicked, and its report."""
    st.subheader(
        "Confusion matrices and reports",
        help="A row holds the films that truly are of one class, a column those called so; "
        "percentages are of the row. Click a cell to see its films.",
    )
    chosen, cell = chosen_cell(compared) or (None, None)
    if len(compared) == 1:
        with st.container(border=True):
            _matrix(compared[0], split, cell, st.columns(2, vertical_alignment="center"))
    for pair in _pairs_of(compared if len(compared) > 1 else []):
        for place, one in zip(st.columns(2), pair, strict=False):
            with place.container(border=True):
                outlined = cell if one is chosen else None
                _matrix(one, split, outlined, (st.container(), st.container()))


def _matrix(
    one: Compared,
    split: str,
    outlined: tuple[int, int] | None,
    places: Sequence[DeltaGenerator],
) -> None:
    key = f"compare_matrix_{one.key}"
    clickable = has_cells(one)
    with places[0]:
        st.markdown(f"**{escaped(one.title)}**")
        show(
            figures.confusion_figure(one.evaluation, theme(), chosen=outlined, repeats=one.counted),
            key,
            file_name=f"confusion-{one.key}",
            on_select=partial(pick_from_click, one, key) if clickable else "ignore",
            selection_mode="points",
            alt=f"Confusion matrix of {one.title}",
        )
        if one.repeated:
            st.caption(_counts_words(one))
    with places[1]:
        if one.repeated:
            repeats_report(one.repeated, f"compare_report_{one.key}")
        else:
            report(one.evaluation, f"compare_report_{one.key}")
        png_download(
            "Matrix (PNG)",
            partial(
                figures.confusion_png,
                one.evaluation,
                f"{one.title}, {split} films",
                repeats=one.counted,
            ),
            f"confusion-{one.key}-{split}",
            key=f"compare_png_{one.key}",
        )


def _counts_words(one: Compared) -> str:
    """What the counts of repeats are, and why."""
    if one.counted == 1:
        return (
            f"The films of all {len(one.runs)} finished folds together: each was tested once, "
            "by a network that had not seen its patient, where the patient is known."
        )
    return (
        f"Mean counts of {len(one.runs)} runs. They look at the same films, so a sum would "
        "show films that are not there. Choose a single run above to see its films."
    )


def training_curves(compared: Sequence[Compared], store: Store) -> None:
    """Loss and accuracy over the epochs, the runs on top of each other."""
    st.subheader("How training went")
    epochs: dict[str, pd.DataFrame | Sequence[pd.DataFrame]] = {}
    for one in compared:
        frames = [store.runs.epochs(run.run_id) for run in one.runs]
        epochs[short_name(one)] = frames if one.repeated else frames[0]
    if len(compared) == 1 and compared[0].repeated:
        # Nothing else is there to be told from: each of them has a colour of its own.
        epochs = {run.repeat: store.runs.epochs(run.run_id) for run in compared[0].runs}
    left, right = st.columns(2)
    with left:
        drawing = figures.curves_figure(epochs, "loss", theme())
        show(drawing, "compare_loss", alt="Training and validation loss by epoch")
    with right:
        drawing = figures.curves_figure(epochs, "accuracy", theme())
        show(drawing, "compare_accuracy", alt="Training and validation accuracy by epoch")


def threshold_curves(compared: Sequence[Compared]) -> None:
    """ROC, precision–recall and the spread of the probabilities."""
    roc_and_precision(compared)
    for row in _pairs_of(compared):
        for place, one in zip(st.columns(2), row, strict=False):
            with place:
                times = f" Each film counts {one.counted} times." if one.counted > 1 else ""
                st.markdown(f"How sure is {escaped(one.title)}?{times}")
                drawing = figures.distribution_figure(
                    one.predictions, one.evaluation.threshold, theme()
                )
                show(drawing, f"compare_sure_{one.key}", alt="Probabilities by true class")
    if any(len(one.evaluation.classes) > 2 for one in compared):
        st.caption(
            "With more than two classes, these curves ask one question only: "
            f"{_positives(compared)}, or any of the others."
        )
    st.caption("The camera button on a figure saves it as PNG.")


def roc_and_precision(compared: Sequence[Compared]) -> None:
    """ROC and precision–recall curves, the runs on top of each other."""
    st.subheader(
        "What another threshold would give",
        help="Each curve runs through all thresholds; the marked point is where the films are "
        "called now.",
    )
    evaluations: dict[str, Evaluation | Sequence[Evaluation]] = {
        short_name(one): one.repeated.members if one.repeated else one.evaluation
        for one in compared
    }
    roc, pr = st.columns(2)
    with roc:
        show(figures.roc_figure(evaluations, theme()), "compare_roc", alt="ROC curves")
    with pr:
        show(figures.pr_figure(evaluations, theme()), "compare_pr", alt="Precision–recall curves")


def _positives(compared: Sequence[Compared]) -> str:
    names = {one.positive for one in compared}
    return escaped(names.pop()) if len(names) == 1 else "the first class"


def _pairs_of(compared: Sequence[Compared]) -> list[Sequence[Compared]]:
    """Two a row: with three, the tables below the matrices would not fit their columns."""
    return [compared[first : first + 2] for first in range(0, len(compared), 2)]
