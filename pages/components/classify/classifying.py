"""What happens when “Classify” is pressed: ask the networks, and keep films if told to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.datasets.user_films import keep_films
from core.errors import FilmError, ThoraxLensError
from core.evaluation.predictions import Predictions
from core.images.decode import decode_bytes
from core.images.film_facts import facts_of
from core.runs.files import RunFiles
from core.store import Run, Store
from core.text import count
from pages.components.classify.answers_table import Classified, FilmAnswer
from pages.components.classify.film_input import FilmInput
from pages.components.run_labels import escaped, short_title
from pages.components.session import get_client, get_workspace

ASKING = "Asking the network …"
LOADING = "The first time, this takes up to half a minute."


def classify(
    films: Sequence[FilmInput],
    runs: Sequence[Run],
    lateral: bool = False,
) -> Classified:
    """Ask the networks, with a progress bar. A film that cannot be read is part of the answer.

    ``lateral``: answer films from the side too.
    Raises PredictionError when the networks could not be asked.
    """
    contents, lost = [], {}
    for place, film in enumerate(films):
        try:
            content = film.content()
        except FilmError as error:
            content, lost[place] = b"", str(error)
        contents.append((film.name, content))
    bar = st.progress(0.0, text=ASKING)

    def told(done: int, total: int, doing: str) -> None:
        for run in runs:
            doing = doing.replace(run.run_id, short_title(run))
        text = escaped(doing)
        if doing.startswith("Loading"):
            text += f". {LOADING}"
        bar.progress(min(done / max(total, 1), 1.0), text=text)

    run_ids = [run.run_id for run in runs]
    answers = get_client().classify(
        run_ids, contents, every_class=True, lateral=lateral, progress=told
    )
    for place, why in lost.items():  # truer than that nothing came
        own = slice(place * len(run_ids), (place + 1) * len(run_ids))
        answers[own] = [replace(one, error=why) for one in answers[own]]
    each, read = len(run_ids), [_facts(*content) for content in contents]
    return Classified(
        titles={run.run_id: short_title(run) for run in runs},
        films=tuple(
            FilmAnswer(
                film.name,
                film.truth,
                film.content if facts else None,
                tuple(answers[place * each : (place + 1) * each]),
                facts,
                film.film_id,
                film.source,
                film.patient,
            )
            for place, (film, facts) in enumerate(zip(films, read, strict=True))
        ),
        splits=_splits(films, runs),
    )


def _splits(films: Sequence[FilmInput], runs: Sequence[Run]) -> dict[tuple[str, str], str]:
    """(run id, film id) → the split of that run in which the film was, for films it knows."""
    wanted = {film.film_id for film in films if film.film_id}
    found: dict[tuple[str, str], str] = {}
    for run in runs if wanted else ():
        try:
            known = Predictions.load(RunFiles(get_workspace().run_folder(run.run_id)).predictions)
        except ThoraxLensError:
            continue
        for film, split in zip(known.film_ids.tolist(), known.split.tolist(), strict=True):
            if film in wanted:
                found[run.run_id, film] = split
    return found


def _facts(name: str, data: bytes) -> dict[str, str]:
    """What was read of a film; empty when it cannot be read (the answers say why)."""
    try:
        return facts_of(decode_bytes(data, name))
    except FilmError:
        return {}


def keep(store: Store, films: Sequence[FilmInput]) -> str:
    """Put the user's own films into the catalogue; says in a sentence what became of them."""
    mine = [(film.name, film.data) for film in films if not film.is_sample]
    try:
        with st.spinner("Keeping the films"):
            report = keep_films(store, mine)
    except ThoraxLensError as error:
        return str(error)
    films_kept = f"{count(report.added, 'film')} kept"
    return f"{films_kept}; “{report.source}” now holds {report.added + report.known}."
