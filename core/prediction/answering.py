"""From requests to results: what the prediction worker does between its pipes [K].

The form of requests and answers is described in messages.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator

import numpy as np

from core.errors import Cancelled, FilmError, ThoraxLensError
from core.evaluation.decision import Decision
from core.gate.gate import REFUSED, GateVerdict, PictureKind, assess
from core.images.decode import decode_bytes
from core.images.resize import resize, thumbnail
from core.models.registry import get_network
from core.prediction.explaining import Explaining
from core.prediction.loader import Loader
from core.prediction.loading import NetworkOutput
from core.prediction.messages import (
    AnyRequest,
    ClassifyRequest,
    ClassifyResults,
    ExplainRequest,
    FilmRow,
)
from core.prediction.turns import RequestTurns
from core.prediction.work import SendAnswer, Work, blank_because
from core.runs.config import RunConfig
from core.workspace import Workspace

SIMILARITY_SIDE = 256  # px, longest side, as the thumbnails of the training films have it


class Classifying(Work):
    """Films classified, film by film and run by run."""

    def __init__(self, loader: Loader, asked: ClassifyRequest, send: SendAnswer) -> None:
        super().__init__(loader, asked, send)
        self._asked = asked
        self._runs = asked.runs
        self._films = asked.films
        self._verdicts: dict[int, GateVerdict] = {}
        self._thumbnails: dict[int, np.ndarray] = {}
        self._pictures: dict[int, str] = {}  # their files

    def _results(self) -> Generator[None, None, ClassifyResults]:
        rows = yield from self._answer()
        return ClassifyResults(id=self._id, results=tuple(rows))

    def _doing(self) -> str:
        return "Classifying"

    def _total(self) -> int:
        return len(self._films) * len(self._runs)

    def _answer(self) -> Generator[None, None, list[FilmRow]]:
        """One result a film and run, films outer. Raises Cancelled when given up."""
        run_errors: dict[str, str] = {}
        cards: dict[str, RunConfig] = {}
        for run_id in self._runs:
            try:
                cards[run_id] = self._loader.card(run_id)
            except ThoraxLensError as error:
                run_errors[run_id] = str(error)
        films, film_errors = yield from self._read_films(
            {card.image_size for card in cards.values()}
        )
        found: dict[tuple[int, str], FilmRow] = {}
        for run_id, card in cards.items():
            try:
                yield from self._classify(run_id, card, films[card.image_size], found)
            except Cancelled:
                raise
            except ThoraxLensError as error:
                run_errors[run_id] = str(error)
            except OSError:
                self._check_wanted()
                try:  # it may have been deleted in the middle
                    self._loader.card(run_id)
                except ThoraxLensError as error:
                    run_errors[run_id] = str(error)
                else:
                    raise
        return [
            found.get((index, run_id))
            or self._unanswered(index, run_id, film_errors.get(index) or run_errors.get(run_id))
            for index in range(len(self._films))
            for run_id in self._runs
        ]

    def _unanswered(self, index: int, run_id: str, error: str | None) -> FilmRow:
        gate, reason = self._gate(index)
        return FilmRow(
            film=index,
            run=run_id,
            picture=self._pictures.get(index),
            error=error,
            gate=gate,
            reason=reason,
            answer=REFUSED,
        )

    def _gate(self, index: int) -> tuple[PictureKind | None, str]:
        verdict = self._verdicts.get(index)
        if verdict is None:  # not even a picture, or nobody asked
            return None, ""
        return verdict.kind, verdict.reason

    def _is_answered(self, verdict: GateVerdict) -> bool:
        """A film from the side only when that was asked for; what is no film never."""
        return verdict.kind == "frontal" or (verdict.kind == "lateral" and self._asked.lateral)

    def _read_films(
        self, sizes: set[int]
    ) -> Generator[None, None, tuple[dict[int, dict[int, np.ndarray]], dict[int, str]]]:
        """Decode each film once and keep it at the sizes wanted only: originals are large.

        What the gate refuses is not among them, so no network ever sees it.
        """
        films: dict[int, dict[int, np.ndarray]] = {size: {} for size in sizes}
        errors: dict[int, str] = {}
        for index, film in enumerate(self._films):
            if index:
                yield  # never behind the last of the work: what is done is to be said at once
            self._check_wanted()
            self._progress(f"Reading {film.name}")
            try:
                path = self._folder / film.file
                decoded = decode_bytes(path.read_bytes(), film.name)
            except FilmError as error:
                errors[index] = str(error)
                self._done += len(self._runs)
                continue
            if not self._asked.bare:
                small = thumbnail(decoded.pixels, SIMILARITY_SIDE)
                self._pictures[index] = f"{index}.small.npy"
                np.save(self._folder / self._pictures[index], small)
                self._verdicts[index] = verdict = assess(decoded.pixels, decoded.colour)
                if not self._is_answered(verdict):
                    self._done += len(self._runs)
                    continue
                self._thumbnails[index] = small
            for size in sizes:
                films[size][index] = resize(decoded.pixels, size)
        return films, errors

    def _classify(
        self,
        run_id: str,
        card: RunConfig,
        films: dict[int, np.ndarray],
        found: dict[tuple[int, str], FilmRow],
    ) -> Iterator[None]:
        """Put a result for each of the films into ``found``; stops between batches."""
        if not films:
            return
        title = get_network(card.model).title
        is_fresh = not self._loader.is_loaded(run_id)
        if is_fresh:
            self._progress(f"Loading {title}")
        run = self._loader.get(run_id)
        learnt = None if self._asked.bare else self._loader.training_films(run_id)
        classes = card.classes
        decision = Decision(classes) if self._asked.bare else self._loader.decision(run_id, classes)
        indices = list(films)
        while indices:
            if len(self._films) > 1 or self._done:
                yield
            self._check_wanted()
            self._progress(f"Classifying with {title}")
            began = time.monotonic()
            size = self._loader.batch(run_id)
            batch, indices = indices[:size], indices[size:]
            output = run.predict(np.stack([films[index] for index in batch]))
            shown = decision.probabilities(output.probabilities)
            maps = self._maps(run_id, card, batch, output, shown)
            answers, called = decision.answers(shown), decision.predict(shown)
            for place, index in enumerate(batch):
                named = classes[called[place]]
                # Of *not sure*: of the class on whose side of the threshold the film lies.
                asked = self._asked.heat_class
                first = asked if asked in classes else named
                files = {name: file for name, (file, _) in maps[place].items()}
                gate, reason = self._gate(index)
                found[index, run_id] = FilmRow(
                    film=index,
                    run=run_id,
                    picture=self._pictures.get(index),
                    label=classes[int(output.probabilities[place].argmax())],
                    probabilities=dict(zip(classes, map(float, shown[place]), strict=True)),
                    heat=files.get(first),
                    heat_class=first,
                    gate=gate,
                    reason=reason,
                    answer=answers[place],
                    not_sure=decision.not_sure,
                    similarity=None if learnt is None else learnt.compare(self._thumbnails[index]),
                    decision=decision,
                    heats=files,
                    blank={name: why for name, (_, why) in maps[place].items() if why},
                )
            self._done += len(batch)
            if not is_fresh:  # the first batch builds what the others use
                self._loader.took(run_id, len(batch), time.monotonic() - began)
            is_fresh = False
        self._progress(f"Classified with {title}")

    def _maps(
        self,
        run_id: str,
        card: RunConfig,
        batch: list[int],
        output: NetworkOutput,
        shown: np.ndarray,
    ) -> list[dict[str, tuple[str, str]]]:
        """For each film: class → (file of its heat, why that is blank). The class asked for, or
        every class; else the positive one and the likeliest other, one of which is the answer, so
        that both are there where the answer is *not sure* or another threshold is tried."""
        found: list[dict[str, tuple[str, str]]] = [{} for _ in batch]
        if not self._asked.cam:
            return found
        if self._asked.heat_class in card.classes:
            wanted = [np.full(len(batch), card.classes.index(self._asked.heat_class))]
        elif self._asked.every_class:
            wanted = [np.full(len(batch), index) for index in range(len(card.classes))]
        else:  # a run that does not know the class explains its own answer
            wanted = [np.zeros(len(batch), np.int64), shown[:, 1:].argmax(axis=1) + 1]
        for chosen in wanted:
            heats = output.explain(chosen)
            for place, index in enumerate(batch):
                file = f"{index}-{self._runs.index(run_id)}-{chosen[place]}.npy"
                np.save(self._folder / file, heats.heats[place])
                why = blank_because(heats.why_blank[place], card)
                found[place][card.classes[chosen[place]]] = (file, why)
        return found


def serve_requests(
    workspace: Workspace,
    requests: Iterable[AnyRequest],
    send: SendAnswer,
    arrived: Callable[[], list[AnyRequest]] = list,
) -> None:
    """Answer requests, in turns with those that have ``arrived`` since it was asked last.
    What goes wrong with one ends only that one."""
    loader = Loader(workspace)
    turns = RequestTurns()
    for asked in requests:
        turns.add(_work(loader, asked, send).steps())
        while turns:
            for other in arrived():
                turns.add(_work(loader, other, send).steps())
            turns.go_on()


def _work(loader: Loader, asked: AnyRequest, send: SendAnswer) -> Work:
    if isinstance(asked, ExplainRequest):
        return Explaining(loader, asked, send)
    return Classifying(loader, asked, send)
