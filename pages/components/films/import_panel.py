"""Getting films in: from a folder, from a zip file, or the study's own from the internet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.datasets.download import STUDY_SOURCES, download_study
from core.datasets.ingest import ImportReport, import_folder, import_zip
from core.errors import ThoraxLensError
from core.store import Store
from pages.components.films.import_report import show_report
from pages.components.paths import typed_path
from pages.components.run_words import escaped

REPORTS = "import_reports"  # session state: what the last import said, as dictionaries


def import_panel(store: Store) -> None:
    """Three ways in, and the report of the last import made in this session."""
    folder, zipped, study = st.columns(3, gap="medium")
    with folder:
        _from_folder(store)
    with zipped:
        _from_zip(store)
    with study:
        _from_internet(store)
    for position, report in enumerate(st.session_state.get(REPORTS, [])):
        show_report(report, key=f"new_report_{position}", heading=True)


def _from_folder(store: Store) -> None:
    st.subheader("From a folder")
    with st.form("import_folder", border=False):
        path = st.text_input(
            "Folder",
            placeholder="/home/me/films",
            help="A folder on the computer that ThoraxLens runs on. Its films stay where they "
            "are. Three layouts are recognised: the COVID-19 collection with its metadata.csv, "
            "the Kaggle pneumonia set, and one folder a class.",
        )
        name = st.text_input(
            "Name for it", placeholder="as the folder", help="What the pages call this source."
        )
        pattern = _patient_pattern("folder")
        if st.form_submit_button("Import folder", icon=":material/folder_open:", type="primary"):
            _run(
                lambda say: [
                    import_folder(
                        store,
                        typed_path(path),
                        name=name or None,
                        patient_pattern=pattern,
                        progress=say,
                    )
                ]
            )


def _from_zip(store: Store) -> None:
    st.subheader("From a zip file")
    with st.form("import_zip", border=False):
        upload = st.file_uploader(
            "Zip file",
            type="zip",
            help="The same layouts as for a folder, packed. The films are copied into the "
            "data folder of ThoraxLens.",
        )
        pattern = _patient_pattern("zip")
        if st.form_submit_button("Import zip file", icon=":material/folder_zip:", type="primary"):
            if upload is None:
                st.error("Choose a zip file first.")
            else:
                _run(
                    lambda say: [
                        import_zip(
                            store, upload, upload.name, patient_pattern=pattern, progress=say
                        )
                    ]
                )


def _patient_pattern(key: str) -> str:
    text = st.text_input(
        "How names tell the patient",
        key=f"import_patients_{key}",
        placeholder=r"only where needed: case(\d+)_",
        help="ThoraxLens knows the usual names, such as patient00001/study1, p10000032_1 or "
        "00001280_004. For others, give a regular expression; its part in brackets is the "
        "patient. Films whose patient nobody knows are marked as such.",
    )
    return text.strip()


def _from_internet(store: Store) -> None:
    st.subheader("The study's own films")
    st.markdown("The public collections that the study used:")
    for source in STUDY_SOURCES:
        st.markdown(
            f"- [{source.title}]({source.address}), {source.size}. Licence: {source.licence}."
        )
    st.caption(
        "For teaching and research, not for the care of patients. It needs the internet and "
        "can take an hour. If it breaks off, it goes on from there the next time."
    )
    if st.button("Download the study's own films", icon=":material/download:", wrap=True):
        _run(lambda say: download_study(store, say))


def _run(work: Callable[[Callable[[int, int, str], None]], list[ImportReport]]) -> None:
    """Run an import with a progress bar; keep its reports, or say why it ended."""
    bar = st.progress(0.0, text="Looking at what is there …")

    def say(done: int, total: int, text: str = "") -> None:
        share = min(done / total, 1.0) if total else 0.0
        counted = f"{done:,} of {total:,}" if total else "Working …"
        bar.progress(share, text=f"{counted}  {escaped(text)}".strip())

    st.session_state.pop(REPORTS, None)  # what an earlier import said is not about this one
    try:
        reports: list[dict[str, Any]] = [one.as_dict() for one in work(say)]
    except ThoraxLensError as error:
        bar.empty()
        st.error(escaped(error), icon=":material/error:")
        return
    st.session_state[REPORTS] = reports
    # Again from the top, so that everything drawn before the import knows the new films.
    st.rerun()
