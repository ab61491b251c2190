"""The films behind one cell of a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import numpy as np
import pandas as pd
import streamlit as st

from core.store import Film, Store
from core.text import count, probability
from pages.components.comparing.comparison_state import Compared
from pages.components.films.catalogue_labels import CATALOGUE_LABELS
from pages.components.films.film_dialog import open_film, show_opened_film
from pages.components.films.gallery import PER_PAGE, TILE, tile
from pages.components.films.tile_row import over
from pages.components.run_labels import escaped

RUN = "compare_cell_run"
CELL = "compare_cell"
PAGE = "compare_cell_page"
MOST_BESIDE = 4  # networks beside each other: more are too small to look at


class _Point(TypedDict):
    """What Plotly tells of a cell that was clicked: its row and column among the rest."""

    customdata: tuple[int, int]


def pick_from_click(one: Compared, chart_key: str) -> None:
    """Callback of a confusion matrix: take the clicked cell over into the two boxes."""
    points: list[_Point] = st.session_state[chart_key].selection.points
    if points:
        cell = (int(points[0]["customdata"][0]), int(points[0]["customdata"][1]))
        st.session_state[RUN], st.session_state[CELL] = one.key, cell
        st.session_state[PAGE] = 1
        st.toast(f"{escaped(_label(one, cell))}. They are below the matrices.")


def has_cells(one: Compared) -> bool:
    """Whether a cell is a set of films: over seeds, a film may be in several cells."""
    return one.counted == 1


def chosen_cell(compared: Sequence[Compared]) -> tuple[Compared, tuple[int, int]] | None:
    """The run and cell to show; at first the one with the missed films, where there are any.
    None when no entry has films in its cells."""
    by_id = {one.key: one for one in compared if has_cells(one)}
    if not by_id:
        return None
    state = st.session_state
    if state.get(RUN) not in by_id:
        state[RUN] = next(iter(by_id))
    one = by_id[state[RUN]]
    cells = _cells(one)
    if state.get(CELL) not in cells:
        filled = (cell for cell in cells if one.evaluation.confusion[cell])
        state[CELL] = next(filled, cells[0])
    return one, state[CELL]


def cell_films(compared: Sequence[Compared], store: Store) -> None:
    """Boxes for run and cell, and the films in it, the most surely called first."""
    titles = {one.key: one.title for one in compared if has_cells(one)}
    chosen = chosen_cell(compared)
    if chosen is None:
        st.info("Each seed sorts the films anew. Choose a single run above to see its films.")
        return
    one, cell = chosen
    with st.container(horizontal=True):
        if len(titles) > 1:
            st.selectbox(
                "Run",
                list(titles),
                key=RUN,
                format_func=lambda run_id: titles[run_id],
                width=360,
                on_change=_first_page,
            )
        st.selectbox(
            "Which films",
            _cells(one),
            key=CELL,
            # Without the number of films: the browser keeps showing the words of a choice
            # as they were when it was made, and the threshold changes that number.
            format_func=lambda cell: _name(one, cell),
            width=360,
            on_change=_first_page,
            help="Or click a cell of a matrix above.",
        )
    films = films_in_cell(one, cell)
    if films.empty:
        st.info(f"{escaped(_label(one, cell))}. Choose another cell.")
        return
    st.caption(f"{escaped(_label(one, cell))}, the most surely called first")
    single = [other for other in compared if len(other.runs) == 1]
    beside = [one, *(other for other in single if other.key != one.key)][:MOST_BESIDE]
    networks = {other.runs[0].run_id: other.title for other in beside if len(other.runs) == 1}
    _gallery(films, one, cell, store, networks)


def films_in_cell(one: Compared, cell: tuple[int, int]) -> pd.DataFrame:
    """film_id, ``called`` (probability of the class it was called) and ``positive`` (of the
    positive class), surest first."""
    chosen = (one.predictions.y_true == cell[0]) & (one.evaluation.y_pred == cell[1])
    frame = pd.DataFrame(
        {
            "film_id": one.predictions.film_ids[chosen],
            "called": one.predictions.probabilities[chosen, cell[1]],
            "positive": one.predictions.probabilities[chosen, 0],
        }
    )
    return frame.sort_values("called", ascending=False, ignore_index=True)


def _gallery(
    films: pd.DataFrame,
    one: Compared,
    cell: tuple[int, int],
    store: Store,
    networks: dict[str, str],
) -> None:
    """``networks``: id → title of the runs whose heat maps an opened film can show."""
    pages = -(-len(films) // PER_PAGE)
    number = int(st.session_state.get(PAGE) or 1)
    if number > pages:
        st.session_state[PAGE] = number = 1
    shown = films.iloc[(number - 1) * PER_PAGE : number * PER_PAGE]
    known = {film.film_id: film for film in store.catalogue.films(list(shown["film_id"]))}
    with st.container(horizontal=True, gap="small", key="compare_strip"):
        over("compare_strip", TILE)
        # Of two classes one number says it all; of more, the one that made the answer.
        two = len(one.evaluation.classes) == 2
        name = one.positive if two else one.evaluation.classes[cell[1]]
        for film_id, value in zip(
            shown["film_id"], shown["positive" if two else "called"], strict=True
        ):
            said = f"{name} {probability(value)}"
            _tile(str(film_id), said, known.get(str(film_id)), store)
    if pages > 1:
        st.pagination(pages, key=PAGE, max_visible_pages=5)
    show_opened_film(films["film_id"], networks)


def _tile(film_id: str, said: str, film: Film | None, store: Store) -> None:
    with st.container(width=TILE, gap="xsmall"):
        picture = tile(str(store.workspace.thumbnail(film_id)), TILE)
        st.image(picture, width=TILE, alt=f"Chest X-ray, probability of {said}")
        if film is None:
            st.caption(f"{escaped(said)}. Not in the catalogue.")
            return
        st.button(
            escaped(said),
            key=f"compare_open_{film_id}",
            on_click=open_film,
            args=(film_id,),
            type="tertiary",
            width="stretch",
            help=f"{_spoken(film.finding)}, {_spoken(film.view)} view. {escaped(film.source)}. "
            "Click to see it large.",
        )


def _cells(one: Compared) -> list[tuple[int, int]]:
    """All cells: missed films first, then false alarms, other mistakes, and what is right."""
    size = len(one.evaluation.classes)
    cells = [(int(row), int(column)) for row, column in np.ndindex(size, size)]
    return sorted(cells, key=lambda cell: (cell[0] == cell[1], cell[0] != 0, cell[1] != 0))


def _label(one: Compared, cell: tuple[int, int]) -> str:
    films = int(one.evaluation.confusion[cell])
    return f"{_name(one, cell)}: {count(films, 'film') if films else 'none'}"


def _name(one: Compared, cell: tuple[int, int]) -> str:
    truth, called = (one.evaluation.classes[place] for place in cell)
    return f"{truth}, called so" if truth == called else f"{truth}, but called {called}"


def _spoken(value: str) -> str:
    return escaped(CATALOGUE_LABELS.get(value, value))


def _first_page() -> None:
    st.session_state[PAGE] = 1
