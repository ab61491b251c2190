"""What goes through the pipes of the prediction worker: one JSON object a line. No Keras here.

A request on its stdin: ``ClassifyRequest`` or ``ExplainRequest``. The answers on its stdout, each
with the request's id: any number of ``ClassifyProgress``, and then ``ClassifyResults`` or
``ExplainResults``, or ``ClassifyFailure``.
Film contents and heats are files in the request's folder, which belongs to the client: when it
takes the folder away, the request is given up.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.documents import Part
from core.evaluation.decision import Decision
from core.explain.covering import Covering
from core.explain.methods import Method
from core.gate.gate import PictureKind
from core.gate.similarity import Similarity


class FilmFile(Part):
    """A film to classify: what it is called, and its file in the request's folder."""

    name: str
    file: str


class ClassifyRequest(Part):
    """Films for runs, as ``PredictionClient.classify`` describes it."""

    kind: Literal["classify"] = "classify"
    id: int
    folder: Path
    runs: tuple[str, ...]
    films: tuple[FilmFile, ...]
    cam: bool
    heat_class: str | None = None
    every_class: bool = False
    lateral: bool = False
    bare: bool = False


class MapRow(Part):
    """One heat map, as ``core.prediction.client.HeatMap`` describes it. ``heat``: the name of a
    ``.npy`` file in the request's folder."""

    run: str
    method: Method
    class_name: str
    heat: str
    blank: str = ""
    deepest: float | None = None
    covering: Covering | None = None


class ExplainRequest(Part):
    """One film for runs, as ``PredictionClient.explain`` describes it."""

    kind: Literal["explain"] = "explain"
    id: int
    folder: Path
    runs: tuple[str, ...]
    film: FilmFile
    methods: tuple[Method, ...]
    tested: tuple[str, ...] = ()
    known: tuple[MapRow, ...] = ()


class FilmRow(Part):
    """What one run says about one film, as ``core.prediction.client.FilmResult`` describes it.

    ``film``: its place in the request. ``heat``, the values of ``heats`` and ``picture``: names of
    ``.npy`` files in the request's folder.
    """

    film: int
    run: str
    picture: str | None = None
    label: str | None = None
    probabilities: dict[str, float] = Field(default_factory=dict)
    heat: str | None = None
    heat_class: str | None = None
    error: str | None = None
    gate: PictureKind | None = None
    reason: str = ""
    answer: str
    not_sure: tuple[float, float] | None = None
    similarity: Similarity | None = None
    decision: Decision | None = None
    heats: dict[str, str] = Field(default_factory=dict)
    blank: dict[str, str] = Field(default_factory=dict)


class ClassifyProgress(Part):
    """``done`` of ``total`` results, one a film and run, or looks that a network takes at a film;
    ``doing``: what goes on, to show."""

    kind: Literal["progress"] = "progress"
    id: int
    done: int
    total: int
    doing: str


class ClassifyResults(Part):
    """One row a film and run, films outer."""

    kind: Literal["results"] = "results"
    id: int
    results: tuple[FilmRow, ...]


class ExplainResults(Part):
    """All heat maps, and for each run that made none why: a plain sentence."""

    kind: Literal["explanations"] = "explanations"
    id: int
    maps: tuple[MapRow, ...]
    errors: dict[str, str]


class ClassifyFailure(Part):
    """Why the request as a whole has no results: a plain sentence."""

    kind: Literal["failure"] = "failure"
    id: int
    error: str


AnyRequest = ClassifyRequest | ExplainRequest
Answer = ClassifyProgress | ClassifyResults | ExplainResults | ClassifyFailure


# By json and not by pydantic: a file's name may hold bytes that are no text in any encoding.
def line_of(message: AnyRequest | Answer) -> str:
    """The message as its line."""
    return json.dumps(message.model_dump(mode="json")) + "\n"


def request_in(line: str) -> AnyRequest:
    """Raises ValueError for a line that is no request."""
    return _requests().validate_python(json.loads(line))


def answer_in(line: str) -> Answer:
    """Raises ValueError for a line that is no answer."""
    return _answers().validate_python(json.loads(line))


@cache
def _requests() -> TypeAdapter[AnyRequest]:
    return TypeAdapter(Annotated[AnyRequest, Field(discriminator="kind")])


@cache
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Annotated[Answer, Field(discriminator="kind")])
