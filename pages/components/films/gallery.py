"""Films as rows of small pictures, a page at a time."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from PIL import Image

from core.datasets.label_map import findings_of
from core.store import Film, Store
from core.store.film_rows import UNKNOWN
from core.workspace import Workspace
from pages.components.films.catalogue_labels import CATALOGUE_LABELS
from pages.components.films.credit import credit
from pages.components.films.film_dialog import open_film
from pages.components.films.tile_row import over
from pages.components.run_labels import escaped

if TYPE_CHECKING:
    import pandas as pd

PER_PAGE = 24
TILE = 156  # px: two side by side on a telephone, six on a desktop
PAGINATION = 288  # px: five numbers and the two arrows


def mixed(frame: pd.DataFrame, artificial: Collection[str]) -> pd.DataFrame:
    """The films of a catalogue frame, one of each finding in turn, artificial ones at the end.

    So that the first page shows what there is, and not 24 films of one kind.
    """
    import pandas as pd  # only here: the first page shows a row of films, and needs no table

    drawn = frame["source"].isin(artificial)
    # By the first finding of each film: the combinations of 14 findings would fill all pages.
    leading = frame["finding"].map(lambda text: findings_of(text)[0])
    turn = frame.groupby(leading, observed=True).cumcount()
    order = pd.DataFrame({"drawn": drawn, "turn": turn}).sort_values(
        ["drawn", "turn"], kind="stable"
    )
    return frame.loc[order.index]


def gallery(frame: pd.DataFrame, store: Store, *, artificial: Collection[str], key: str) -> None:
    """The films of a catalogue frame, 24 a page; a click opens one (``film`` in the address)."""
    pages = max(1, -(-len(frame) // PER_PAGE))
    state = f"{key}_page"
    if st.session_state.get(state, 1) > pages:
        st.session_state[state] = 1
    number = int(st.session_state.get(state, 1))
    first = (number - 1) * PER_PAGE
    films = store.catalogue.films(frame["film_id"].iloc[first : first + PER_PAGE].tolist())
    film_strip(films, store.workspace, artificial=artificial, key=key)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            # A width of its own: it shows as many numbers as fit, and beside the caption it
            # would shrink with every number that it drops.
            st.pagination(pages, key=state, max_visible_pages=5, width=PAGINATION)
            last = min(first + PER_PAGE, len(frame))
            st.caption(f"Films {first + 1:,} to {last:,} of {len(frame):,}")


def film_strip(
    films: Iterable[Film], workspace: Workspace, *, artificial: Collection[str], key: str
) -> None:
    """One tile a film: picture, finding and view, and a button that opens it."""
    row = f"{key}_strip"
    with st.container(horizontal=True, gap="small", key=row):
        over(row, TILE)
        for film in films:
            finding, view = (CATALOGUE_LABELS.get(one, one) for one in (film.finding, film.view))
            kind = f"finding {finding}, view {view}"
            with st.container(width=TILE, gap="xsmall"):
                picture = tile(str(workspace.thumbnail(film.film_id)), TILE)
                st.image(picture, width=TILE, alt=f"Chest X-ray: {kind}")
                st.button(
                    escaped(finding),
                    key=f"{key}_{film.film_id}",
                    on_click=open_film,
                    args=(film.film_id,),
                    help=f"{escaped(kind)}. {escaped(film.source)}. Click to see it large.",
                    type="tertiary",
                    width="stretch",
                    wrap=False,
                )
                note = " · artificial" if film.source in artificial else ""
                st.caption(
                    f"{'view ' if view == CATALOGUE_LABELS[UNKNOWN] else ''}{escaped(view)}{note}"
                )
                credit(film.metadata)


def tile(path: str, size: int) -> bytes:
    """A square JPEG with the whole thumbnail on black, so that rows of films line up; grey where
    there is no thumbnail, which may come later, with its film."""
    return _squared(path, size, Path(path).exists())


@st.cache_data(show_spinner=False, max_entries=2_000)
def _squared(path: str, size: int, is_there: bool) -> bytes:
    square = Image.new("L", (size, size), 0)
    if is_there:
        with Image.open(path, formats=("JPEG",)) as picture:
            film = picture.convert("L")
            film.thumbnail((size, size))
        square.paste(film, ((size - film.width) // 2, (size - film.height) // 2))
    else:
        square.paste(60, (0, 0, size, size))
    buffer = io.BytesIO()
    square.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()
