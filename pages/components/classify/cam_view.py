"""Classified films on the screen: answer, probabilities, and what the answer rested on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

import streamlit as st

from core.errors import FilmError
from core.palette import class_colour
from core.spreadsheet import csv_bytes
from core.text import count, probability
from pages.components.classify.answer_card import (
    REFUSED,
    answer_headline,
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
from pages.components.films.credit import credit
from pages.components.run_labels import NONE, escaped
from pages.components.session import get_store
from pages.components.viewer.explained_film import NetworkAnswer, explained_film
from pages.components.viewer.film_viewer import LARGE, SMALL

PER_PAGE = 6


@st.fragment
@boundary()
def results(classified: Classified) -> None:
    """Everything about the answers. A fragment: its controls ask no network again."""
    in_short = st.container()
    threshold = _own_threshold()
    with in_short:
        st.markdown("  \n".join(_in_short(classified, threshold)))
    count = len(classified.films)
    pages = -(-count // PER_PAGE)
    page = st.session_state.get("results_page", 1) if pages > 1 else 1
    first = (min(page, pages) - 1) * PER_PAGE
    most = LARGE if count == 1 else SMALL
    for place, film in enumerate(classified.films[first : first + PER_PAGE], start=first):
        _film(film, classified.titles, threshold, place, most)
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


def _own_threshold() -> float | None:
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
    chosen = st.slider(
        "Name the positive class from", 1, 99, 50, format="%d %%", key="cam_threshold"
    )
    return chosen / 100


def _film(
    film: FilmAnswer, titles: Mapping[str, str], threshold: float | None, place: int, most: int
) -> None:
    with st.container(border=True, key=f"film_{place}"):
        truth = f" :gray[· labelled “{escaped(film.truth)}” in the data]" if film.truth else ""
        st.markdown(f"**{escaped(film.name)}**{truth}")
        for known in get_store().catalogue.films([film.film_id] if film.film_id else []):
            credit(known.metadata)
        errors = {one.error for one in film.answers if one.error}
        if len(errors) == 1 and all(one.error for one in film.answers):
            st.error(escaped(errors.pop()), icon=":material/broken_image:")
            return
        refused = [one for one in film.answers if said(one, threshold) == REFUSED]
        # Several networks have their heat maps side by side, and their answers below these.
        beside = bool(refused) or len(film.answers) == 1
        columns = st.columns([3, 2] if beside else 1, gap="large")
        with columns[0]:
            _picture(film, titles, threshold, place, most)
        if refused:  # whichever network was to be asked
            with columns[1]:
                refusal(refused[0])
            return
        places = columns[1:] if beside else st.columns(len(film.answers), gap="large")
        for column, answer in zip(places, film.answers, strict=False):
            with column:
                st.caption(escaped(titles[answer.run_id]))
                if answer.error:
                    st.error(escaped(answer.error), icon=":material/error:")
                    continue
                answer_headline(answer, threshold, film.truth)
                st.html(_bars(answer.probabilities))
                if answer.similarity is not None:
                    neighbours(answer.similarity)


def _picture(
    film: FilmAnswer, titles: Mapping[str, str], threshold: float | None, place: int, most: int
) -> None:
    """The film in the viewer, with the heat maps of all networks."""
    if film.content is None:
        return
    try:
        explained_film(
            film.content(),
            film.name,
            [NetworkAnswer(titles[one.run_id], one, said(one, threshold)) for one in film.answers],
            key=f"classified_{place}",
            alt=f"The film {film.name}",
            most=most,
        )
    except FilmError as error:  # it was there when the networks were asked
        st.error(escaped(error), icon=":material/broken_image:")
    _what_was_read(film.facts)


def _what_was_read(facts: Mapping[str, str]) -> None:
    with st.expander("What was read of the file"):
        for title, text in facts.items():
            st.caption(f"**{title}**: {escaped(text)}")


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
