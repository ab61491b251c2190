"""Where networks looked on a film of the catalogue, when somebody wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from core.errors import PredictionError
from core.runs.files import RunFiles
from core.store import Film
from core.text import count
from pages.components.run_labels import escaped
from pages.components.session import get_client, get_workspace
from pages.components.viewer.explained_film import NetworkAnswer

_KEPT = "film_heat_answers"  # of the film that was asked about last


def film_heat(film: Film, data: bytes, runs: Mapping[str, str]) -> list[NetworkAnswer]:
    """A switch, and once it is on what each of ``runs`` (id → title) answers about the film in
    ``data``. What a network does not answer is said on the page."""
    if not runs or not st.toggle(
        "Where the networks looked",
        key="film_heat",
        help=f"Asks {count(len(runs), 'network')} about this film. The first time, this takes up "
        "to half a minute a network.",
    ):
        return []
    asked = (film.film_id, tuple((run_id, _as_of(run_id)) for run_id in runs))
    if st.session_state.get(_KEPT, (None,))[0] != asked:
        try:
            with st.spinner("Asking the networks …"):
                found = get_client().classify(
                    list(runs), [(Path(film.path).name, data)], every_class=True, lateral=True
                )
        except PredictionError as error:
            st.error(escaped(error), icon=":material/error:")
            return []
        st.session_state[_KEPT] = (asked, found)
    answers: list[NetworkAnswer] = []
    for answer in st.session_state[_KEPT][1]:
        title = runs[answer.run_id]
        if not answer.heats:
            st.caption(f"{escaped(title)}: {escaped(answer.error or answer.reason)}")
            continue
        answers.append(NetworkAnswer(title, answer, answer.answer or answer.label or ""))
    return answers


def _as_of(run_id: str) -> int:
    """Changes when the run's threshold does, which says what a film is called."""
    file = RunFiles(get_workspace().run_folder(run_id)).operating_point
    return file.stat().st_mtime_ns if file.exists() else 0
