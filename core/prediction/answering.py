"""From requests to results: what the prediction worker does between its pipes [K].

The form of requests and answers is described in worker.py.
"""

from __future__ import annotations

import gc
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Cancelled, FilmError, ThoraxLensError
from core.evaluation.operating_point import OperatingPoint, answer, apply, operating_point_of
from core.gate.gate import REFUSED, Verdict, look
from core.gate.likeness import Likeness, TrainingFilms, training_films
from core.images.decode import decode_bytes
from core.images.resize import resize, thumbnail
from core.models.registry import get_model
from core.prediction.loading import LoadedRun, load_run, run_files
from core.training.artefacts import RunCard
from core.workspace import Workspace

BATCH = 32
LOADED_RUNS = 4
KNOWN_RUNS = 16  # whose training films are kept in memory: 6 kB a film
LIKENESS_SIDE = 256  # px, longest side, as the thumbnails of the training films have it
GIVEN_UP = "The request was given up."

Say = Callable[[dict[str, Any]], None]


class Loader:
    """The runs used last, kept loaded. A run that was trained further is loaded anew."""

    def __init__(self, workspace: Workspace, limit: int = LOADED_RUNS) -> None:
        self._workspace = workspace
        self._limit = limit
        self._loaded: OrderedDict[tuple[str, int], LoadedRun] = OrderedDict()
        self._training_films: OrderedDict[tuple[str, int], TrainingFilms | None] = OrderedDict()

    def card(self, run_id: str) -> RunCard:
        """What the run's model is, without loading it. Raises NotFoundError."""
        return RunCard.load(run_files(self._workspace, run_id).card)

    def get(self, run_id: str) -> LoadedRun:
        """Raises what ``load_run`` raises."""
        key = (run_id, run_files(self._workspace, run_id).weights.stat().st_mtime_ns)
        if key not in self._loaded:
            while len(self._loaded) >= self._limit:
                self._loaded.popitem(last=False)
                gc.collect()  # a compiled model is full of cycles, and large
            self._loaded[key] = load_run(self._workspace, run_id)
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def training_films(self, run_id: str) -> TrainingFilms | None:
        """What the run has learnt from, to compare films with; None when that is gone."""
        files = run_files(self._workspace, run_id)
        key = (run_id, files.weights.stat().st_mtime_ns)
        if key not in self._training_films:
            while len(self._training_films) >= KNOWN_RUNS:
                self._training_films.popitem(last=False)
            self._training_films[key] = training_films(self._workspace, files)
        return self._training_films[key]

    def operating_point(self, run_id: str) -> OperatingPoint | None:
        """Read anew each time, because the Report page may change it; None for a run
        that has too few validation films to choose one."""
        try:
            return operating_point_of(run_files(self._workspace, run_id))
        except ThoraxLensError:
            return None

    def is_loaded(self, run_id: str) -> bool:
        return any(key[0] == run_id for key in self._loaded)


class Request:
    """One request on its way to its results, film by film and run by run."""

    def __init__(self, loader: Loader, content: dict[str, Any], say: Say) -> None:
        self._loader = loader
        self._folder = Path(content["folder"])
        self._runs: list[str] = content["runs"]
        self._films: list[dict[str, str]] = content["films"]
        self._cam: bool = content["cam"]
        self._heat_class: str | None = content.get("heat_class")
        self._lateral: bool = content.get("lateral", False)
        self._bare: bool = content.get("bare", False)
        self._say = say
        self._done = 0
        self._verdicts: dict[int, Verdict] = {}
        self._thumbnails: dict[int, np.ndarray] = {}

    def answer(self) -> list[dict[str, Any]]:
        """One result a film and run, films outer. Raises Cancelled when given up."""
        run_errors: dict[str, str] = {}
        cards: dict[str, RunCard] = {}
        for run_id in self._runs:
            try:
                cards[run_id] = self._loader.card(run_id)
            except ThoraxLensError as error:
                run_errors[run_id] = str(error)
        films, film_errors = self._read_films({card.image_size for card in cards.values()})
        found: dict[tuple[int, str], dict[str, Any]] = {}
        for run_id, card in cards.items():
            try:
                for index, result in self._classify(run_id, card, films[card.image_size]):
                    found[index, run_id] = result
            except Cancelled:
                raise
            except ThoraxLensError as error:
                run_errors[run_id] = str(error)
        empty: dict[str, Any] = {
            "label": None, "probabilities": {}, "heat": None, "heat_class": None, "error": None,
            "answer": REFUSED, "not_sure": None, "likeness": None,
        }  # fmt: skip
        return [
            {
                **{"film": index, "run": run_id, **empty, **self._gate(index)},
                **found.get(
                    (index, run_id),
                    {"error": film_errors.get(index) or run_errors.get(run_id)},
                ),
            }
            for index in range(len(self._films))
            for run_id in self._runs
        ]

    def _gate(self, index: int) -> dict[str, Any]:
        verdict = self._verdicts.get(index)
        if verdict is None:  # not even a picture, or nobody asked
            return {"gate": None, "reason": ""}
        return {"gate": verdict.kind, "reason": verdict.reason}

    def _is_answered(self, verdict: Verdict) -> bool:
        """A film from the side only when that was asked for; what is no film never."""
        return verdict.kind == "frontal" or (verdict.kind == "lateral" and self._lateral)

    def _read_films(
        self, sizes: set[int]
    ) -> tuple[dict[int, dict[int, np.ndarray]], dict[int, str]]:
        """Decode each film once and keep it at the sizes wanted only: originals are large.

        What the gate refuses is not among them, so no network ever sees it.
        """
        films: dict[int, dict[int, np.ndarray]] = {size: {} for size in sizes}
        errors: dict[int, str] = {}
        for index, film in enumerate(self._films):
            self._check_wanted()
            self._progress(f"Reading {film['name']}")
            try:
                path = self._folder / film["file"]
                decoded = decode_bytes(path.read_bytes(), film["name"])
            except FilmError as error:
                errors[index] = str(error)
                self._done += len(self._runs)
                continue
            if not self._bare:
                self._verdicts[index] = verdict = look(decoded.pixels, decoded.colour)
                if not self._is_answered(verdict):
                    self._done += len(self._runs)
                    continue
                self._thumbnails[index] = thumbnail(decoded.pixels, LIKENESS_SIDE)
            for size in sizes:
                films[size][index] = resize(decoded.pixels, size)
        return films, errors

    def _classify(
        self, run_id: str, card: RunCard, films: dict[int, np.ndarray]
    ) -> Iterator[tuple[int, dict[str, Any]]]:
        if not films:
            return
        title = get_model(card.model).title
        if not self._loader.is_loaded(run_id):
            self._progress(f"Loading {title}")
        run = self._loader.get(run_id)
        learnt = None if self._bare else self._loader.training_films(run_id)
        point = None if self._bare else self._loader.operating_point(run_id)
        indices = list(films)
        for start in range(0, len(indices), BATCH):
            self._check_wanted()
            self._progress(f"Classifying with {title}")
            batch = indices[start : start + BATCH]
            # A run that does not know the class explains its own answer.
            asked = self._heat_class if self._heat_class in card.classes else None
            place = None if asked is None else card.classes.index(asked)
            shown = np.stack([films[index] for index in batch])
            probabilities, heats = run.classify(shown, place)
            for index, row, heat in zip(batch, probabilities, heats, strict=True):
                like = None if learnt is None else learnt.compare(self._thumbnails[index])
                result = self._result(index, run_id, card.classes, row, heat)
                yield index, {**result, **_decided(point, row, card.classes), **_told(like)}
            self._done += len(batch)
        self._progress(f"Classified with {title}")

    def _result(
        self, index: int, run_id: str, classes: Iterable[str], row: np.ndarray, heat: np.ndarray
    ) -> dict[str, Any]:
        names = list(classes)
        file = None
        if self._cam:
            file = f"{index}-{self._runs.index(run_id)}.npy"
            np.save(self._folder / file, heat)
        label = names[int(row.argmax())]
        return {
            "label": label,
            "heat_class": self._heat_class if self._heat_class in names else label,
            "heat": file,
        }

    def _progress(self, what: str) -> None:
        total = len(self._films) * len(self._runs)
        self._say({"progress": [self._done, total, what]})

    def _check_wanted(self) -> None:
        if not self._folder.is_dir():
            raise Cancelled(GIVEN_UP)


def _decided(
    point: OperatingPoint | None, row: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """Calibrated probabilities and the answer that they come to at the run's threshold;
    without one, as the network gives them, and the most probable class."""
    if point is not None and point.positive not in classes:
        point = None  # chosen for other classes: a file that somebody moved
    shown = row if point is None else apply(point, row[None])[0]
    said = classes[int(row.argmax())] if point is None else answer(point, shown, classes)
    return {
        "probabilities": dict(zip(classes, map(float, shown), strict=True)),
        "answer": said,
        "not_sure": None if point is None else list(point.not_sure),
    }


def _told(like: Likeness | None) -> dict[str, Any]:
    return {"likeness": None if like is None else asdict(like)}


def serve(workspace: Workspace, requests: Iterable[dict[str, Any]], say: Say) -> None:
    """Answer requests one after the other. What goes wrong with one ends only that one."""
    loader = Loader(workspace)
    for content in requests:
        number = content.get("id")

        def reply(answer: dict[str, Any], number: Any = number) -> None:
            say({"id": number, **answer})

        try:
            reply({"results": Request(loader, content, reply).answer()})
        except ThoraxLensError as error:
            reply({"error": str(error)})
        except Exception as error:  # noqa: BLE001 - the border of the process
            if not Path(content["folder"]).is_dir():  # taken away in the middle of a step
                reply({"error": GIVEN_UP})
                continue
            traceback.print_exc()
            reply({"error": f"Classifying failed: {type(error).__name__}: {error}."})
