"""The result of an external test on the screen: the answer, two columns, and the films."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from core import figures
from core.evaluation.film_table import prediction_table
from core.external.external_sentences import external_headline, external_sentences
from core.external.report import Comparison, Estimate, Side
from core.external.testing import SPLIT, alarms_by_finding
from core.store import Run, Store
from core.text import count, interval, percent
from pages.components.charts import show, theme
from pages.components.comparing.comparison_state import Compared
from pages.components.comparing.outcome_films import (
    CELL,
    RUN,
    cell_films,
    chosen_cell,
    pick_from_click,
)
from pages.components.downloads import csv_download
from pages.components.result_tables import (
    ResultColumn,
    meanings,
    number_cell,
    result_table,
    words_cell,
)
from pages.components.run_labels import escaped

FALSE_ALARM = (1, 0)  # row and column of the confusion matrix
SHOWN_FOR = "external_cells_of"
NUMBER = 138  # px: three side by side in one of two columns on a desktop
AREA = "auc"
METRICS = (
    (
        "sensitivity",
        "Sensitivity",
        "Of the films that truly are {positive}, how many are called so. The higher the better.",
    ),
    (
        "false_positive_rate",
        "False alarms",
        "Of the films that are not {positive}, how many are called so all the same. The lower "
        "the better; 100 % less this is the specificity.",
    ),
    (
        AREA,
        "ROC area",
        "How often a {positive} film gets a higher probability than one that is not, whatever "
        "the threshold: 1 is perfect, 0.5 is guessing.",
    ),
)
INTERVAL = (
    "95 % interval: where the true value may lie, given so few films. For shares by Wilson's "
    "formula; for the ROC area by drawing the patients anew 1,000 times."
)


def show_answer(found: Comparison, warnings: Sequence[str]) -> None:
    """The first screenful: what it comes to in words, then both columns."""
    said = external_sentences(found)
    box = {"worse": st.error, "unclear": st.warning, "holds": st.success}[found.level]
    icon = {"worse": "trending_down", "unclear": "help", "holds": "check_circle"}[found.level]
    rest = " ".join(escaped(one) for one in said[1:])
    box(f"**{escaped(external_headline(found))}** {rest}", icon=f":material/{icon}:")
    for one in warnings:
        st.warning(escaped(one), icon=":material/link:")
    internal, external = st.columns(2)
    with internal.container(border=True):
        _side("Internal: its own test films", found.internal, found.positive, "internal")
    with external.container(border=True):
        _side(f"External: {found.source}", found.external, found.positive, "external")


def figures_and_films(found: Comparison, run: Run, store: Store) -> None:
    """Both columns as points with intervals, both confusion matrices, and the films."""
    st.subheader("Side by side", help=INTERVAL)
    show(
        figures.external_figure(found, theme()),
        "external_figure",
        file_name=f"external-{run.run_id}",
        alt=f"Sensitivity, false alarms and ROC area of the run's own test films and of "
        f"{found.source}, with intervals",
    )
    st.subheader(
        "Confusion matrices",
        help="A row holds the films that truly are of one class, a column those called so; "
        "percentages are of the row.",
    )
    shown = _films_tested(found, run)
    for place, name, side in zip(
        st.columns(2), ("its own test films", found.source), _sides(found), strict=True
    ):
        clickable = side is found.external
        key = f"external_matrix_{'there' if clickable else 'own'}"
        with place.container(border=True):
            st.markdown(f"**{escaped(name)}**")
            cell = chosen_cell([shown]) if clickable else None
            show(
                figures.confusion_figure(
                    side.evaluation, theme(), chosen=cell[1] if cell else None
                ),
                key,
                file_name=f"confusion-{run.run_id}-{name}",
                on_select=partial(pick_from_click, shown, key) if clickable else "ignore",
                selection_mode="points",
                alt=f"Confusion matrix: {name}",
            )
    _alarms(found, store)
    st.subheader(f"Films from {escaped(found.source)}")
    cell_films([shown], store)
    csv_download(
        "Films (CSV)",
        lambda: _table_of_films(shown, store),
        f"thoraxlens-external-{run.run_id}-{found.source}",
        key="external_csv",
    )


def _table_of_films(shown: Compared, store: Store) -> pd.DataFrame:
    """Each film tested with what it is called, to be read alone."""
    films = store.catalogue.films(shown.predictions.film_ids.tolist())
    return prediction_table([shown.entry], split=SPLIT, films=films)


def _alarms(found: Comparison, store: Store) -> None:
    """Each finding of the source and how many of its films are called positive."""
    rows = alarms_by_finding(found, store.catalogue)
    columns = {
        "finding": ResultColumn("Finding in the source", is_number=False),
        "class": ResultColumn("Class of the run", is_number=False),
        "films": ResultColumn("Films"),
        "called": ResultColumn(f"Called {found.positive}"),
        "share": ResultColumn(
            "Share", f"Of these films, how many are called so. In brackets the {INTERVAL}"
        ),
    }
    result_table(
        [
            {
                "finding": words_cell(str(row["finding"])),
                "class": words_cell(str(row["class"])),
                "films": number_cell(f"{row['films']:,}"),
                "called": number_cell(f"{row['called']:,}"),
                "share": number_cell(percent(row["share"]), interval(row["interval"])),
            }
            for row in rows
        ],
        columns,
        key="external_alarms",
        alt="Each finding of the source, and how many of its films are called positive",
    )
    meanings(columns, key="external_alarms_meanings")


def tested(
    mapped: Sequence[Mapping[str, Any]],
    left_out: Sequence[Mapping[str, Any]],
    warnings: Sequence[str],
    *,
    expanded: bool,
) -> None:
    """Which findings became which class, what was left out and why, and what to mind."""
    with st.expander("What is tested, and what is left out", expanded=expanded):
        for one in warnings:
            st.markdown(f":material/info: {escaped(one)}")
        _table(
            mapped,
            {"finding": "Finding in the source", "class": "Class of the run"},
            key="external_mapped",
            alt="Which findings of the source became which class of the run",
        )
        if left_out:
            st.caption("Left out")
            _table(
                left_out,
                {"reason": "Why"},
                key="external_left_out",
                alt="How many films were left out, and why",
            )


def _table(rows: Sequence[Mapping[str, Any]], names: dict[str, str], *, key: str, alt: str) -> None:
    """``names``: of each column of words, its head. Films are counted in the last."""
    words = {name: ResultColumn(head, is_number=False) for name, head in names.items()}
    cells = [
        {name: words_cell(str(row[name])) for name in names}
        | {"films": number_cell(f"{row['films']:,}")}
        for row in rows
    ]
    result_table(cells, {**words, "films": ResultColumn("Films")}, key=key, alt=alt)


def _side(title: str, side: Side, positive: str, key: str) -> None:
    films = len(side.predictions)
    st.markdown(f"**{escaped(title)}**")
    st.caption(f"{count(films, 'film')} of {_people(side)}")
    with st.container(horizontal=True, key=f"external_numbers_{key}"):
        for name, label, about in METRICS:
            with st.container(width=NUMBER, gap="xsmall"):
                rate: Estimate = getattr(side, name)
                # As the other pages have it: an area is no share of films.
                value = f"{rate.value:.3f}" if name == AREA and rate.value is not None else None
                st.metric(
                    label,
                    value or percent(rate.value),
                    help=about.format(positive=escaped(positive)),
                )
                st.caption(_under(rate), help=INTERVAL if rate.interval else None)


def _people(side: Side) -> str:
    known = count(side.patients, "patient")
    if not side.unknown:
        return known
    if not side.patients:
        return "unknown patients"
    return f"{known}, and {side.unknown:,} of unknown ones"


def _under(rate: Estimate) -> str:
    if rate.value is None:
        return escaped(rate.why)
    if rate.interval is None:
        return escaped(rate.why)
    if not rate.trials:  # the area
        return "{:.3f}–{:.3f}".format(*rate.interval)
    return f"{rate.successes:,} of {rate.trials:,}  \n{interval(rate.interval)}"


def _films_tested(found: Comparison, run: Run) -> Compared:
    """The external side as the gallery takes it; false alarms are looked at first, since they
    are what a set of healthy films from elsewhere is for."""
    side = found.external
    key = f"external {run.run_id} {found.source}"
    shown = Compared(
        (run, side.predictions), key, found.source, (run,), side.predictions, side.evaluation
    )
    state = st.session_state
    if state.get(SHOWN_FOR) != key:
        state[RUN], state[SHOWN_FOR] = key, key
        if side.evaluation.confusion[FALSE_ALARM]:
            state[CELL] = FALSE_ALARM
    return shown


def _sides(found: Comparison) -> tuple[Side, Side]:
    return found.internal, found.external
