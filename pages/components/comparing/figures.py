"""The figures of the Compare page, run beside run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core import figures
from core.evaluation.metrics import Evaluation
from core.evaluation.repeats import Repeats
from core.store import Store
from core.text import capital, count
from pages.components.charts import show, theme
from pages.components.comparing.class_report import repeats_report, report
from pages.components.comparing.comparison_state import Compared, short_name
from pages.components.comparing.outcome_films import chosen_cell, has_cells, pick_from_click
from pages.components.downloads import png_download
from pages.components.in_place import InPlace
from pages.components.run_labels import escaped

DRAWN = ["epoch", "loss", "val_loss", "accuracy", "val_accuracy"]  # of an epoch, in its curves


def matrices(compared: Sequence[Compared], split: str) -> None:
    """A card a run: its confusion matrix, whose cells can be clicked, and its report."""
    st.subheader(
        "Confusion matrices and reports",
        help="A row holds the films that truly are of one class, a column those called so; "
        "percentages are of the row. Click a cell to see its films.",
    )
    chosen, cell = chosen_cell(compared) or (None, None)
    charts = InPlace("compare_matrices")
    if len(compared) == 1:
        with st.container(border=True):
            places = st.columns(2, vertical_alignment="center")
            _matrix(compared[0], split, cell, places, charts)
    for pair in _pairs_of(compared if len(compared) > 1 else []):
        for place, one in zip(st.columns(2), pair, strict=False):
            with place.container(border=True):
                outlined = cell if one is chosen else None
                _matrix(one, split, outlined, (st.container(), st.container()), charts)


def _matrix(
    one: Compared,
    split: str,
    outlined: tuple[int, int] | None,
    places: Sequence[DeltaGenerator],
    charts: InPlace,
) -> None:
    key = f"compare_matrix_{one.key}"
    clickable = has_cells(one)
    evaluation, counted = one.evaluation, one.counted
    drawing = charts.figure(
        lambda: figures.confusion_figure(evaluation, theme(), chosen=outlined, repeats=counted),
        key,
        (evaluation.classes, evaluation.confusion.tobytes(), outlined, counted),
    )
    with places[0]:
        st.markdown(f"**{escaped(one.title)}**")
        show(
            drawing,
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
    again = one.entry.tested_again if isinstance(one.entry, Repeats) else 0
    if again:
        return (
            f"**{capital(count(again, 'film'))} {'was' if again == 1 else 'were'} tested in more "
            f"than one of these {len(one.runs)} folds**, and {'counts' if again == 1 else 'count'} "
            "more than once: between two of them films have changed, or patients have become "
            "known. They do not belong together; start the folds anew."
        )
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
    epochs: dict[str, list[pd.DataFrame] | pd.DataFrame] = {}
    for one in compared:
        frames = [store.runs.epochs(run.run_id) for run in one.runs]
        epochs[short_name(one)] = frames if one.repeated else frames[0]
    if len(compared) == 1 and compared[0].repeated:
        # Nothing else is there to be told from: each of them has a colour of its own.
        epochs = {run.repeat: store.runs.epochs(run.run_id) for run in compared[0].runs}
    made_of = tuple((name, _bytes_of(one)) for name, one in epochs.items())
    charts = InPlace("compare_training")  # whose points do not move at all
    metrics: tuple[Literal["loss", "accuracy"], ...] = ("loss", "accuracy")
    for place, metric in zip(st.columns(2), metrics, strict=True):
        with place:
            charts.show(
                partial(figures.curves_figure, epochs, metric, theme()),
                f"compare_{metric}",
                made_of,
                alt=f"Training and validation {metric} by epoch",
            )


def _bytes_of(epochs: pd.DataFrame | Sequence[pd.DataFrame]) -> bytes:
    """What the curves are drawn from: another training gives another figure."""
    frames = [epochs] if isinstance(epochs, pd.DataFrame) else epochs
    values = [one[DRAWN].to_numpy(float, na_value=float("nan")).tobytes() for one in frames]
    return b"|".join(values)


def threshold_curves(compared: Sequence[Compared]) -> None:
    """ROC, precision–recall and the spread of the probabilities."""
    charts = InPlace("compare_in_place")
    roc_and_precision(compared, charts)
    for row in _pairs_of(compared):
        for place, one in zip(st.columns(2), row, strict=False):
            with place:
                times = f" Each film counts {one.counted} times." if one.counted > 1 else ""
                st.markdown(f"How sure is {escaped(one.title)}?{times}")
                films, threshold = one.predictions, one.evaluation.threshold
                charts.show(
                    partial(figures.distribution_figure, films, threshold, theme()),
                    f"compare_sure_{one.key}",
                    (films.classes, films.y_true.tobytes(), films.probabilities.tobytes()),
                    line=threshold,
                    alt="Probabilities by true class",
                )
    charts.move()
    if any(len(one.evaluation.classes) > 2 for one in compared):
        st.caption(
            "With more than two classes, these curves ask one question only: "
            f"{_positives(compared)}, or any of the others."
        )
    st.caption("The camera button on a figure saves it as PNG.")


def roc_and_precision(compared: Sequence[Compared], charts: InPlace) -> None:
    """ROC and precision–recall curves, the runs on top of each other, among those of ``charts``."""
    st.subheader(
        "What another threshold would give",
        help="Each curve runs through all thresholds; the marked point is where the films are "
        "called now.",
    )
    evaluations: dict[str, Evaluation | Sequence[Evaluation]] = {
        short_name(one): one.repeated.members if one.repeated else one.evaluation
        for one in compared
    }
    made_of = tuple(
        (short_name(one), one.predictions.classes, tuple(map(_curves_of, members)))
        for one in compared
        for members in [one.repeated.members if one.repeated else [one.evaluation]]
    )
    roc, pr = st.columns(2)
    with roc:
        charts.show(
            partial(figures.roc_figure, evaluations, theme()),
            "compare_roc",
            made_of,
            points=figures.roc_marks(evaluations),
            alt="ROC curves",
        )
    with pr:
        charts.show(
            partial(figures.pr_figure, evaluations, theme()),
            "compare_pr",
            made_of,
            points=figures.pr_marks(evaluations),
            alt="Precision–recall curves",
        )


def _curves_of(one: Evaluation) -> tuple[object, ...]:
    """All of an evaluation that its curves show, and whether a point stands on each."""
    curves = [curve for curve in (one.roc, one.pr) if curve is not None]
    marked = one.specificity is None, one.sensitivity is None, one.precision[one.classes[0]] is None
    return (
        *(part.tobytes() for curve in curves for part in curve),
        *marked,
        one.notes.get("roc_auc"),
        one.notes.get("average_precision"),
    )


def _positives(compared: Sequence[Compared]) -> str:
    names = {one.positive for one in compared}
    return escaped(names.pop()) if len(names) == 1 else "the first class"


def _pairs_of(compared: Sequence[Compared]) -> list[Sequence[Compared]]:
    """Two a row: with three, the tables below the matrices would not fit their columns."""
    return [compared[first : first + 2] for first in range(0, len(compared), 2)]
