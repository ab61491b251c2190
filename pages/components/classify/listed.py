"""The worklist of this browser session: its films, which one is looked at, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from core.prediction.worklist import AskedRun, WaitingFilm, Worklist
from core.runs.files import RunFiles
from core.store import Run, Store
from pages.components.classify.asking import ask
from pages.components.classify.film_input import FilmInput

_KEPT = "classify_worklist"
SOON = 0.7  # seconds: a warm network's answer is waited for, and the page is drawn once


@dataclass
class Listed:
    """``films`` by key, in the order in which they came; ``chosen``: the key of the one that is
    looked at, empty while there is none; ``drops``: how often films were added; ``problems``:
    what of the last ones could not be taken, sentences; ``facts``: what was read of the files of
    films that were looked at; ``small``: films as small pictures, JPEG."""

    worklist: Worklist
    films: dict[str, FilmInput] = field(default_factory=dict)
    chosen: str = ""
    drops: int = 0
    problems: list[str] = field(default_factory=list)
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    small: dict[str, bytes] = field(default_factory=dict)

    def add(self, films: Sequence[FilmInput], problems: Sequence[str] = ()) -> None:
        """Put films at the end, and look at the first of them."""
        self.drops += 1
        self.problems = list(problems)
        self.films |= {film.key: film for film in films}
        if films:
            self.chosen = films[0].key
            self.worklist.go_on()

    def choose(self, key: str) -> None:
        """Look at this film."""
        if key in self.films:
            self.chosen = key

    @property
    def place(self) -> int:
        """Of the chosen film in the list, from 0."""
        return list(self.films).index(self.chosen)

    def step(self, by: int) -> None:
        """Look at the film so many places further on."""
        keys = list(self.films)
        self.chosen = keys[min(max(self.place + by, 0), len(keys) - 1)]


def my_list() -> Listed:
    """The worklist of this session."""
    if _KEPT not in st.session_state:
        start_over()
    found: Listed = st.session_state[_KEPT]
    return found


def start_over() -> None:
    """Begin anew, without films and answers."""
    before: Listed | None = st.session_state.get(_KEPT)
    if before is not None:
        before.worklist.stop()
    drops = before.drops if before else 0  # keys of widgets go by it
    st.session_state[_KEPT] = Listed(Worklist(ask()), drops=drops + 1)


def want(store: Store, found: Listed, runs: Sequence[Run], *, lateral: bool) -> None:
    """Have the films of the list answered by these runs, the chosen one first."""
    found.worklist.want(
        [WaitingFilm(one.key, one.name, one.content) for one in found.films.values()],
        [AskedRun(run.run_id, _as_of(store, run)) for run in runs],
        lateral=lateral,
        first=found.chosen,
    )
    found.worklist.wait(found.chosen, SOON)


def _as_of(store: Store, run: Run) -> str:
    """Changes when the run was trained further, or its threshold was moved."""
    files = RunFiles(store.workspace.run_folder(run.run_id))
    paths = (files.weights, files.operating_point)
    return "-".join(str(path.stat().st_mtime_ns) if path.exists() else "" for path in paths)
