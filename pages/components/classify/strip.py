"""All films of the worklist: how far it is, a row of small films with their answers, a table.

A fragment that draws itself anew while networks are asked. What is above it is drawn anew only
when there is something new about the film that is looked at.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from core.palette import class_colour
from core.prediction.client import FilmResult
from core.prediction.worklist import WorklistState
from core.store import Run, Store
from core.text import count, percent
from pages.components.classify.answer_card import REFUSED
from pages.components.classify.answers_table import (
    APART,
    DISAGREE,
    NOT_READ,
    Classified,
    badge,
    classified,
    films_table,
    share_columns,
)
from pages.components.classify.film_input import FilmInput
from pages.components.classify.listed import Listed, my_list
from pages.components.error_boundary import boundary
from pages.components.films.gallery import tile
from pages.components.films.tile_row import over
from pages.components.run_labels import NONE, escaped

EVERY = 1.0  # seconds between two looks
PER_PAGE = 12
TILE = 80  # px; four side by side on a telephone, twelve on a desktop
_DRAWN = "classify_drawn"
SIGNS = {"not sure": "?", REFUSED: "✕", NOT_READ: "✕", DISAGREE: "≠"}


@dataclass(frozen=True)
class Drawn:
    """What the page above shows: when it is no longer so, the whole page is drawn anew."""

    chosen: str
    answered: bool
    working: bool
    problem: str
    doing: str  # while it is waited for


def strip(
    store: Store, found: Listed, runs: Sequence[Run], threshold: float | None, above: Drawn
) -> None:
    """Draw it; of one film alone only how far it is. ``above``: ``drawn_now`` of before the page
    above was drawn, since an answer may come at any moment."""
    st.session_state[_DRAWN] = above
    st.fragment(_strip, run_every=EVERY if above.working else None)(store, runs, threshold)


def drawn_now(found: Listed) -> Drawn:
    """What the page above shows when it is drawn now."""
    state = found.worklist.state
    answered = found.worklist.results(found.chosen) is not None
    doing = "" if answered else state.doing
    return Drawn(found.chosen, answered, state.working, state.problem, doing)


@boundary()
def _strip(store: Store, runs: Sequence[Run], threshold: float | None) -> None:
    found = my_list()
    if drawn_now(found) != st.session_state.get(_DRAWN):
        st.rerun()
    if len(found.films) < 2:
        return
    answers = classified(found, runs)
    _progress(found.worklist.state, found, answers, threshold)
    _tiles(store, found, threshold)
    if answers.films:
        _table(found, answers, threshold)


def _progress(
    state: WorklistState, found: Listed, answers: Classified, threshold: float | None
) -> None:
    """One line, as high while it works as afterwards: nothing below it jumps."""
    with st.container(horizontal=True, vertical_alignment="center", key="classify_progress"):
        if state.working or state.stopped:
            share = state.done / max(state.total, 1)
            doing = f" · {escaped(state.doing)}" if state.working and state.doing else ""
            st.progress(share, text=f"{state.done} of {count(state.total, 'film')} answered{doing}")
        else:
            st.markdown(_in_short(answers, threshold))
        if state.working:
            st.button(
                "Cancel", key="classify_stop", icon=":material/stop_circle:",
                on_click=found.worklist.stop,
            )  # fmt: skip
        elif state.stopped:
            st.button(
                "Go on", key="classify_go_on", icon=":material/play_arrow:",
                on_click=found.worklist.go_on,
            )  # fmt: skip


def _in_short(answers: Classified, threshold: float | None) -> str:
    """How many films are called what."""
    counts = Counter(badge(one.answers, threshold) for one in answers.films)
    told = ", ".join(f"**{escaped(name)}** {many}" for name, many in counts.most_common())
    return f"{count(len(answers.films), 'film')}: {told}"


def _tiles(store: Store, found: Listed, threshold: float | None) -> None:
    films = list(found.films.values())
    pages = -(-len(films) // PER_PAGE)
    row = st.container(horizontal=True, gap="xsmall", key="classify_row")
    page = 1
    if pages > 1:
        page = st.pagination(
            pages,
            # By this key it begins anew at the film that is looked at.
            key=f"classify_page_of_{found.chosen}_{len(films)}",
            default=found.place // PER_PAGE + 1,
            max_visible_pages=7,
        )
    first = (page - 1) * PER_PAGE
    with row:
        over("classify_row", TILE)
        st.html(_style())
        for place, film in enumerate(films[first : first + PER_PAGE], start=first):
            answers = found.worklist.known(film.key)
            _tile(store, found, film, place, answers, threshold)


def _tile(
    store: Store,
    found: Listed,
    film: FilmInput,
    place: int,
    answers: tuple[FilmResult, ...],
    threshold: float | None,
) -> None:
    word = badge(answers, threshold) if answers else "waiting"
    chosen = "chosen" if film.key == found.chosen else "other"
    kind = _kind(answers, word)
    with st.container(width=TILE, gap="xsmall", key=f"badge_{kind}_{chosen}_{place}"):
        st.image(_picture(store, found, film, answers), width=TILE, alt=f"Film {place + 1}: {word}")
        sign = SIGNS.get(word, "")
        label = f"{sign} {escaped(word)}".strip()
        st.button(
            label,
            key=f"classify_film_{film.key}",
            on_click=found.choose,
            args=(film.key,),
            help=f"{escaped(film.name)}: {escaped(word)}{_how_likely(answers, word)}",
            type="tertiary",
            width="stretch",
            wrap=False,
        )


def _kind(answers: tuple[FilmResult, ...], word: str) -> str:
    """For the colour of the small film's edge: the class's place, or that there is none."""
    for answer in answers:
        if word in answer.probabilities:
            return f"class{list(answer.probabilities).index(word)}"
    return "none" if answers else "open"


def _how_likely(answers: tuple[FilmResult, ...], word: str) -> str:
    shares = [one.probabilities[word] for one in answers if word in one.probabilities]
    return f" {percent(shares[0], 0)}" if len(shares) == 1 else ""


def _picture(
    store: Store, found: Listed, film: FilmInput, answers: tuple[FilmResult, ...]
) -> bytes:
    """The film small: as the worker has seen it, else as the catalogue has it, else black."""
    for answer in answers:
        if answer.picture is not None and film.key not in found.small:
            found.small[film.key] = _squared(answer.picture)
    if film.key in found.small:  # also while another network is asked
        return found.small[film.key]
    path = store.workspace.thumbnail(film.film_id) if film.film_id else "–"
    return tile(str(path), TILE)


def _squared(small: np.ndarray) -> bytes:
    square = Image.new("L", (TILE, TILE), 0)
    picture = Image.fromarray(small)
    picture.thumbnail((TILE, TILE))
    square.paste(picture, ((TILE - picture.width) // 2, (TILE - picture.height) // 2))
    buffer = io.BytesIO()
    square.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _style() -> str:
    """The edge below a small film in the colour of its class, and which one is looked at."""
    rules = [
        f'[class*="st-key-badge_class{index}_"] img {{border-bottom: 5px solid '
        f"{class_colour(index)}}}"
        for index in range(8)
    ]
    return (
        "<style>"
        + "\n".join(rules)
        + """
[class*="st-key-badge_none_"] img, [class*="st-key-badge_open_"] img {
  border-bottom: 5px dashed rgba(128, 128, 128, 0.8)}
[class*="st-key-badge_open_"] img {opacity: 0.5}
[class*="st-key-badge_"] img {border-radius: 4px; aspect-ratio: 1}
[class*="st-key-badge_"][class*="_chosen_"] img {outline: 3px solid currentColor;
  outline-offset: 1px}
.st-key-classify_row button p {font-size: 0.82rem}
.st-key-classify_progress {min-height: 2.7rem}
</style>"""
    )


def _table(found: Listed, answers: Classified, threshold: float | None) -> None:
    """One row a film; a row that is chosen is looked at."""
    table = films_table(answers, threshold)
    keys = [one.film.key for one in answers.films]

    def choose() -> None:
        rows = st.session_state["classify_table"]["selection"]["rows"]
        if rows and rows[0] < len(keys):
            found.choose(keys[rows[0]])

    st.dataframe(
        table,
        width="stretch",
        hide_index=True,
        placeholder=NONE,
        key="classify_table",
        on_select=choose,
        selection_mode="single-row",
        column_config={
            name: st.column_config.ProgressColumn(
                name.removeprefix("P(").removesuffix(")") if name != APART else name,
                format="%.1f %%",  # of percent_said's numbers
                min_value=0,
                max_value=100,
            )
            for name in share_columns(table)
        },
        alt="All films with their answers",
    )
