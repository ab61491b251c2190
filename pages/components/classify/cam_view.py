"""Classified films on the screen: answer, probabilities, and what the answer rested on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from core.images.overlay import heat_colours, overlay
from core.palette import class_colour
from core.text import count, inside, percent_number, probability
from pages.components.boundary import boundary
from pages.components.classify.answer_card import (
    REFUSED,
    decide,
    headline,
    neighbours,
    refusal,
    said,
)
from pages.components.run_words import NONE, escaped

if TYPE_CHECKING:
    from core.prediction.client import FilmResult

SHOWN_SIDE = 640  # px, the longest side of a film as it is kept for showing
PER_PAGE = 6


@dataclass(frozen=True)
class FilmAnswer:
    """One film and what each run says of it. ``pixels`` uint8 (h, w), None when it cannot
    be read; ``answers`` in the order of the runs; ``facts``: what was read of the file."""

    name: str
    truth: str
    pixels: np.ndarray | None
    answers: tuple[FilmResult, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Classified:
    """All answers of one press on “Classify”. ``titles``: run id → title, in order."""

    titles: dict[str, str]
    films: tuple[FilmAnswer, ...] = field(default=())


@st.fragment
@boundary()
def results(classified: Classified) -> None:
    """Everything about the answers. A fragment: its controls ask no network again."""
    in_short = st.container()
    threshold = _controls(classified)
    with in_short:
        st.markdown("  \n".join(_in_short(classified, threshold)))
    count = len(classified.films)
    pages = -(-count // PER_PAGE)
    page = st.session_state.get("results_page", 1) if pages > 1 else 1
    first = (min(page, pages) - 1) * PER_PAGE
    opacity = st.session_state.get("cam_opacity", 45) / 100
    for place, film in enumerate(classified.films[first : first + PER_PAGE], start=first):
        _film(film, classified.titles, opacity, threshold, place)
    if pages > 1:
        st.pagination(pages, key="results_page", max_visible_pages=5)
    table = answers_table(classified, threshold)
    st.markdown("#### All answers")
    st.dataframe(
        table.assign(**{name: table[name].map(_percent_said) for name in _shares(table)}),
        width="stretch",
        hide_index=True,
        placeholder=NONE,
        column_config={
            name: st.column_config.NumberColumn(name, format="%.1f %%") for name in _shares(table)
        },
        column_order=_told(table),
    )
    st.download_button(
        "Download as CSV",
        table.to_csv(index=False).encode("utf-8-sig"),  # the mark lets Excel see the encoding
        "thoraxlens-answers.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _in_short(classified: Classified, threshold: float | None) -> list[str]:
    """One line a run: how many films it calls what."""
    lines = []
    for place, title in enumerate(classified.titles.values()):
        answers = [said(film.answers[place], threshold) for film in classified.films]
        counts = Counter(one.replace("_", " ") or "without an answer" for one in answers)
        told = ", ".join(f"**{escaped(name)}** {count}" for name, count in counts.most_common())
        films = count(len(answers), "film")
        lines.append(f"{escaped(title)}, {films}: {told}")
    return lines


def _controls(classified: Classified) -> float | None:
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        with left:
            st.slider(
                "Strength of the heat map",
                0,
                100,
                45,
                format="%d %%",
                key="cam_opacity",
                help="0 % shows the film alone.",
            )
            legend()
        with right:
            own = st.toggle(
                "Set a threshold myself",
                key="cam_own_threshold",
                help="Without one, each network answers at the threshold that was chosen on its "
                "validation films, and says “not sure” near it. With one, the first (positive) "
                "class is named as soon as its probability reaches it: a low threshold "
                "misses fewer and raises more false alarms.",
            )
            if not own:
                return None
            return (
                st.slider(
                    "Name the positive class from",
                    1,
                    99,
                    50,
                    format="%d %%",
                    key="cam_threshold",
                )
                / 100
            )


def legend() -> None:
    """What the colours of a heat map mean."""
    stops = ", ".join(f"{colour} {100 * place:.0f}%" for place, colour in heat_colours())
    st.html(
        f'<div role="img" aria-label="Heat map colours, from little to strong influence" '
        f'style="height:12px;border-radius:6px;background:linear-gradient(to right,{stops})">'
        '</div><div style="display:flex;justify-content:space-between;font-size:0.8rem;'
        'opacity:0.85"><span>cold: little influence</span><span>hot: strong influence</span></div>'
    )


def _film(
    film: FilmAnswer,
    titles: Mapping[str, str],
    opacity: float,
    threshold: float | None,
    place: int,
) -> None:
    with st.container(border=True, key=f"film_{place}"):
        truth = f" :gray[· its source says: {escaped(film.truth)}]" if film.truth else ""
        st.markdown(f"**{escaped(film.name)}**{truth}")
        errors = {one.error for one in film.answers if one.error}
        if len(errors) == 1 and all(one.error for one in film.answers):
            st.error(escaped(errors.pop()), icon=":material/broken_image:")
            return
        refused = [one for one in film.answers if said(one, threshold) == REFUSED]
        columns = st.columns([1, 2] if refused else max(3, len(film.answers) + 1))
        with columns[0]:
            st.caption("The film")
            if film.pixels is not None:
                st.image(film.pixels, width="stretch", output_format="JPEG", alt="The film")
                _what_was_read(film.facts)
        if refused:  # whichever network was to be asked
            with columns[1]:
                refusal(refused[0])
            return
        for column, answer in zip(columns[1:], film.answers, strict=False):
            with column:
                st.caption(escaped(titles[answer.run_id]))
                if answer.error:
                    st.error(escaped(answer.error), icon=":material/error:")
                else:
                    _answer(film, answer, opacity, threshold)
        # One network leaves a place beside its answer; several have theirs below each.
        places = columns[2:] if len(film.answers) == 1 else columns[1:]
        for column, answer in zip(places, film.answers, strict=False):
            if answer.likeness is not None:
                with column:
                    neighbours(answer.likeness)


def _what_was_read(facts: Mapping[str, str]) -> None:
    with st.expander("What was read of the file"):
        for title, text in facts.items():
            st.caption(f"**{title}**: {escaped(text)}")


def _answer(film: FilmAnswer, answer: FilmResult, opacity: float, threshold: float | None) -> None:
    headline(answer, threshold, film.truth)
    st.html(_bars(answer.probabilities))
    if film.pixels is not None and answer.heat is not None:
        spoke_for = answer.heat_class or decide(answer.probabilities, None)
        st.image(
            overlay(film.pixels, answer.heat, opacity),
            width="stretch",
            output_format="JPEG",
            alt=f"The film with what spoke for {spoke_for} in warm colours",
            caption=f"What spoke for “{escaped(spoke_for)}”"
            if answer.heat.max() > 0
            else f"No part of the film spoke for “{escaped(spoke_for)}”",
        )


def _bars(probabilities: Mapping[str, float]) -> str:
    """A bar a class in the class's colour, which ``st.progress`` cannot have."""
    bars = []
    for index, (name, value) in enumerate(probabilities.items()):
        width = 100 * min(max(value, 0.0), 1.0)
        bars.append(
            f"<div>{escape(name)} {probability(value)}</div>"
            '<div style="height:8px;border-radius:4px;margin:2px 0 8px;'
            'background:rgba(128,128,128,0.25)">'
            f'<div style="height:8px;border-radius:4px;width:{width:.1f}%;'
            f'background:{class_colour(index)}"></div></div>'
        )
    return f'<div style="font-size:0.95rem">{"".join(bars)}</div>'


def answers_table(classified: Classified, threshold: float | None) -> pd.DataFrame:
    """One row a film and run: film, answer, run, one column a class with its probability
    (0 to 1), what the source says (when one says anything), and what went wrong."""
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
            rows.append(
                {
                    "Film": _harmless(film.name),
                    "Answer": said(answer, threshold).replace("_", " "),
                    "Run": classified.titles[answer.run_id],
                    **{f"P({name})": answer.probabilities.get(name) for name in classes},
                    "Its source says": film.truth,
                    "Note": _note(answer),
                    "Run id": answer.run_id,
                }
            )
    table = pd.DataFrame(rows)
    if not any(film.truth for film in classified.films):
        table = table.drop(columns="Its source says")
    return table


def _note(answer: FilmResult) -> str:
    if answer.error or answer.reason:
        return answer.error or answer.reason
    unlike = answer.likeness is not None and answer.likeness.unlike
    return "Unlike the films that this network learnt from." if unlike else ""


def _harmless(name: str) -> str:
    """A file name that a spreadsheet does not take for a formula."""
    return f"'{name}" if re.match(r"[=+\-@\t\r]", name) else name


def _told(table: pd.DataFrame) -> list[str]:
    """The columns that say something on the screen; the file has them all."""
    silent = {"Run id"} | ({"Note"} if not table["Note"].any() else set())
    return [name for name in table.columns if name not in silent]


def _percent_said(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else percent_number(inside(float(value)))


def _shares(table: pd.DataFrame) -> list[str]:
    return [name for name in table.columns if name.startswith("P(")]
