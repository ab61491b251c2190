"""The step in which somebody says what the columns of a table are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd
import streamlit as st

from core.datasets.importers import Choices, Columns
from core.datasets.importers.choices import Uncertain
from core.datasets.table_choice import TableChoice, tables_in_folder, tables_in_zip
from core.errors import ThoraxLensError
from pages.components.paths import typed_path
from pages.components.run_labels import escaped

STEP = "import_table"  # session state: what is being imported, or nothing
NONE = "–"  # the choice of no column


@dataclass(frozen=True)
class PendingImport:
    """What is to be imported once the columns are chosen: a folder's path, or an upload."""

    path: str = ""
    upload: Any = None
    name: str = ""
    pattern: str = ""

    @property
    def called(self) -> str:
        return self.upload.name if self.upload is not None else self.path.rstrip("/\\")


def begin(step: PendingImport) -> None:
    """Show the step from now on."""
    st.session_state[STEP] = step


def table_step(run: Callable[[PendingImport, Choices], None]) -> None:
    """Draw the step where it was begun; ``run`` imports with what was chosen."""
    step = st.session_state.get(STEP)
    if step is None:
        return
    with st.container(border=True, key="table_step"):
        st.subheader(f"The columns of “{escaped(step.called)}”")
        try:
            _choose(step, run)
        except ThoraxLensError as error:
            st.error(escaped(str(error)), icon=":material/error:")
        st.button("Not now", key="table_cancel", on_click=lambda: st.session_state.pop(STEP, None))


def uncertain_choice(key: str) -> Uncertain:
    """What −1 in a table counts as."""
    known: tuple[Uncertain, ...] = get_args(Uncertain)
    return st.selectbox(
        "Uncertain findings (−1)",
        known,
        index=known.index("left out"),
        format_func=str.capitalize,
        key=key,
        help="Tables such as CheXpert's mark a finding that the report is not sure of with −1. "
        "Left out: films with such a mark are not imported. Positive or negative: it counts as "
        "present or absent.",
    )


def _choose(step: PendingImport, run: Callable[[PendingImport, Choices], None]) -> None:
    first = _look(step, "")
    table = first.table
    if len(first.tables) > 1:
        table = st.selectbox("Table", first.tables, key="table_which")
    held = first if table == first.table else _look(step, table)
    st.dataframe(pd.DataFrame(list(held.rows)), hide_index=True, key=f"table_rows_{table}")
    st.caption("Its first ten rows. Say which column is which; the rest is kept as details.")
    guess = held.guess or Columns("")
    file = _column("File of the film", held, guess.file, "file", needed=True)
    findings = st.multiselect(
        "Finding, or several",
        held.columns,
        default=[one for one in guess.findings if one in held.columns],
        key=f"table_findings_{table}",
        placeholder="none",
        help="One column that holds names, with | or ; between several, or one column a finding "
        "that holds 1 and 0.",
    )
    places = st.columns(5)
    told = {}
    for place, (key, label) in zip(
        places,
        {
            "patient": "Patient",
            "view": "View",
            "sex": "Sex",
            "age": "Age",
            "split": "Split",
        }.items(),
        strict=True,
    ):
        with place:
            told[key] = _column(label, held, getattr(guess, key), key)
    uncertain = uncertain_choice("table_uncertain")
    if st.button(
        "Import with these columns",
        type="primary",
        key="table_import",
        icon=":material/table:",
        disabled=not file,
    ):
        columns = Columns(file, tuple(findings), **told)
        run(step, Choices(uncertain, table, columns, said=True))


def _column(label: str, held: TableChoice, guessed: str, key: str, *, needed: bool = False) -> str:
    options = [NONE, *held.columns]
    chosen = st.selectbox(
        label,
        options,
        index=options.index(guessed) if guessed in options else 0,
        key=f"table_{key}_{held.table}",
        help="The column with the film's file name or path." if needed else None,
    )
    return "" if chosen == NONE else str(chosen)


def _look(step: PendingImport, table: str) -> TableChoice:
    if step.upload is not None:
        return _in_zip(step.upload, step.upload.file_id, step.upload.name, table)
    return _in_folder(str(typed_path(step.path)), table)


@st.cache_data(show_spinner="Looking at its tables …", ttl=600, max_entries=20)
def _in_folder(path: str, table: str) -> TableChoice:
    return tables_in_folder(path, table)


@st.cache_data(show_spinner="Looking at its tables …", ttl=600, max_entries=20)
def _in_zip(_file: Any, file_id: str, name: str, table: str) -> TableChoice:
    return tables_in_zip(_file, name, table)
