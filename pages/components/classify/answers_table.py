"""What networks say of films, and the same as a table that can be read alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from core.prediction.notes import note_of
from core.spreadsheet import as_text
from core.text import inside, percent_number
from pages.components.classify.answer_card import NOT_SURE, REFUSED, rule_of, said

if TYPE_CHECKING:
    from core.prediction.client import FilmResult


@dataclass(frozen=True)
class FilmAnswer:
    """One film and what each run says of it. ``content`` reads its file, None when that is no
    film; ``answers`` in the order of the runs; ``facts``: what was read of the file. Of a
    film of the catalogue its ``film_id``, ``source`` and ``patient`` are known, else they are
    empty."""

    name: str
    truth: str
    content: Callable[[], bytes] | None
    answers: tuple[FilmResult, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    film_id: str = ""
    source: str = ""
    patient: str = ""


@dataclass(frozen=True)
class Classified:
    """All answers of one press on “Classify”. ``titles``: run id → title, in order. ``splits``:
    (run id, film id) → which split of that run's the film was in, for films that it knows."""

    titles: dict[str, str]
    films: tuple[FilmAnswer, ...] = field(default=())
    splits: Mapping[tuple[str, str], str] = field(default_factory=dict)


def answers_table(classified: Classified, threshold: float | None) -> pd.DataFrame:
    """One row a film and run: film (its file's name), source and patient (where the film is one
    of the catalogue), split (of this run), truth (what the source says), answer, run, the rule,
    one column a class with its probability (0 to 1), a note (why there is no answer, or what
    speaks against it), run id. Columns that are empty throughout are on the screen left out."""
    classes = list(
        dict.fromkeys(
            name
            for film in classified.films
            for answer in film.answers
            for name in answer.probabilities
        )
    )
    rows = []
    for film in classified.films:
        for answer in film.answers:
            label = said(answer, threshold)
            sure = answer if label != NOT_SURE and threshold is not None else None
            rows.append(
                {
                    "Film": as_text(film.name),
                    "Source": film.source,
                    "Patient": film.patient,
                    "Split": classified.splits.get((answer.run_id, film.film_id), ""),
                    "Its source says": film.truth,
                    "Answer": label.replace("_", " ") if label in (NOT_SURE, REFUSED) else label,
                    "Run": classified.titles[answer.run_id],
                    "Rule": rule_of(answer, threshold),
                    **{f"P({name})": answer.probabilities.get(name) for name in classes},
                    "Note": note_of(answer if sure is None else replace(answer, answer=label)),
                    "Run id": answer.run_id,
                }
            )
    return pd.DataFrame(rows)


def columns_shown(table: pd.DataFrame) -> list[str]:
    """The columns that say something on the screen; the file has them all."""
    shares = share_columns(table)
    empty = {name for name in table if name not in shares and not table[name].map(bool).any()}
    silent = {"Run id", "Rule", "Patient", *empty}
    return [name for name in table.columns if name not in silent]


def percent_said(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else percent_number(inside(float(value)))


def share_columns(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("P(")]
