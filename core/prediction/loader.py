"""The runs that a worker has at hand, each with what it has learnt about its network [K]."""

from __future__ import annotations

import gc
from collections import OrderedDict

from core.evaluation.decision import Decision, decision_of
from core.gate.similarity import TrainingFilms, training_films
from core.prediction.loading import LoadedRun, load_run, run_files
from core.runs.config import RunConfig
from core.workspace import Workspace

LOADED_RUNS = 4
KNOWN_RUNS = 16  # whose training films are kept in memory: 6 kB a film
BATCH = 32  # the most films that go through a network at once
FIRST_BATCH = 4  # of a network whose speed is not known yet
BATCH_SECONDS = 1.0  # what a batch should take at most: somebody else may wait for its end


class Loader:
    """The runs used last, kept loaded. A run that was trained further is loaded anew."""

    def __init__(self, workspace: Workspace, limit: int = LOADED_RUNS) -> None:
        self._workspace = workspace
        self._limit = limit
        self._loaded: OrderedDict[tuple[str, int], LoadedRun] = OrderedDict()
        self._training_films: OrderedDict[tuple[str, int], TrainingFilms | None] = OrderedDict()
        self._batches: dict[str, int] = {}

    def batch(self, run_id: str) -> int:
        """How many films the run's network is given at once."""
        return self._batches.get(run_id, FIRST_BATCH)

    def took(self, run_id: str, films: int, seconds: float) -> None:
        """A batch of so many films took so long: make the next one as large as it should be."""
        if seconds > BATCH_SECONDS:
            self._batches[run_id] = max(1, films // 2)
        elif seconds < BATCH_SECONDS / 2 and films == self.batch(run_id):
            self._batches[run_id] = min(BATCH, films * 2)

    def card(self, run_id: str) -> RunConfig:
        """What the run's model is, without loading it. Raises NotFoundError."""
        return RunConfig.load(run_files(self._workspace, run_id).config)

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

    def decision(self, run_id: str, classes: tuple[str, ...]) -> Decision:
        """How the run decides. Read anew each time, because the run's page may change it."""
        return decision_of(run_files(self._workspace, run_id), classes)

    def is_loaded(self, run_id: str) -> bool:
        return any(key[0] == run_id for key in self._loaded)
