"""Films of the catalogue to try networks on: a click on one has it answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from core.datasets.choosing import counts, has_any
from core.errors import ThoraxLensError
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.classify.film_input import FilmInput, sample
from pages.components.empty_state import empty
from pages.components.films.credit import credit
from pages.components.films.gallery import tile
from pages.components.films.samples import offer_samples
from pages.components.films.tile_row import over
from pages.components.run_labels import escaped, short_title
from pages.components.session import EXPLORE, artificial_sources, catalogue_frame

PER_PAGE = 12
TILE = 120  # px; two side by side fit a telephone
OF_SOURCE = "All films of "


def films_to_try(store: Store, runs: Sequence[Run], on_click: Callable[[FilmInput], None]) -> None:
    """Test films of the runs and films of every source, a page at a time."""
    pools = _pools(store, runs)
    if not pools:
        empty("The catalogue holds no films yet.", page=EXPLORE, label="Import films")
        return
    left, right = st.columns([2, 1])
    pool = left.selectbox(
        "From",
        list(pools),
        key="classify_pool",
        persist_state="session",
        help="Test films are the ones that the run has not seen while it learnt.",
    )
    frame = pools[str(pool)]()
    # A film of a source may have several findings; of a class it is in one.
    by_finding = str(pool).startswith(OF_SOURCE)
    kinds = sorted(counts(frame["truth"]).index if by_finding else frame["truth"].unique())
    kind = right.selectbox(
        "Finding" if by_finding else "Class",
        ["all", *kinds],
        key="classify_kind",
        persist_state="session",
    )
    if kind == "all":
        # One of each class in turn, so that the first page shows them all.
        turn = frame.groupby("truth", observed=True).cumcount()
        frame = frame.loc[turn.sort_values(kind="stable").index]
    else:
        frame = frame[has_any(frame["truth"], [kind]) if by_finding else frame["truth"] == kind]
    _tiles(store, frame, on_click)
    offer_samples(store, "classify")


def _pools(store: Store, runs: Sequence[Run]) -> dict[str, Callable[[], pd.DataFrame]]:
    """What to choose from, by name: what makes a table, not empty, with the columns film_id, path,
    source, patient, truth. Only the chosen one is made: of 100,000 films it takes a while."""
    catalogue = catalogue_frame()
    pools: dict[str, Callable[[], pd.DataFrame]] = {}
    named = set()
    for run in runs:
        name = f"Test films of {_named(run)}"
        if name in named:
            continue
        named.add(name)
        tested = _tested(store, run)
        films = catalogue[catalogue["film_id"].isin(tested)]
        if len(films):
            pools[name] = partial(_with_classes, films, tested)
    for source in catalogue["source"].unique():
        pools[f"{OF_SOURCE}{source}"] = partial(_of_source, catalogue, source)
    return pools


def _with_classes(films: pd.DataFrame, tested: Mapping[str, str]) -> pd.DataFrame:
    return films.assign(truth=[tested[one] for one in films["film_id"]])


def _of_source(catalogue: pd.DataFrame, source: str) -> pd.DataFrame:
    films = catalogue[catalogue["source"] == source]
    return films.assign(truth=films["finding"].astype(str))


def _named(run: Run) -> str:
    """What test films are called by: seeds of one data set share theirs, each fold has its own."""
    if run.origin.is_from_elsewhere:  # a data set of that name here is another
        return short_title(run)
    repeat = run.spec.repeat
    if repeat is not None and repeat.kind == "folds":
        return f"{run.spec.dataset}, {run.repeat} ({run.run_id[-4:]})"
    return run.spec.dataset


def _tested(store: Store, run: Run) -> Mapping[str, str]:
    """Film → class of the run's own test films, which over folds are not those of the data set;
    for a run without readable predictions those of the data set, unless it is a fold."""
    file = RunFiles(store.workspace.run_folder(run.run_id)).predictions
    try:
        return _predicted(str(file), file.stat().st_mtime_ns if file.exists() else 0)
    except ThoraxLensError:
        own = run.spec.repeat or run.origin.is_from_elsewhere
        return {} if own else _of_dataset(store, run.spec.dataset)


@st.cache_resource(show_spinner=False, max_entries=16)
def _predicted(file: str, changed: int) -> Mapping[str, str]:
    films = Predictions.load(file).of("test")
    return {
        film: films.classes[truth]
        for film, truth in zip(films.film_ids.tolist(), films.y_true.tolist(), strict=True)
    }


def _of_dataset(store: Store, name: str) -> dict[str, str]:
    try:
        members = store.datasets.members(name)
    except ThoraxLensError:  # deleted, and the run's own predictions are gone too
        return {}
    tested = members[members["split"] == "test"]
    return dict(zip(tested["film_id"], tested["class_name"], strict=True))


def _tiles(store: Store, frame: pd.DataFrame, on_click: Callable[[FilmInput], None]) -> None:
    pages = max(1, -(-len(frame) // PER_PAGE))
    if st.session_state.get("classify_page", 1) > pages:
        st.session_state["classify_page"] = 1
    first = (st.session_state.get("classify_page", 1) - 1) * PER_PAGE
    shown = frame.iloc[first : first + PER_PAGE]
    known = {one.film_id: one for one in store.catalogue.films(shown["film_id"].tolist())}
    with st.container(horizontal=True, gap="small", key="classify_samples"):
        over("classify_samples", TILE)
        for row in shown.itertuples():
            film_id, truth = str(row.film_id), str(row.truth)
            picture = store.workspace.thumbnail(film_id)
            with st.container(width=TILE, gap="xsmall"):
                st.image(tile(str(picture), TILE), width=TILE, alt=f"Chest X-ray: {truth}")
                film = sample(film_id, str(row.path), truth, str(row.source), str(row.patient))
                st.button(
                    escaped(truth),
                    key=f"sample_{film_id}",
                    on_click=on_click,
                    args=(film,),
                    help=f"{escaped(truth)}. {escaped(row.source)}. Click to have it answered.",
                    type="tertiary",
                    width="stretch",
                    wrap=False,
                )
                if film_id in known:
                    credit(known[film_id].metadata)
    if shown["source"].isin(artificial_sources()).any():
        st.caption(":material/draw: Films here are artificial: a program drew them.")
    if pages > 1:
        st.pagination(pages, key="classify_page", max_visible_pages=5)
