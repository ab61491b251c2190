"""What an import found, film by film where one was left out; and the list of sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from core.datasets.importers import TITLES
from core.datasets.importers.candidate import in_short
from core.datasets.phantom import PHANTOM_SOURCE, restore_phantoms
from core.datasets.removing import remove_source
from core.people.asking import may
from core.people.roles import Deed
from core.spreadsheet import csv_bytes
from core.store import ImportReport, Source, Store
from core.text import count
from pages.components.damaged import damaged_details
from pages.components.destroying import asks_first, destroy_button
from pages.components.downloads import safe_name
from pages.components.films.set_apart import set_apart_films
from pages.components.run_labels import escaped


def show_report(report: ImportReport, store: Store, key: str, *, heading: bool = False) -> None:
    """Numbers of one import, and each left-out file with its reason."""
    left_out = pd.DataFrame(
        [(one.file, one.reason) for one in report.left_out], columns=["file", "reason"]
    )
    with st.container(border=heading):
        if heading:
            st.subheader(f"Import of “{escaped(report.source)}”")
        places = st.columns(4)
        places[0].metric("Looked at", f"{report.records:,}", help="Rows or files in the source.")
        places[1].metric("Added", f"{report.added:,}", help="Films new to ThoraxLens.")
        places[2].metric("Already known", f"{report.known:,}", help="Imported before.")
        count = report.left_out_in_all
        places[3].metric("Left out", f"{count:,}", help="The reasons are below.")
        for note in report.notes:
            st.caption(f":material/info: {escaped(note)}")
        if report.unlisted:
            st.caption(
                f"{len(report.unlisted):,} more images lie in the folder, but the collection does "
                "not describe them; they were not imported."
            )
            _list(report.unlisted, "Show them", f"{key}_unlisted")
        if report.remarks:
            _list([f"{one.file}: {one.reason}" for one in report.remarks], "Remarks", f"{key}_told")
        if report.set_apart:
            set_apart_films(store, key, report.source)
        if left_out.empty:
            st.caption("Nothing was left out.")
            return
        if count > len(left_out):
            st.caption(f"The first {len(left_out):,} are listed.")
        reasons = left_out["reason"].map(in_short).value_counts()
        st.markdown(
            "Left out: "
            + "; ".join(f"**{n:,}** × {escaped(str(why))}" for why, n in reasons.head(4).items())
        )
        st.dataframe(
            left_out.rename(columns={"file": "File", "reason": "Why it was left out"}),
            hide_index=True,
            height=min(36 * (len(left_out) + 1), 300),
            key=f"{key}_table",
        )
        st.download_button(
            "Download this list (CSV)",
            csv_bytes(left_out),
            file_name=f"{safe_name('left-out ' + report.source)}.csv",
            mime="text/csv",
            icon=":material/download:",
            key=f"{key}_csv",
            on_click="ignore",
        )


def _list(lines: Sequence[str], title: str, key: str) -> None:
    with st.expander(f"{title} ({len(lines):,})"):
        st.dataframe(pd.DataFrame({"File": list(lines)}), hide_index=True, height=200, key=key)


def restore_button(store: Store) -> None:
    """Where the artificial films have been removed: a way to get them back."""
    if not may(Deed.IMPORT) or PHANTOM_SOURCE in {one.name for one in store.catalogue.sources()}:
        return
    if st.button("Bring the artificial films back", icon=":material/draw:"):
        with st.spinner("Drawing films …"):
            restore_phantoms(store)
        st.rerun()


def source_list(store: Store, films_by_source: Mapping[str, int]) -> None:
    """Each source with its numbers and its report, and a way to remove it."""
    damaged_details(store)
    for position, source in enumerate(store.catalogue.sources()):
        with st.container(border=True):
            st.markdown(
                f"**{escaped(source.name)}**"
                + ("  :orange-badge[artificial]" if source.artificial else "")
            )
            st.caption(
                f"{count(films_by_source.get(source.name, 0), 'film')} · "
                f"{TITLES.get(source.layout, source.layout)} · imported {_day(source.imported_at)}"
                f"  \n{escaped(source.root)}"
            )
            if source.report:
                left_out = source.report.left_out_in_all
                with st.expander(f"Import report ({left_out:,} left out)"):
                    show_report(source.report, store, key=f"report_{position}")
            if may(Deed.IMPORT):
                with asks_first("Remove …", key=f"source_{source.name}"):
                    _removal(store, source)


def _removal(store: Store, source: Source) -> None:
    st.markdown(
        f"ThoraxLens forgets “{escaped(source.name)}” and its films. The files on disk stay, "
        "and you can import them again."
    )
    used = [
        one.name for one in store.datasets.all() if source.name in store.datasets.sources(one.name)
    ]
    if used:
        st.warning(
            "These data sets hold films of it and could no longer be trained on: "
            + escaped(", ".join(used))
        )
    if destroy_button("Remove this source", key=f"remove_{source.name}"):
        removed = remove_source(store, source.name)
        gone = count(removed, "film")
        st.toast(f"“{escaped(source.name)}” is gone from ThoraxLens, with {gone}.")
        st.rerun()


def _day(moment: str) -> str:
    try:
        return f"{datetime.fromisoformat(moment):%-d %B %Y}"
    except ValueError:
        return moment
