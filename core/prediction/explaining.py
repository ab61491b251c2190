"""One film explained by more methods than come with every answer, and what covering does [K].

The form of requests and answers is described in messages.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from core.errors import Cancelled, ThoraxLensError
from core.evaluation.decision import Decision
from core.explain.covering import RANDOM_PARTS, Covering, covered_parts, hottest_part
from core.explain.methods import BY_GRADIENT, WORDS, Method
from core.explain.occlusion import (
    PLACES,
    covered_films,
    heat_of_falls,
    mean_falls,
    why_no_fall,
)
from core.images.decode import decode_bytes
from core.images.resize import resize
from core.models.registry import get_network
from core.prediction.loader import Loader
from core.prediction.loading import LoadedRun
from core.prediction.messages import ExplainRequest, ExplainResults, MapRow
from core.prediction.work import SendAnswer, Work, blank_because
from core.runs.config import RunConfig


@dataclass(frozen=True)
class _Network:
    """A run that is asked, and the film as it sees it: uint8 (S, S)."""

    run_id: str
    run: LoadedRun
    decision: Decision
    film: np.ndarray

    @property
    def card(self) -> RunConfig:
        return self.run.card

    @property
    def title(self) -> str:
        return get_network(self.card.model).title


@dataclass(frozen=True)
class _Map:
    """A heat map of a class by its place among the run's, as ``MapRow`` has it."""

    method: Method
    place: int
    heat: np.ndarray
    blank: str
    deepest: float | None = None


class Explaining(Work):
    """Run by run. The film is not asked what it is: whoever asks has had an answer about it."""

    def __init__(self, loader: Loader, asked: ExplainRequest, send: SendAnswer) -> None:
        super().__init__(loader, asked, send)
        self._asked = asked
        self._looks = {run_id: self._looks_of(run_id) for run_id in asked.runs}

    def _doing(self) -> str:
        return "Explaining"

    def _total(self) -> int:
        return sum(self._looks.values())

    def _looks_of(self, run_id: str) -> int:
        """How often the run's network looks at the film, whole or with something covered."""
        tests = len(self._asked.methods) * len(self._asked.tested)
        tests += sum(one.run == run_id for one in self._asked.known)
        occlusion = PLACES if "occlusion" in self._asked.methods else 0
        return 1 + occlusion + tests * (1 + RANDOM_PARTS)

    def _results(self) -> Generator[None, None, ExplainResults]:
        self._check_wanted()
        self._progress(f"Reading {self._asked.film.name}")
        content = (self._folder / self._asked.film.file).read_bytes()
        pixels = decode_bytes(content, self._asked.film.name).pixels
        rows: list[MapRow] = []
        errors: dict[str, str] = {}
        for number, run_id in enumerate(self._asked.runs):
            try:
                network = self._network(run_id, pixels)
                rows += yield from self._explained(network, number)
            except Cancelled:
                raise
            except ThoraxLensError as error:
                errors[run_id] = str(error)
            self._done = sum(self._looks[one] for one in self._asked.runs[: number + 1])
        return ExplainResults(id=self._id, maps=tuple(rows), errors=errors)

    def _network(self, run_id: str, pixels: np.ndarray) -> _Network:
        card = self._loader.card(run_id)
        if not self._loader.is_loaded(run_id):
            self._progress(f"Loading {get_network(card.model).title}")
        run = self._loader.get(run_id)
        decision = self._loader.decision(run_id, card.classes)
        return _Network(run_id, run, decision, resize(pixels, card.image_size))

    def _explained(self, network: _Network, number: int) -> Generator[None, None, list[MapRow]]:
        maps = self._by_gradient(network)
        shown = network.decision.probabilities(network.run.probabilities(network.film[np.newaxis]))
        self._done += 1
        if "occlusion" in self._asked.methods:
            maps += yield from self._by_occlusion(network, shown[0])
        rows = []
        for one in maps:
            file = f"{number}-{one.place}-{one.method}.npy"
            np.save(self._folder / file, one.heat)
            name = network.card.classes[one.place]
            row = MapRow(
                run=network.run_id,
                method=one.method,
                class_name=name,
                heat=file,
                blank=blank_because(one.blank, network.card),
                deepest=one.deepest,
            )
            if name in self._asked.tested:
                row = yield from self._tested(network, row, one.heat, shown[0])
            rows.append(row)
        for row in self._asked.known:
            if row.run == network.run_id and row.class_name in network.card.classes:
                heat = np.load(self._folder / row.heat)
                rows.append((yield from self._tested(network, row, heat, shown[0])))
        return rows

    def _by_gradient(self, network: _Network) -> list[_Map]:
        methods = [one for one in self._asked.methods if one in BY_GRADIENT]
        if not methods:
            return []
        self._progress(f"Asking {network.title}")
        slopes = network.run.slopes(network.film[np.newaxis])
        return [
            _Map(one, place, found.heats[0], found.why_blank[0])
            for one in methods
            for place, found in enumerate(each.heats(one) for each in slopes)
        ]

    def _by_occlusion(
        self, network: _Network, whole: np.ndarray
    ) -> Generator[None, None, list[_Map]]:
        """``whole``: probabilities (k,) of the film as it is."""
        films = covered_films(network.film)
        covered = yield from self._probabilities(network, films, WORDS["occlusion"].title)
        falls = mean_falls(whole, covered)
        return [
            _Map("occlusion", place, heat_of_falls(fall), why_no_fall(fall), float(deepest))
            for place, (fall, deepest) in enumerate(
                zip(falls, (whole - covered).max(axis=0), strict=True)
            )
        ]

    def _tested(
        self, network: _Network, row: MapRow, heat: np.ndarray, whole: np.ndarray
    ) -> Generator[None, None, MapRow]:
        """The row with what covering the hottest part of its map does to its class's probability;
        as it is where no part is hotter than the rest. ``whole``: the probabilities (k,) of the
        film as it is."""
        height, width = network.film.shape
        part = hottest_part(heat, (height, width))
        if not part.any():
            self._done += 1 + RANDOM_PARTS
            return row
        films = covered_parts(network.film, part)
        covered = yield from self._probabilities(network, films, WORDS[row.method].title)
        place = network.card.classes.index(row.class_name)
        test = Covering.of(float(part.mean()), float(whole[place]), covered[:, place])
        return row.model_copy(update={"covering": test})

    def _probabilities(
        self, network: _Network, films: np.ndarray, about: str
    ) -> Generator[None, None, np.ndarray]:
        """Probabilities (n, k) as the run tells them, of films uint8 (n, S, S) with something
        covered; stops between batches."""
        found: list[np.ndarray] = []
        start = 0
        while start < len(films):
            yield
            self._check_wanted()
            self._progress(f"{about}, {network.title}: part {start + 1} of {len(films)} covered")
            began = time.monotonic()
            batch = films[start : start + self._loader.batch(network.run_id)]
            found.append(network.run.probabilities(batch))
            self._loader.took(network.run_id, len(batch), time.monotonic() - began)
            start += len(batch)
            self._done += len(batch)
        return network.decision.probabilities(np.concatenate(found))
