"""What the points of the map are coloured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from core.datasets.bias_checks import AGE_GROUPS, age_groups
from core.datasets.label_map import findings_of
from core.errors import ThoraxLensError
from core.evaluation.decision import decided
from core.evaluation.predictions import predicted_classes
from core.figures.catalogue import ORDER, SEVERAL, Column
from core.film_map.separation import MapAspect
from core.runs.files import RunFiles
from core.store import Run, RunState, Store
from pages.components.run_labels import short_title

ANSWERS, TAGS, CORRECTED = "answers", "tags", "corrected"
NO_ANSWER, NO_TAG = "not among its films", "no tag"
LABELS = {
    "source": "Source",
    "finding": "Finding",
    "view": "View",
    "sex": "Sex",
    "age": "Age",
    ANSWERS: "A run’s answers",
    TAGS: "Tag",
    CORRECTED: "Corrected or not",
}


@dataclass(frozen=True, eq=False)
class Colouring:
    """``kinds``: a text a film. ``column``: whose colours they get. ``order``: kinds that keep
    their places. ``aspect``: what the map can say whether it lies apart, None for nothing."""

    kinds: pd.Series
    column: Column
    order: tuple[str, ...] = ()
    aspect: MapAspect | None = None


def colouring(films: pd.DataFrame, store: Store) -> Colouring:
    """Ask what to colour by. ``films``: rows of the catalogue's frame."""
    runs = store.runs.all([RunState.DONE])
    there = {ANSWERS: bool(runs), TAGS: bool(store.tags.all()),
             CORRECTED: bool((films["source_finding"] != "").any())}  # fmt: skip
    options = [one for one in LABELS if there.get(one, True)]
    if films["source"].nunique() < 2:  # then they say most by what they show
        options.sort(key=lambda one: one != "finding")
    if st.session_state.get("map_colour") not in options:
        st.session_state.pop("map_colour", None)
    asked = st.selectbox(
        "Colour by", options, format_func=LABELS.__getitem__, key="map_colour",
        persist_state="session",
    )  # fmt: skip
    if asked == ANSWERS:
        return _answers(films, store, runs)
    return _MADE[asked](films, store)


def _source(films: pd.DataFrame, _: Store) -> Colouring:
    return Colouring(films["source"].astype(str), "source", aspect="source")


def _finding(films: pd.DataFrame, _: Store) -> Colouring:
    texts = films["finding"].astype(str)
    kinds = texts.map({one: _single(one) for one in texts.unique()})
    return Colouring(kinds, "finding", aspect="finding")


def _view(films: pd.DataFrame, _: Store) -> Colouring:
    return Colouring(films["view"].astype(str), "view", ORDER["view"], "view")


def _sex(films: pd.DataFrame, _: Store) -> Colouring:
    return Colouring(films["sex"].astype(str), "sex", ORDER["sex"], "sex")


def _age(films: pd.DataFrame, _: Store) -> Colouring:
    return Colouring(age_groups(films["age"]).astype(str), "view", tuple(AGE_GROUPS[:-1]), "age")


def _tags(films: pd.DataFrame, store: Store) -> Colouring:
    kinds = pd.Series(NO_TAG, index=films.index)
    for tag, film_ids in store.tags.all().items():
        has = films["film_id"].isin(film_ids)
        several = has & (kinds != NO_TAG)
        kinds = kinds.mask(has, tag).mask(several, "several tags")
    return Colouring(kinds, "view")


def _corrected(films: pd.DataFrame, _: Store) -> Colouring:
    by_hand = (films["source_finding"] != "").to_numpy()
    names = ("corrected", "as its source says")
    return Colouring(pd.Series(np.where(by_hand, *names), index=films.index), "view", names)


def _answers(films: pd.DataFrame, store: Store, runs: Sequence[Run]) -> Colouring:
    titles = {one.run_id: short_title(one) for one in runs}
    if st.session_state.get("map_run") not in titles:
        st.session_state.pop("map_run", None)
    run_id = st.selectbox(
        "Run", list(titles), format_func=titles.__getitem__, key="map_run", persist_state="session"
    )
    kinds = pd.Series(NO_ANSWER, index=films.index)
    try:
        told = decided(RunFiles(store.workspace.run_folder(run_id)))
    except ThoraxLensError as error:
        st.warning(str(error))
        return Colouring(kinds, "class_name")
    here = np.isin(told.film_ids, films["film_id"].to_numpy(dtype=str))  # of up to 100,000
    words = [
        f"{told.classes[answer]}{'' if answer == truth else ', wrong'}"
        for answer, truth in zip(predicted_classes(told)[here], told.y_true[here], strict=True)
    ]
    found = dict(zip(told.film_ids[here].tolist(), words, strict=True))
    kinds = films["film_id"].astype(str).map(found).fillna(NO_ANSWER)
    order = (*told.classes, *(f"{one}, wrong" for one in told.classes))
    return Colouring(kinds, "class_name", order)


def _single(finding: str) -> str:
    return SEVERAL if len(findings_of(finding)) > 1 else finding


_MADE: dict[str, Callable[[pd.DataFrame, Store], Colouring]] = {
    "source": _source,
    "finding": _finding,
    "view": _view,
    "sex": _sex,
    "age": _age,
    TAGS: _tags,
    CORRECTED: _corrected,
}
