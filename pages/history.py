"""History: who did what here, the latest first."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.people.asking import may
from core.people.roles import Deed
from core.spreadsheet import csv_bytes
from core.text import count
from pages.components.empty_state import empty
from pages.components.permission import say_why_not
from pages.components.run_labels import when
from pages.components.session import get_store

MOST = 1000  # lines shown
NOBODY = "not signed in"


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
    table = pd.DataFrame(
        {
            "When": [when(one.at) for one in done],
            "Who": [one.who or NOBODY for one in done],
            "What": [one.what for one in done],
        }
    )
    there = store.deeds.count()
    if there > len(done):
        st.caption(f"The last {count(len(done), 'line')} of {there:,} are shown.")
    st.dataframe(
        table,
        hide_index=True,
        key="history_table",
        alt="What was changed here, when and by whom",
        column_config={"What": st.column_config.TextColumn(width="large")},
    )
    st.download_button(
        "Table (CSV)",
        csv_bytes(table),
        file_name="thoraxlens-history.csv",
        mime="text/csv",
        icon=":material/download:",
        key="history_csv",
        on_click="ignore",
    )


page()
