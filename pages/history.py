"""History: who did what here, the latest first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import pandas as pd
import streamlit as st

from core.palette import CSS_SURROUND as LOOK
from core.people.asking import may
from core.people.roles import Deed
from core.spreadsheet import csv_bytes
from core.store import Run
from core.text import count
from pages.components.bars import table_style
from pages.components.empty_state import empty
from pages.components.permission import say_why_not
from pages.components.run_labels import short_title, when
from pages.components.session import get_store

MOST = 1000  # lines in the file
SHOWN = 200  # and on the page
NOBODY = "not signed in"
NARROW = "40rem"


def page() -> None:
    st.title("History")
    st.caption(
        "What was changed here, and by whom: an address where people sign in, a user of the "
        "computer for its command line, ThoraxLens for what it does by itself."
    )
    if not may(Deed.EXPORT):  # names of colleagues are nothing for the public
        say_why_not(Deed.EXPORT)
        return
    store = get_store()
    done = store.deeds.latest(MOST)
    if not done:
        empty("Nothing has been changed yet.")
        return
    runs = {run.run_id: run for run in store.runs.all()}
    table = pd.DataFrame(
        {
            "When": [when(one.at) for one in done],
            "Who": [one.who or NOBODY for one in done],
            "What": [_named(one.what, runs) for one in done],
        }
    )
    there = store.deeds.count()
    if there > SHOWN:
        st.caption(
            f"The last {count(SHOWN, 'line')} of {there:,}; the file below them has the last "
            f"{len(done):,}."
        )
    st.html(_lines_html(table.head(SHOWN)))
    st.download_button(
        "Table (CSV)",
        csv_bytes(table),
        file_name="thoraxlens-history.csv",
        mime="text/csv",
        icon=":material/download:",
        key="history_csv",
        on_click="ignore",
    )


def _lines_html(table: pd.DataFrame) -> str:
    """Not ``st.dataframe``, which cuts what does not fit: here lines wrap, and a telephone shows
    one list a row."""
    rows = "".join(
        f"<tr><td>{escape(at)}</td><td>{escape(who)}</td><td><b>{escape(what)}</b></td></tr>"
        for at, who, what in table.itertuples(index=False)
    )
    return (
        f"<style>{table_style('history', LOOK, NARROW)}"
        f".history td:not(:last-child) {{color: {LOOK.muted}}} .history b {{font-weight: 400}}"
        ".history td {overflow-wrap: anywhere}"
        f"@container (min-width: {NARROW}) {{.history :is(td, th):not(:last-child)"
        " {width: 1%; white-space: nowrap; padding-right: 2rem}}</style>"
        '<div class="history"><table><thead><tr><th scope="col">When</th>'
        f'<th scope="col">Who</th><th scope="col">What</th></tr></thead><tbody>{rows}</tbody>'
        "</table></div>"
    )


def _named(what: str, runs: Mapping[str, Run]) -> str:
    """A line with the name of its run beside the id, while the run is there: nobody knows ids."""

    def both(found: re.Match[str]) -> str:
        run = runs.get(found[1])
        return f"run {found[1]} ({short_title(run)})" if run else found[0]

    return re.sub(r"\brun (\S+)", both, what)


page()
