"""Classified films on the screen: answer, probabilities, and what the answer rested on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from core.images.overlay import heat_colours, overlay
from core.palette import class_colour
from core.spreadsheet import csv_bytes
from core.text import count, probability
from pages.components.classify.answer_card import (
    NOT_SURE,
    REFUSED,
    headline,
    neighbours,
    refusal,
    said,
)
from pages.components.classify.answers_table import (
    Classified,
    FilmAnswer,
    answers_table,
    columns_shown,
    percent_said,
    share_columns,
)
from pages.components.error_boundary import boundary
from pages.components.run_labels import NONE, escaped

if TYPE_CHECKING:
    from core.prediction.client import FilmResult

SHOWN_SIDE = 640  # px, the longest side of a film as it is kept for showing
PER_PAGE = 6


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
    shares = share_columns(table)
    st.markdown("#### All answers")
    st.dataframe(
        table.assign(**{name: table[name].map(percent_said) for name in shares}),
        width="stretch",
        hide_index=True,
        placeholder=NONE,
        column_config={
            name: st.column_config.NumberColumn(name, format="%.1f %%") for name in shares
        },
        column_order=columns_shown(table),
    )
    st.download_button(
        "Download as CSV",
        csv_bytes(table),
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
                help="Without one, each network answers by its own rule: from its threshold on, if "
                "it has one, with “not sure” near it, else the most probable class. With one, the "
                "first (positive) class is named as soon as its probability reaches it: a low "
                "threshold misses fewer and raises more false alarms.",
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
        truth = f" :gray[· labelled “{escaped(film.truth)}” in the data]" if film.truth else ""
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
            if answer.similarity is not None:
                with column:
                    neighbours(answer.similarity)


def _what_was_read(facts: Mapping[str, str]) -> None:
    with st.expander("What was read of the file"):
        for title, text in facts.items():
            st.caption(f"**{title}**: {escaped(text)}")


def _answer(film: FilmAnswer, answer: FilmResult, opacity: float, threshold: float | None) -> None:
    headline(answer, threshold, film.truth)
    st.html(_bars(answer.probabilities))
    if film.pixels is None:
        return
    label = said(answer, threshold)
    for name, heat in maps_shown(answer, label).items():
        why = answer.blank.get(name, "")
        aside = "" if name == label or label == NOT_SURE else f"; the answer is “{label}”"
        st.image(
            overlay(film.pixels, heat, opacity),
            width="stretch",
            output_format="JPEG",
            alt=f"The film with the heat map for {name}",
            caption=f"The heat map for “{escaped(name)}” is empty: {escaped(why + aside)}."
            if why
            else f"Heat map for “{escaped(name)}”{escaped(aside)}",
        )


def maps_shown(answer: FilmResult, label: str) -> dict[str, np.ndarray]:
    """Class → heat of the maps to show: that of the class answered; for *not sure* those of both
    sides; the one that was asked for where that is another."""
    if label in answer.heats:
        return {label: answer.heats[label]}
    if answer.heats or answer.heat is None:
        return dict(answer.heats)
    return {answer.heat_class or label: answer.heat}


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
