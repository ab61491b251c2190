"""Asking the prediction worker, from the server or the command line. No keras here."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from core.errors import PredictionError
from core.evaluation.decision import Decision
from core.explain.methods import Method
from core.gate.gate import PictureKind
from core.gate.similarity import Similarity
from core.lent import lent_folder
from core.prediction.explanations import Explanations, HeatMap, heat_map_of, kept_row
from core.prediction.line import Line
from core.prediction.messages import (
    AnyRequest,
    ClassifyFailure,
    ClassifyProgress,
    ClassifyRequest,
    ClassifyResults,
    ExplainRequest,
    ExplainResults,
    FilmFile,
    FilmRow,
)
from core.prediction.process import Lost, WorkerProcess
from core.progress import NamedProgress
from core.workspace import Workspace

# (results so far, results in all, what is going on)

# Longest silence of a healthy worker: it starts, or builds and compiles a large model,
# or takes a batch through it, on a machine that trains at the same time.
SILENCE_SECONDS = 300.0
SAID_EVERY = 0.5  # seconds: how soon somebody who waits learns that the others have got on


@dataclass(frozen=True)
class FilmResult:
    """What one run says about one film.

    ``answer``: a class, ``not_sure`` or ``refused``; empty when nobody has decided.
    ``label``: the most probable class. ``probabilities``: by class, sum 1, calibrated where the
    run has a threshold; ``not_sure``: between which two probabilities of its positive class
    it gives no answer. ``decision``: the rule that the answer goes by.
    ``heat``: float32 (h, w) in [0, 1] at the size of the model's last feature map, for the class
    ``heat_class``: the one asked for, else the one answered (of *not sure*, the one on whose side
    of the threshold the film lies); None when no heat was asked for. ``heats``: by class, all
    that were made: the one asked for, or every class, else that of the positive class and of the
    likeliest other. ``blank``: by class, why its heat has no warm place.
    ``gate``: ``frontal``, ``lateral`` or ``not_a_chest_xray``, None for what is no picture;
    ``reason``: why the film is not taken for a frontal one. A refused film, and one with an
    ``error`` (a plain sentence), have no label, no probability and no heat.
    ``similarity``: how near the film is to those the run has learnt from, None when unknown.
    ``picture``: the film small, uint8 (h, w), its longest side at most 256; None where it cannot be
    read, and where nobody looks at it.
    """

    file: str
    run_id: str
    label: str | None
    probabilities: dict[str, float]
    heat: np.ndarray | None
    error: str | None
    heat_class: str | None = None
    gate: PictureKind | None = None
    reason: str = ""
    answer: str = ""
    not_sure: tuple[float, float] | None = None
    similarity: Similarity | None = None
    decision: Decision | None = None
    heats: Mapping[str, np.ndarray] = field(default_factory=dict)
    blank: Mapping[str, str] = field(default_factory=dict)
    picture: np.ndarray | None = None


class PredictionClient:
    """One warm worker process, started when first needed and again after a crash.

    Safe to share between threads: their requests take turns in the worker, so that one
    film waits for one batch of somebody else's films and not for all of them.
    """

    def __init__(self, workspace: Workspace, silence_seconds: float = SILENCE_SECONDS) -> None:
        self._workspace = workspace
        self._silence_seconds = silence_seconds
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._requests = itertools.count(1)
        self._line = Line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def log(self) -> Path:
        """What the worker printed since it was started last."""
        return self._workspace.root / "prediction.log"

    @property
    def pid(self) -> int | None:
        """The worker's process id while it runs."""
        worker = self._worker
        return worker.pid if worker is not None and worker.alive else None

    def make_ready(self) -> None:
        """Start the worker, which takes seconds to load its software, before the first film is
        there; returns at once. Nothing where it runs. Raises OSError."""
        self._running()

    def classify(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        cam: bool = True,
        heat_class: str | None = None,
        every_class: bool = False,
        lateral: bool = False,
        bare: bool = False,
        progress: NamedProgress | None = None,
    ) -> list[FilmResult]:
        """One result a film and run, films outer, runs inner; films are (name, content).

        ``heat_class``: the class whose heat is wanted, None for that of each film's answer;
        ``every_class``: in that case all of them, to choose from.
        ``lateral``: answer films from the side too; what is no chest X-ray is never answered.
        ``bare``, for films of the catalogue that a run is tested on: every one of them
        is answered, by its most probable class, with probabilities as training saves them.
        ``progress`` is called from this thread, at least once a second; while somebody else's
        films have their turn, it is told whose.
        A film that cannot be read, or a run without a model, is an ``error`` in its results
        and leaves the others alone. Raises PredictionError when the worker died, went
        silent, or could not answer; the next call starts another. An exception out of
        ``progress`` gives the request up and passes through.
        """
        if not run_ids or not films:
            return []
        with lent_folder(self._workspace.lent) as folder:
            for index, (_, content) in enumerate(films):
                (folder / f"{index}.film").write_bytes(content)
            request = ClassifyRequest(
                id=next(self._requests),
                folder=folder,
                runs=tuple(dict.fromkeys(run_ids)),
                films=tuple(
                    FilmFile(name=name, file=f"{index}.film")
                    for index, (name, _) in enumerate(films)
                ),
                cam=cam,
                heat_class=heat_class,
                every_class=every_class,
                lateral=lateral,
                bare=bare,
            )
            answer = self._exchange(request, len(request.films), progress)
            assert isinstance(answer, ClassifyResults)
            return [_film_result(row, films, folder) for row in answer.results]

    def explain(
        self,
        run_ids: Sequence[str],
        film: tuple[str, bytes],
        methods: Sequence[Method],
        *,
        tested: Sequence[str] = (),
        known: Sequence[HeatMap] = (),
        progress: NamedProgress | None = None,
    ) -> Explanations:
        """Heat maps of one film (name, content) by each run, method and class of the run.

        ``tested``: for which classes the hottest part of each map is covered, and the network
        asked again. ``known``: maps of these runs that are there already, which are tested and come
        back with the others. The film must be one that ``classify`` has answered: what it is, is
        not asked here. ``progress``, errors and an exception out of ``progress`` are as of
        ``classify``; a film that cannot be read raises PredictionError.
        """
        if not run_ids or not (methods or known):
            return Explanations()
        with lent_folder(self._workspace.lent) as folder:
            (folder / "0.film").write_bytes(film[1])
            request = ExplainRequest(
                id=next(self._requests),
                folder=folder,
                runs=tuple(dict.fromkeys(run_ids)),
                film=FilmFile(name=film[0], file="0.film"),
                methods=tuple(dict.fromkeys(methods)),
                tested=tuple(dict.fromkeys(tested)),
                known=tuple(kept_row(one, place, folder) for place, one in enumerate(known)),
            )
            answer = self._exchange(request, 1, progress)
            assert isinstance(answer, ExplainResults)
            return Explanations(
                tuple(heat_map_of(row, folder) for row in answer.maps), answer.errors
            )

    def close(self) -> None:
        """End the worker, and with it what it is asked now; a later ``classify`` starts
        another."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _exchange(
        self, request: AnyRequest, films: int, progress: NamedProgress | None
    ) -> ClassifyResults | ExplainResults:
        with self._line.standing(request.id, films, len(request.runs)) as place:
            worker = self._running()
            try:
                with worker.asked(request) as answers:
                    for answer in answers(SAID_EVERY, self._silence_seconds):
                        if answer is None or isinstance(answer, ClassifyProgress):
                            if answer is not None:
                                self._line.went_on(place, answer.done, answer.total, answer.doing)
                            if progress is not None:
                                progress(place.done, place.total, self._line.words(place))
                        elif isinstance(answer, ClassifyFailure):
                            raise PredictionError(answer.error)
                        else:
                            return answer
                    raise AssertionError("a worker that says no more is lost")
            except Lost as lost:
                with self._lock:
                    if self._worker is worker:
                        self._worker = None
                worker.end()
                raise PredictionError(
                    f"The process that classifies films {lost}. Try again: a new one is started. "
                    f"If it happens again, {self.log} says more."
                ) from None

    def _running(self) -> WorkerProcess:
        with self._lock:
            if self._worker is None or not self._worker.alive:
                if self._worker is not None:
                    self._worker.end()
                self._worker = WorkerProcess(self._workspace, self.log)
            return self._worker


def _film_result(row: FilmRow, films: Sequence[tuple[str, bytes]], folder: Path) -> FilmResult:
    return FilmResult(
        file=films[row.film][0],
        run_id=row.run,
        label=row.label,
        probabilities=row.probabilities,
        heat=np.load(folder / row.heat) if row.heat else None,
        error=row.error,
        heat_class=row.heat_class,
        gate=row.gate,
        reason=row.reason,
        answer=row.answer,
        not_sure=row.not_sure,
        similarity=row.similarity,
        decision=row.decision,
        heats={name: np.load(folder / file) for name, file in row.heats.items()},
        blank=row.blank,
        picture=np.load(folder / row.picture) if row.picture else None,
    )
