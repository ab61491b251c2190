"""Getting films in: from a folder, from a zip file, or the study's own from the internet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.datasets.download import STUDY_SOURCES, download_study
from core.datasets.importers import Choices
from core.datasets.importers.choices import Uncertain
from core.datasets.ingest import ImportReport, import_folder, import_zip
from core.errors import ThoraxLensError
from core.people.asking import may
from core.people.roles import Deed
from core.store import Store
from core.text import capital, count, listed
from pages.components.films.import_report import show_report
from pages.components.films.samples import offer_samples
from pages.components.films.table_step import (
    STEP,
    PendingImport,
    begin,
    table_step,
    uncertain_choice,
)
from pages.components.paths import typed_path
from pages.components.permission import say_why_not
from pages.components.run_labels import escaped

REPORTS = "import_reports"  # session state: the ``ImportReport`` of each part of the last import


def import_panel(store: Store) -> None:
    """Three ways in, and the report of the last import made in this session."""
    if not may(Deed.IMPORT):
        say_why_not(Deed.IMPORT)
        return
    _what_came(st.session_state.get(REPORTS, []))
    folder, zipped, study = st.columns(3, gap="medium")
    with folder:
        _from_folder(store)
    with zipped:
        _from_zip(store)
    with study:
        _from_internet(store)
    table_step(lambda step, choices: _import(store, step, choices))
    for position, report in enumerate(st.session_state.get(REPORTS, [])):
        show_report(report, store, key=f"new_report_{position}", heading=True)


def _what_came(reports: Sequence[ImportReport]) -> None:
    """In a sentence each, in sight at once: the reports stand below the forms."""
    if not reports:
        return
    for report in reports:
        told = [f"{count(report.added, 'film')} of “{escaped(report.source)}” came in"]
        if report.known:
            told.append(f"{report.known:,} {'was' if report.known == 1 else 'were'} here already")
        if left := report.left_out_in_all:
            told.append(f"{left:,} {'was' if left == 1 else 'were'} left out")
        box = st.success if report.added or report.known else st.warning
        box(f"{capital(listed(told))}. The report stands below.", icon=":material/inventory:")
    st.button(
        "Look at the films", icon=":material/arrow_forward:", key="import_look", on_click=_to_films
    )


def _to_films() -> None:
    st.session_state["tab"] = "Films"


def _from_folder(store: Store) -> None:
    st.subheader("From a folder")
    with st.form("import_folder", border=False):
        path = st.text_input(
            "Folder",
            placeholder="/home/me/films",
            help="A folder on the computer that ThoraxLens runs on. Its films stay where they "
            "are. ThoraxLens knows one folder a class, ChestX-ray14, CheXpert, MIMIC-CXR-JPG, "
            "RSNA Pneumonia, VinDr-CXR, PadChest, the COVID-19 collections and Kaggle's "
            "pneumonia set. For any other table, choose its columns.",
        )
        name = st.text_input(
            "Name for it", placeholder="as the folder", help="What the pages call this source."
        )
        pattern = _patient_pattern("folder")
        uncertain = uncertain_choice("import_uncertain_folder")
        now, columns = _buttons("Import folder", ":material/folder_open:", "folder")
    step = PendingImport(path=path, name=name, pattern=pattern)
    if columns:
        begin(step)
    elif now:
        _import(store, step, _choices(uncertain))


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
        uncertain = uncertain_choice("import_uncertain_zip")
        now, columns = _buttons("Import zip file", ":material/folder_zip:", "zip")
    if not (now or columns):
        return
    if upload is None:
        st.error("Choose a zip file first.")
        return
    step = PendingImport(upload=upload, pattern=pattern)
    if columns:
        begin(step)
    else:
        _import(store, step, _choices(uncertain))


def _buttons(label: str, icon: str, key: str) -> tuple[bool, bool]:
    """Whether to import now, and whether to choose the columns of a table first."""
    with st.container(horizontal=True):
        now = st.form_submit_button(label, icon=icon, type="primary")
        columns = st.form_submit_button(
            "Choose columns …",
            icon=":material/table:",
            key=f"import_columns_{key}",
            help="For films with a table of your own: say which column is the file, the finding, "
            "the patient.",
        )
    return now, columns


def _choices(uncertain: Uncertain) -> Choices:
    return Choices(uncertain, said=True)


def _import(store: Store, step: PendingImport, choices: Choices) -> None:
    if step.upload is not None:
        _run(
            lambda say: [
                import_zip(
                    store,
                    step.upload,
                    step.upload.name,
                    patient_pattern=step.pattern,
                    choices=choices,
                    progress=say,
                )
            ]
        )
        return
    _run(
        lambda say: [
            import_folder(
                store,
                typed_path(step.path),
                name=step.name or None,
                patient_pattern=step.pattern,
                choices=choices,
                progress=say,
            )
        ]
    )


def _patient_pattern(key: str) -> str:
    text = st.text_input(
        "How file names tell the patient",
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
    offer_samples(store, "import")


def _run(work: Callable[[Callable[[int, int, str], None]], list[ImportReport]]) -> None:
    """Run an import with a progress bar; keep its reports, or say why it ended."""
    bar = st.progress(0.0, text="Looking at what is there …")

    def say(done: int, total: int, text: str = "") -> None:
        share = min(done / total, 1.0) if total else 0.0
        counted = f"{done:,} of {total:,}" if total else "Working …"
        bar.progress(share, text=f"{counted}  {escaped(text)}".strip())

    st.session_state.pop(REPORTS, None)  # what an earlier import said is not about this one
    try:
        reports = list(work(say))
    except ThoraxLensError as error:
        bar.empty()
        st.error(escaped(error), icon=":material/error:")
        return
    st.session_state[REPORTS] = reports
    st.session_state.pop(STEP, None)
    # Again from the top, so that everything drawn before the import knows the new films.
    st.rerun()
