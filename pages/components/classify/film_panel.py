"""The film that is looked at: large at the left, at the right what the networks say of it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.errors import FilmError
from core.prediction.client import FilmResult
from core.store import Run, Store
from core.text import points
from pages.components.audit_word import audit_link
from pages.components.classify.answer_card import (
    REFUSED,
    answer_headline,
    neighbours,
    refusal,
    said,
)
from pages.components.classify.answers_table import networks_apart
from pages.components.classify.asking import facts
from pages.components.classify.film_input import FilmInput
from pages.components.classify.listed import Listed
from pages.components.classify.probability_bar import bars
from pages.components.films.credit import credit
from pages.components.run_labels import escaped, short_title
from pages.components.viewer.explained_film import NetworkAnswer, explained_film
from pages.components.viewer.packing import BEYOND

# Of the window's height: for the film, and for all of its viewer. One film alone is to be seen
# with all that belongs to it; of several, the row of small films is to come into sight.
ALONE, ALL_OF_IT = 0.54, 0.84
WITH_STRIP = 0.38


def film_panel(store: Store, found: Listed, runs: Sequence[Run], threshold: float | None) -> None:
    """Draw both. While the networks are asked, the film is there to be looked at."""
    film = found.films[found.chosen]
    # Of several networks, those that have answered are read while another is asked.
    answers = found.worklist.known(film.key)
    there = {one.run_id for one in answers}
    asked = [run for run in runs if run.run_id in there]
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _picture(film, answers, asked, threshold, alone=len(found.films) == 1)
    with right, st.container(key="classify_answer", gap="xsmall"):
        _heading(store, found, film)
        if errors := {one.error for one in answers if one.error}:
            _with_errors(store, film, answers, asked, threshold, errors)
        elif answers:
            _answers(store, film, answers, asked, threshold)
        if len(answers) < len(runs):
            _waiting(found)
        _what_was_read(found, film)


def _heading(store: Store, found: Listed, film: FilmInput) -> None:
    st.markdown(f"## {escaped(film.name)}")
    truth = f"labelled “{escaped(film.truth)}” in the data" if film.truth else ""
    at = f"film {found.place + 1} of {len(found.films)}" if len(found.films) > 1 else ""
    if at or truth:
        st.caption(" · ".join(filter(None, (at, truth))))
    for known in store.catalogue.films([film.film_id] if film.film_id else []):
        credit(known.metadata)


def _waiting(found: Listed) -> None:
    state = found.worklist.state
    if state.problem:
        return  # said above
    if state.stopped:
        st.markdown("Not answered: the list was stopped.")
        return
    st.markdown(f":material/hourglass_empty: {escaped(state.doing or 'Asking the network')} …")
    if state.doing.startswith("Loading"):
        st.caption("The first time, this takes up to half a minute.")


def _with_errors(
    store: Store,
    film: FilmInput,
    answers: Sequence[FilmResult],
    runs: Sequence[Run],
    threshold: float | None,
    errors: set[str],
) -> None:
    if len(errors) == 1 and all(one.error for one in answers):
        st.error(escaped(errors.pop()), icon=":material/broken_image:")
        return
    _answers(store, film, answers, runs, threshold)


def _answers(
    store: Store,
    film: FilmInput,
    answers: Sequence[FilmResult],
    runs: Sequence[Run],
    threshold: float | None,
) -> None:
    refused = [one for one in answers if said(one, threshold) == REFUSED]
    if refused:  # whichever network was to be asked
        refusal(refused[0])
        return
    _disagreement(answers, threshold)
    for run, answer in zip(runs, answers, strict=True):
        with st.container(key=f"answer_of_{run.run_id}", gap="xsmall"):
            _answer(store, film, run, answer, threshold, is_alone=len(runs) == 1)


def _answer(
    store: Store,
    film: FilmInput,
    run: Run,
    answer: FilmResult,
    threshold: float | None,
    *,
    is_alone: bool,
) -> None:
    st.caption(escaped(short_title(run)))
    if answer.error:
        st.error(escaped(answer.error), icon=":material/error:")
        return
    answer_headline(answer, threshold, film.truth)
    own = answer.decision.threshold if answer.decision else None
    st.html(
        bars(
            answer.probabilities,
            own if threshold is None else threshold,
            answer.not_sure if threshold is None else None,
        )
    )
    audit_link(store, run)
    if answer.similarity is None:
        return
    if is_alone:
        neighbours(answer.similarity)
    else:
        with st.expander("Nearest training films"):
            neighbours(answer.similarity)


def _disagreement(answers: Sequence[FilmResult], threshold: float | None) -> None:
    """Of several networks: whether they say the same, and how far they are apart."""
    gap = networks_apart(answers)
    if gap is None:
        return
    words = {said(one, threshold) for one in answers if not one.error}
    far = f"their probabilities are up to {points(gap, signed=False)} percentage points apart"
    if len(words) > 1:
        st.warning(f"**The networks disagree**; {far}.", icon=":material/call_split:")
    else:
        st.caption(f"The networks agree; {far}.")


def _picture(
    film: FilmInput,
    answers: Sequence[FilmResult],
    runs: Sequence[Run],
    threshold: float | None,
    *,
    alone: bool,
) -> None:
    """The film in the viewer, with the heat maps of all networks."""
    if answers and all(one.error and one.picture is None for one in answers):
        st.caption(":material/broken_image: There is no film to be seen in this file.")
        return
    asked = [
        NetworkAnswer(short_title(run), one, said(one, threshold))
        for run, one in zip(runs, answers, strict=True)
    ]
    try:
        explained_film(
            film.content(),
            film.name,
            asked,
            key="classified",
            alt=f"The film {film.name}",
            tall=ALONE if alone else WITH_STRIP,
            whole=ALL_OF_IT if alone else BEYOND,
        )
    except FilmError as error:
        st.caption(f":material/broken_image: The film cannot be shown: {escaped(error)}")


def _what_was_read(found: Listed, film: FilmInput) -> None:
    with st.expander("What was read of the file", key=f"read_{film.key}"):
        if film.key not in found.facts:
            found.facts[film.key] = facts(film)
        for title, text in found.facts[film.key].items():
            st.caption(f"**{title}**: {escaped(text)}")
        if not found.facts[film.key]:
            st.caption("Nothing: it cannot be read.")
