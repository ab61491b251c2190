"""Where the films to classify come from: the user's files, or films of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from core.datasets.choosing import counts, has_any
from core.errors import ThoraxLensError
from core.evaluation.predictions import Predictions
from core.images.decode import read_imported
from core.runs.files import RunFiles
from core.store import Run, Store
from core.text import count
from pages.components.empty_state import empty
from pages.components.films.credit import credit
from pages.components.films.gallery import tile
from pages.components.films.samples import offer_samples
from pages.components.run_labels import escaped, short_title
from pages.components.session import EXPLORE, artificial_sources, catalogue_frame

MINE = "My own films"
SAMPLES = "Sample films"
PER_PAGE = 12
TILE = 120  # px; two side by side fit a telephone
_CHOSEN = "classify_samples"


@dataclass(frozen=True)
class FilmInput:
    """One film to classify. ``truth``: what its source calls it, empty when nobody says; so are
    ``film_id``, ``source`` and ``patient`` for a film that is not of the catalogue."""

    name: str
    path: str = ""
    data: bytes = b""
    truth: str = ""
    film_id: str = ""
    source: str = ""
    patient: str = ""

    @property
    def is_sample(self) -> bool:
        return bool(self.path)

    def content(self) -> bytes:
        """The file's bytes. Raises FilmError when a sample has vanished or was replaced."""
        return read_imported(self.path, self.film_id) if self.path else self.data


def film_input(store: Store, runs: Sequence[Run]) -> list[FilmInput]:
    """Draw the uploader or the sample films; returns the films chosen there."""
    where = st.segmented_control(
        "Films",
        [MINE, SAMPLES],
        default=MINE,
        key="classify_where",
        required=True,
        persist_state="session",
    )
    return _uploads() if where == MINE else _samples(store, runs)


def _uploads() -> list[FilmInput]:
    files = st.file_uploader(
        "Drop films here: PNG, JPEG or DICOM, one or many",
        accept_multiple_files=True,
        key="classify_files",
        help="The content decides what a file is, not its name.",
    )
    st.caption(
        "Films are not kept unless you say so below. What a DICOM file says about the patient is "
        "neither shown nor stored."
    )
    return [FilmInput(one.name, data=one.getvalue()) for one in files]


OF_SOURCE = "All films of "


def _samples(store: Store, runs: Sequence[Run]) -> list[FilmInput]:
    pools = _pools(store, runs)
    if not pools:
        empty("The catalogue holds no films yet.", page=EXPLORE, label="Import films")
        return []
    left, right = st.columns([2, 1])
    pool = left.selectbox(
        "From",
        list(pools),
        key="classify_pool",
        help="Test films are the ones that the run has not seen while it learnt.",
    )
    frame = pools[str(pool)]
    # A film of a source may have several findings; of a class it is in one.
    by_finding = str(pool).startswith(OF_SOURCE)
    kinds = sorted(counts(frame["truth"]).index if by_finding else frame["truth"].unique())
    kind = right.selectbox(
        "Finding" if by_finding else "Class", ["all", *kinds], key="classify_kind"
    )
    if kind == "all":
        # One of each class in turn, so that the first page shows them all.
        turn = frame.groupby("truth", observed=True).cumcount()
        frame = frame.loc[turn.sort_values(kind="stable").index]
    else:
        frame = frame[has_any(frame["truth"], [kind]) if by_finding else frame["truth"] == kind]
    _tiles(store, frame)
    offer_samples(store, "classify")
    chosen: dict[str, FilmInput] = st.session_state.get(_CHOSEN, {})
    if chosen:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{count(len(chosen), 'film')} chosen")
            st.button("Choose none", on_click=lambda: st.session_state.pop(_CHOSEN, None))
    return list(chosen.values())


def _pools(store: Store, runs: Sequence[Run]) -> dict[str, pd.DataFrame]:
    """What to choose from, by name: columns film_id, path, source, patient, truth."""
    catalogue = catalogue_frame()
    pools: dict[str, pd.DataFrame] = {}
    for run in runs:
        tested = _tested(store, run)
        films = catalogue[catalogue["film_id"].isin(tested)]
        pools.setdefault(
            f"Test films of {_named(run)}",
            films.assign(truth=[tested[one] for one in films["film_id"]]),
        )
    for source in catalogue["source"].unique():
        films = catalogue[catalogue["source"] == source]
        pools[f"{OF_SOURCE}{source}"] = films.assign(truth=films["finding"].astype(str))
    return {name: frame for name, frame in pools.items() if len(frame)}


def _named(run: Run) -> str:
    """What test films are called by: seeds of one data set share theirs, each fold has its own."""
    if run.origin.is_from_elsewhere:  # a data set of that name here is another
        return short_title(run)
    repeat = run.spec.repeat
    if repeat is not None and repeat.kind == "folds":
        return f"{run.spec.dataset}, {run.repeat} ({run.run_id[-4:]})"
    return run.spec.dataset


def _tested(store: Store, run: Run) -> dict[str, str]:
    """Film → class of the run's own test films, which over folds are not those of the data set;
    for a run without readable predictions those of the data set, unless it is a fold."""
    try:
        films = Predictions.load(RunFiles(store.workspace.run_folder(run.run_id)).predictions).of(
            "test"
        )
    except ThoraxLensError:
        own = run.spec.repeat or run.origin.is_from_elsewhere
        return {} if own else _of_dataset(store, run.spec.dataset)
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


def _tiles(store: Store, frame: pd.DataFrame) -> None:
    pages = max(1, -(-len(frame) // PER_PAGE))
    if st.session_state.get("classify_page", 1) > pages:
        st.session_state["classify_page"] = 1
    first = (st.session_state.get("classify_page", 1) - 1) * PER_PAGE
    shown = frame.iloc[first : first + PER_PAGE]
    known = {one.film_id: one for one in store.catalogue.films(shown["film_id"].tolist())}
    chosen = st.session_state.get(_CHOSEN, {})
    with st.container(horizontal=True, gap="small"):
        for row in shown.itertuples():
            film_id, path, truth = str(row.film_id), str(row.path), str(row.truth)
            thumbnail = store.workspace.thumbnails / film_id[:2] / f"{film_id}.jpg"
            with st.container(width=TILE, gap="xsmall"):
                st.image(tile(str(thumbnail), TILE), width=TILE, alt=f"Chest X-ray: {truth}")
                key = f"sample_{film_id}"
                st.session_state[key] = film_id in chosen
                st.checkbox(
                    escaped(truth),
                    key=key,
                    on_change=_toggle,
                    args=(
                        film_id,
                        FilmInput(
                            Path(path).name,
                            path=path,
                            truth=truth,
                            film_id=film_id,
                            source=str(row.source),
                            patient=str(row.patient),
                        ),
                    ),
                )
                if film_id in known:
                    credit(known[film_id].metadata)
    if shown["source"].isin(artificial_sources()).any():
        st.caption(":material/draw: Films here are artificial: a program drew them.")
    if pages > 1:
        st.pagination(pages, key="classify_page", max_visible_pages=5)


def _toggle(film_id: str, film: FilmInput) -> None:
    chosen: dict[str, FilmInput] = st.session_state.setdefault(_CHOSEN, {})
    if film_id in chosen:
        del chosen[film_id]
    else:
        chosen[film_id] = film
