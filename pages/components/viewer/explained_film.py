"""A film with its answers' heat maps, and more ways to explain them, made when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import FilmError
from core.explain.methods import BY_GRADIENT, DEFAULT, METHODS, WORDS, Method
from pages.components.error_boundary import boundary
from pages.components.run_labels import escaped
from pages.components.session import get_client
from pages.components.viewer.film_viewer import LARGE, film_viewer
from pages.components.viewer.heat_layers import heat_layers, maps_with
from pages.components.viewer.packing import BEYOND, TALL, HeatLayer, Mark, Offer, OfferedMethod

if TYPE_CHECKING:
    from core.prediction.client import FilmResult
    from core.prediction.explain_job import ExplainJob
    from core.prediction.explanations import HeatMap

SOON = 0.7  # seconds: what takes no longer is waited for, and the page is drawn once
KEPT = 24  # films whose maps are still there when somebody comes back to them
_METHOD_CALLED = {words.title: method for method, words in WORDS.items()}


@dataclass(frozen=True)
class NetworkAnswer:
    """A network to show: what it is ``called``, its answer, and ``said``: the answer's class, or
    what else stands there, as the page has it."""

    called: str
    answer: FilmResult
    said: str


@dataclass
class _Explained:
    """What was asked for beyond the answers. ``why``: of methods that were asked for in vain."""

    maps: dict[tuple[str, Method, str], HeatMap] = field(default_factory=dict)
    why: dict[Method, str] = field(default_factory=dict)
    job: ExplainJob | None = None
    methods: tuple[Method, ...] = ()  # that the job is to make
    problem: str = ""  # of the last test
    turn: int = 0


@st.fragment
@boundary()
def explained_film(
    data: bytes,
    name: str,
    answers: Sequence[NetworkAnswer],
    *,
    key: str,
    alt: str,
    marks: Sequence[Mark] = (),
    most: int = LARGE,
    tall: float = TALL,
    whole: float = BEYOND,
) -> None:
    """The film in the viewer with the heat maps of ``answers``; why not, where it cannot be read. A
    fragment: what is asked for here draws nothing else anew. Other arguments as of
    ``film_viewer``."""
    shown = [one for one in answers if one.answer.heats or one.answer.heat is not None]
    kept = _kept(key, data, shown)
    _take_over(kept)
    try:
        film_viewer(
            data,
            name,
            key=key,
            alt=alt,
            networks=[one.called for one in shown],
            layers=_layers(kept, shown),
            marks=marks,
            most=most,
            tall=tall,
            whole=whole,
            offer=_offer(kept) if shown else None,
            on_wish=lambda wish: _fulfil(kept, wish, (name, data), shown),
        )
    except FilmError as error:  # it was there when the networks were asked
        st.error(f"The film cannot be shown: {escaped(error)}", icon=":material/broken_image:")
        return
    if kept.job is not None:
        state = kept.job.state
        share = min(state.done / max(state.total, 1), 1.0)
        st.progress(share, text=escaped(state.doing))
    if kept.problem:
        st.warning(f"The heat map was not tested. {escaped(kept.problem)}", icon=":material/error:")


def _kept(key: str, data: bytes, shown: Sequence[NetworkAnswer]) -> _Explained:
    """Of this film and these answers; what is being asked about another film is given up."""
    told = repr([(one.answer.run_id, one.answer.probabilities) for one in shown])
    about = sha256(data + told.encode()).hexdigest()
    films: dict[str, _Explained] = st.session_state.setdefault(f"{key}_explained", {})
    found = films.pop(about, None) or _Explained()
    for other in films.values():
        if other.job is not None:
            other.job.stop()
    while len(films) >= KEPT:
        del films[next(iter(films))]
    films[about] = found
    return found


def _take_over(kept: _Explained) -> None:
    """What the job has found, once it has ended."""
    job = kept.job
    if job is None or not job.wait(0):
        return
    kept.maps |= {(one.run_id, one.method, one.class_name): one for one in job.result.maps}
    problem = job.problem or " ".join(dict.fromkeys(job.result.errors.values()))
    for method in kept.methods:
        kept.why.pop(method, None)
        if problem:
            kept.why[method] = problem
    kept.problem = "" if kept.methods else problem
    kept.job = None
    kept.turn += 1


def _layers(kept: _Explained, shown: Sequence[NetworkAnswer]) -> list[HeatLayer]:
    return [
        layer
        for place, one in enumerate(shown)
        for layer in heat_layers(
            place,
            one.answer,
            one.said,
            [made for made in kept.maps.values() if made.run_id == one.answer.run_id],
        )
    ]


def _offer(kept: _Explained) -> Offer:
    return Offer(
        [
            OfferedMethod(WORDS[one].title, WORDS[one].line, kept.why.get(one, ""))
            for one in METHODS
        ],
        kept.job is not None,
        kept.turn,
    )


def _fulfil(
    kept: _Explained, wish: object, film: tuple[str, bytes], shown: Sequence[NetworkAnswer]
) -> None:
    """Begin or end what the viewer wishes. It comes from a browser, so it is looked at as a
    stranger's; to be shown how far it is, a viewer wishes nothing in particular."""
    if not isinstance(wish, dict):
        return
    if wish.get("what") == "stop" and kept.job is not None:
        kept.job.stop()
        kept.job.wait(SOON)
    method = _METHOD_CALLED.get(str(wish.get("method")))
    if wish.get("what") == "make" and method is not None:
        # Whoever has one method by gradient has them all.
        together = tuple(one for one in BY_GRADIENT if one != DEFAULT)
        _begin(kept, together if method in together else (method,), [], film, shown)
    classes = wish.get("classes")
    if wish.get("what") == "test" and method is not None and isinstance(classes, list):
        there = {
            (one.run_id, one.method, one.class_name): one
            for each in shown
            for one in maps_with(each.answer, each.said)
        } | kept.maps
        known = [
            one
            for one in there.values()
            if one.method == method and one.class_name in classes and one.covering is None
        ]
        if known:
            _begin(kept, (method,), known, film, shown)
        else:  # an end all the same: the viewer waits for one
            kept.turn += 1


def _begin(
    kept: _Explained,
    methods: tuple[Method, ...],
    known: Sequence[HeatMap],
    film: tuple[str, bytes],
    shown: Sequence[NetworkAnswer],
) -> None:
    """Have maps made by ``methods``, or those that are ``known`` tested."""
    from core.prediction.explain_job import ExplainJob

    if kept.job is not None:
        kept.job.stop()
    kept.methods = methods if not known else ()
    kept.problem = ""
    run_ids = {one.run_id for one in known} or {one.answer.run_id for one in shown}
    explain = partial(
        get_client().explain,
        [one.answer.run_id for one in shown if one.answer.run_id in run_ids],
        film,
        kept.methods,
        known=known,
    )
    kept.job = ExplainJob(lambda told: explain(progress=told))
    kept.job.wait(SOON)
