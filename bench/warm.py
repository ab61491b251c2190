"""a second run with the software loaded, and without; 50 runs of one loaded process

Each side on a data folder of its own, in turns. ``command``: from typing ``python -m core train``
to its last line. ``queued to done``: what somebody waits for who has clicked on the page. ``first
run, page open``: nothing kept on disk, and the page Train opened before, so that the software was
loaded meanwhile.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from bench.children import run
from bench.films import DATASET, study_films
from bench.report import head, memory, ratio, row, spread
from bench.settings import Settings
from bench.training import forget_cache
from core.models.registry import NETWORKS
from core.runs.files import RunFiles
from core.runs.upkeep import keep_warm, let_go
from core.runs.warm_time import ENVIRONMENT_VARIABLE, WarmNote
from core.store import Store, open_store
from core.workspace import open_workspace

MODEL = "vgg16"
WARM, FRESH = "10", "0"  # minutes that the software stays loaded
LOADING_SECONDS = 120.0


@dataclass
class Side:
    """One data folder. Seconds of each turn, and what its runs answered by learning rate."""

    data: Path
    minutes: str
    epochs: int
    command: list[float] = field(default_factory=list)
    queued: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    @property
    def store(self) -> Store:
        return open_store(open_workspace(self.data))

    def train(self, rate: str) -> float:
        """Seconds of the whole command."""
        words = ("train", DATASET, "--model", MODEL, "--weights", "random", "--json")
        cost = run(
            "core", *words, "--epochs", str(self.epochs), "--learning-rate", rate,
            data=self.data, warm_minutes=self.minutes,
        )  # fmt: skip
        done = self.store.runs.get(str(cost.answer["run"]))
        assert done.finished_at is not None
        self.queued.append(done.finished_at - done.created_at)
        files = RunFiles(self.store.workspace.run_folder(done.run_id))
        self.answers[rate] = files.answers()
        return cost.seconds

    def again(self, rate: str) -> None:
        self.command.append(self.train(rate))

    def begin_anew(self) -> None:
        """A first run, with whatever is loaded by then."""
        forget_cache(self.data)
        self.first.append(self.train("0.001"))
        self.queued.pop()


def table(settings: Settings, folder: Path) -> Iterator[str]:
    films = study_films(
        folder / "warm", folder / "tree", phantoms=settings.phantoms, size=settings.image_size
    )
    yield f"{films}; {NETWORKS[MODEL].title}, {settings.epochs} epochs\n"
    shutil.copytree(folder / "warm", folder / "fresh")
    warm = Side(folder / "warm", WARM, settings.epochs)
    fresh = Side(folder / "fresh", FRESH, settings.epochs)
    for _ in range(settings.warm_first):
        _load_for_a_page(warm)
        warm.begin_anew()
        let_go(warm.store)
        fresh.begin_anew()
    warm.train("0.001")
    warm.queued.clear()
    for turn in range(settings.warm_turns):
        for side in (warm, fresh):
            side.again(_rate(turn))
    yield head("", "loaded", "fresh", "ratio")
    for title, one, other in (
        ("second run, command", warm.command, fresh.command),
        ("second run, queued to done", warm.queued, fresh.queued),
        ("first run, page open", warm.first, fresh.first),
    ):
        yield row(title, spread(one, "s", 2), spread(other, "s", 2), ratio(other, one))
    equal = sum(fresh.answers[rate] == answer for rate, answer in warm.answers.items())
    yield f"\nThe same answers to the last digit: {equal} of {len(warm.answers)} runs."
    yield from _memory(warm, settings.warm_runs)


def _memory(warm: Side, runs: int) -> Iterator[str]:
    process = psutil.Process(WarmNote.load(warm.store.workspace.warm_note).pid)
    before = process.memory_info().rss
    highest = before
    for turn in range(runs):
        warm.train(_rate(turn % 10))
        highest = max(highest, process.memory_info().rss)
    grown = highest / before - 1
    yield (
        f"{runs} runs more, one after the other, from the same process {process.pid}: "
        f"{memory(before)} before, {memory(highest)} at most ({100 * grown:+.1f} %)."
    )
    let_go(warm.store)


def _rate(turn: int) -> str:
    return f"{0.001 + 0.0001 * turn:g}"


def _load_for_a_page(side: Side) -> None:
    """What opening the page Train does; waits until it is done."""
    store, setting = side.store, os.environ.get(ENVIRONMENT_VARIABLE)
    os.environ[ENVIRONMENT_VARIABLE] = side.minutes
    try:
        store.workspace.warm_wish.unlink(missing_ok=True)
        keep_warm(store)
    finally:
        if setting is None:
            del os.environ[ENVIRONMENT_VARIABLE]
        else:
            os.environ[ENVIRONMENT_VARIABLE] = setting
    until = time.monotonic() + LOADING_SECONDS
    while (note := WarmNote.load_if_readable(store.workspace.warm_note)) is None or not note.loaded:
        if time.monotonic() > until:
            raise RuntimeError("the software was not loaded in time")
        time.sleep(0.05)
