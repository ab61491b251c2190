"""What can be taken away from the worklist: a table, a PDF with pictures, the films themselves."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.people.asking import may
from core.people.roles import Deed
from core.store import Run, Store
from core.text import count
from pages.components.classify.answers_table import answers_table, classified
from pages.components.classify.asking import keep
from pages.components.classify.listed import Listed
from pages.components.classify.printing import as_pdf
from pages.components.downloads import csv_download
from pages.components.run_labels import escaped

NAME = "thoraxlens-answers"


def save(store: Store, found: Listed, runs: Sequence[Run], threshold: float | None) -> None:
    """A menu of the three."""
    state = found.worklist.state
    with st.popover("Save", icon=":material/download:", disabled=not found.films):
        if state.done < state.total:
            st.caption(f"{state.done} of {count(state.total, 'film')} answered so far.")
        csv_download(
            "Table (CSV)",
            lambda: answers_table(classified(found, runs), threshold),
            NAME,
            key="classify_csv",
        )
        st.download_button(
            "Pictures and answers (PDF)",
            lambda: as_pdf(store, classified(found, runs), runs, threshold),
            file_name=f"{NAME}.pdf",
            mime="application/pdf",
            icon=":material/picture_as_pdf:",
            key="classify_pdf",
            on_click="ignore",
        )
        st.caption("Both name the films by their files.")
        mine = [film for film in found.films.values() if not film.is_sample]
        if (
            mine
            and may(Deed.IMPORT)
            and st.button(
                f"Keep {count(len(mine), 'film')} in the catalogue",
                key="classify_keep",
                icon=":material/save:",
                help="Under the source “Kept films”. Only the picture is kept, as PNG: no file "
                "name, nothing of a DICOM header.",
            )
        ):
            st.info(escaped(keep(store, mine)), icon=":material/save:")
