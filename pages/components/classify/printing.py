"""The answers of the worklist, put together for paper."""

from __future__ import annotations

from collections.abc import Sequence

from core.card.answers_pdf import PrintedAnswer, PrintedFilm, PrintedNetwork, answers_pdf
from core.prediction.client import FilmResult
from core.store import Run, Store
from core.text import points, probability
from pages.components.audit_word import audit_of
from pages.components.classify.answer_card import HEADINGS, NOT_SURE, REFUSED, said
from pages.components.classify.answers_table import AnsweredFilm, Classified, networks_apart, note


def as_pdf(
    store: Store, classified: Classified, runs: Sequence[Run], threshold: float | None
) -> bytes:
    """A PDF of all answers, each film with its picture and where the networks looked."""
    networks = [
        PrintedNetwork(classified.titles[run.run_id], audit_of(store, run).short) for run in runs
    ]
    films = [_film(one, classified, threshold) for one in classified.films]
    return answers_pdf(networks, films)


def _film(one: AnsweredFilm, classified: Classified, threshold: float | None) -> PrintedFilm:
    facts = [f"Label in the data: {one.film.truth}"] if one.film.truth else []
    gap = networks_apart(one.answers)
    if gap is not None:
        facts.append(f"The networks are up to {points(gap, signed=False)} percentage points apart.")
    picture = next((a.picture for a in one.answers if a.picture is not None), None)
    return PrintedFilm(
        one.film.name,
        picture,
        tuple(facts),
        tuple(_answer(a, classified.titles[a.run_id], threshold) for a in one.answers),
    )


def _answer(answer: FilmResult, title: str, threshold: float | None) -> PrintedAnswer:
    label = said(answer, threshold)
    words = {REFUSED: HEADINGS.get(answer.gate or "", "Refused"), NOT_SURE: "Not sure"}
    shares = ", ".join(f"{name} {probability(p)}" for name, p in answer.probabilities.items())
    heat = answer.heats.get(label, answer.heat)
    return PrintedAnswer(
        title,
        "No answer" if answer.error else words.get(label, label),
        shares,
        note(answer, threshold),
        heat,
    )
