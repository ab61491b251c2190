"""How this server asks the networks, and what it knows of the films beside their answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import streamlit as st

from core.datasets.user_films import keep_films
from core.errors import FilmError, ThoraxLensError
from core.evaluation.predictions import Predictions
from core.images.decode import decode_bytes
from core.images.film_facts import facts_of
from core.prediction.worklist import Ask
from core.public import is_public
from core.runs.files import RunFiles
from core.store import Run, Store
from core.text import count
from pages.components.classify.film_input import FilmInput
from pages.components.session import get_client, get_workspace

MEMORY_TO_SPARE = 3 * 2**30  # bytes: a worker with a network takes one to two
_READY = "classify_ready"


def make_ready() -> None:
    """Have the worker loaded when this session's first film comes, where there is memory to spare:
    somebody may only look at the page, as most do in a public show."""
    if is_public() or _READY in st.session_state:
        return
    st.session_state[_READY] = True
    if psutil.virtual_memory().available > MEMORY_TO_SPARE:
        with suppress(OSError):  # who asks it is told why
            get_client().make_ready()


def ask() -> Ask:
    """Asks the one prediction worker of this server, for the heat maps of every class."""
    return partial(get_client().classify, every_class=True)


def splits_of(films: Sequence[FilmInput], runs: Sequence[Run]) -> dict[tuple[str, str], str]:
    """(run id, film id) → the split of that run in which the film was, for films it knows."""
    wanted = {film.film_id for film in films if film.film_id}
    found: dict[tuple[str, str], str] = {}
    for run in runs if wanted else ():
        files = RunFiles(get_workspace().run_folder(run.run_id))
        known = _known(str(files.predictions), _time(files))
        found |= {(run.run_id, film): known[film] for film in wanted & known.keys()}
    return found


def _time(files: RunFiles) -> int:
    return files.predictions.stat().st_mtime_ns if files.predictions.exists() else 0


@st.cache_data(show_spinner=False, max_entries=16)
def _known(path: str, changed: int) -> dict[str, str]:
    """Film → split of the predictions in a file; nothing where they cannot be read."""
    try:
        known = Predictions.load(Path(path))
    except ThoraxLensError:
        return {}
    return dict(zip(known.film_ids.tolist(), known.split.tolist(), strict=True))


def facts(film: FilmInput) -> dict[str, str]:
    """What was read of a film's file; empty when it cannot be read (the answers say why)."""
    try:
        return facts_of(decode_bytes(film.content(), film.name))
    except FilmError:
        return {}


def keep(store: Store, films: Sequence[FilmInput]) -> str:
    """Put the user's own films into the catalogue; says in a sentence what became of them."""
    try:
        with st.spinner("Keeping the films"):
            report = keep_films(store, list(_readable(films)))
    except ThoraxLensError as error:
        return str(error)
    films_kept = f"{count(report.added, 'film')} kept"
    return f"{films_kept}; “{report.source}” now holds {report.added + report.known}."


def _readable(films: Sequence[FilmInput]) -> list[tuple[str, bytes]]:
    found = []
    for film in films:
        if not film.is_sample:
            try:
                found.append((film.name, film.content()))
            except FilmError:
                continue  # said beside the film
    return found
