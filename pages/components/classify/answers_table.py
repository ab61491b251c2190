"""What networks say of films, and the same as a table that can be read alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from core.prediction.notes import note_of
from core.spreadsheet import as_text
from core.statistics.agreement import largest_gap
from core.store import Run
from core.text import inside, percent_number
from pages.components.classify.answer_card import NOT_SURE, REFUSED, rule_of, said
from pages.components.classify.asking import splits_of
from pages.components.classify.film_input import FilmInput
from pages.components.run_labels import short_title

if TYPE_CHECKING:
    from core.prediction.client import FilmResult
    from pages.components.classify.listed import Listed

APART = "Networks apart"
NOT_READ, DISAGREE = "not readable", "networks disagree"


@dataclass(frozen=True)
class AnsweredFilm:
    """One film and what the runs that have answered say of it, in the order of the runs."""

    film: FilmInput
    answers: tuple[FilmResult, ...]


@dataclass(frozen=True)
class Classified:
    """All answers that are there. ``titles``: run id → title, in order. ``splits``:
    (run id, film id) → which split of that run's the film was in, for films that it knows."""

    titles: dict[str, str]
    films: tuple[AnsweredFilm, ...] = field(default=())
    splits: Mapping[tuple[str, str], str] = field(default_factory=dict)


def classified(found: Listed, runs: Sequence[Run]) -> Classified:
    """What the worklist has by now."""
    films = [
        AnsweredFilm(film, answers)
        for film in found.films.values()
        if (answers := found.worklist.known(film.key))
    ]
    return Classified(
        {run.run_id: short_title(run) for run in runs},
        tuple(films),
        splits_of(list(found.films.values()), runs),
    )


def networks_apart(answers: Sequence[FilmResult]) -> float | None:
    """How far the networks are apart on one film, 0 to 1; None with one network, and where
    they cannot be compared."""
    return largest_gap([one.probabilities for one in answers if one.probabilities])


def badge(answers: Sequence[FilmResult], threshold: float | None) -> str:
    """What is said of a film, in two words: for a table, and below the small film."""
    words = list(dict.fromkeys(said(one, threshold) for one in answers if not one.error))
    if not words:
        return NOT_READ
    if len(words) > 1:
        return DISAGREE
    return words[0].replace("_", " ") if words[0] in (NOT_SURE, REFUSED) else words[0]


def answers_table(classified: Classified, threshold: float | None) -> pd.DataFrame:
    """One row a film and run: film (its file's name), source and patient (where the film is one
    of the catalogue), split (of this run), truth (what the source says), answer, run, the rule,
    one column a class with its probability (0 to 1), how far the networks are apart on the film
    (0 to 1), a note (why there is no answer, or what speaks against it), run id."""
    classes = list(
        dict.fromkeys(
            name
            for film in classified.films
            for answer in film.answers
            for name in answer.probabilities
        )
    )
    rows = []
    for one in classified.films:
        film = one.film
        for answer in one.answers:
            label = said(answer, threshold)
            rows.append(
                {
                    "Film": as_text(film.name),
                    "Source": film.source,
                    "Patient": film.patient,
                    "Split": classified.splits.get((answer.run_id, film.film_id), ""),
                    "Label in the data": film.truth,
                    "Answer": label.replace("_", " ") if label in (NOT_SURE, REFUSED) else label,
                    "Run": classified.titles[answer.run_id],
                    "Rule": rule_of(answer, threshold),
                    **{f"P({name})": answer.probabilities.get(name) for name in classes},
                    APART: networks_apart(one.answers),
                    "Note": note(answer, threshold),
                    "Run id": answer.run_id,
                }
            )
    return pd.DataFrame(rows)


def films_table(classified: Classified, threshold: float | None) -> pd.DataFrame:
    """One row a film, for the screen: film, label in the data, answer, of each run the probability
    of its first (positive) class in percent, how far the networks are apart in percent, whether it
    was refused and why, and a note. Columns that are empty throughout are left out."""
    rows = []
    for one in classified.films:
        rows.append(
            {
                "Film": one.film.name,
                "Label in the data": one.film.truth,
                "Answer": badge(one.answers, threshold),
                **_shares(classified, one.answers),
                APART: percent_said(networks_apart(one.answers)),
                "Refused": next((a.reason for a in one.answers if _is_refused(a)), ""),
                "Note": _notes(classified, one.answers, threshold),
            }
        )
    table = pd.DataFrame(rows)
    return table[[name for name in table if table[name].map(_says_something).any()]]


def _shares(classified: Classified, answers: Sequence[FilmResult]) -> dict[str, float | None]:
    """Column → percent: “covid”, and with several runs “covid · CNN on study · 1a2b”."""
    found: dict[str, float | None] = {}
    for answer in answers:
        for positive, share in list(answer.probabilities.items())[:1]:
            several = len(classified.titles) > 1
            title = f"{positive} · {classified.titles[answer.run_id]}" if several else positive
            found[f"P({title})"] = percent_said(share)
    return found


def _notes(classified: Classified, answers: Sequence[FilmResult], threshold: float | None) -> str:
    """What speaks against the answers, once each."""
    notes = [note(answer, threshold) for answer in answers if not _is_refused(answer)]
    return " ".join(dict.fromkeys(filter(None, notes)))


def note(answer: FilmResult, threshold: float | None) -> str:
    """What speaks against an answer, or why there is none; empty where there is nothing to say."""
    label = said(answer, threshold)
    sure = label != NOT_SURE and threshold is not None
    return note_of(replace(answer, answer=label) if sure else answer)


def _is_refused(answer: FilmResult) -> bool:
    return not answer.error and not answer.probabilities


def _says_something(value: object) -> bool:
    return value is not None and value != "" and value == value  # NaN is not


def percent_said(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else percent_number(inside(float(value)))


def share_columns(table: pd.DataFrame) -> list[str]:
    """The columns of percent."""
    return [name for name in table.columns if name.startswith("P(") or name == APART]
