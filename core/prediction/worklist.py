"""Films that wait for networks, asked a few at a time: answers are there as they come, what is
looked at goes first, and it can be stopped. No Keras here.

A thread of the server asks; it ends when all is answered, when somebody stops it, and when nobody
holds the worklist any more, as when a viewer has left.
"""

from __future__ import annotations

import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from core.errors import Cancelled, FilmError, ThoraxLensError
from core.prediction.client import FilmResult
from core.progress import NamedProgress

MOST_AT_ONCE = 8  # films: their answers come together, and a stop waits for none of them


class Ask(Protocol):
    """``PredictionClient.classify`` with all that is the same for every film."""

    def __call__(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        lateral: bool,
        progress: NamedProgress,
    ) -> list[FilmResult]:
        """One result a film and run, films outer. Raises PredictionError."""


@dataclass(frozen=True)
class WaitingFilm:
    """``key``: by which its answers are asked for; two films never share one. ``content`` reads
    its file, and raises FilmError where it cannot."""

    key: str
    name: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class AskedRun:
    """A run, and ``as_of``: what changes when it would answer otherwise, so it is asked again."""

    run_id: str
    as_of: str = ""


@dataclass(frozen=True)
class WorklistState:
    """``done`` of ``total`` films are answered by all runs. ``doing``: what goes on, to show.
    ``stopped``: somebody has stopped it, or it could not go on, and ``problem`` says why."""

    done: int
    total: int
    doing: str
    working: bool
    stopped: bool
    problem: str


_Key = tuple[str, AskedRun, bool]  # film, run, whether films from the side are answered


class Worklist:
    """Safe to share between threads. Answers that are there are never asked for again."""

    def __init__(self, ask: Ask) -> None:
        self._work = _Work(ask)
        # The thread holds the work and not this, so that it ends when nobody looks any more.
        weakref.finalize(self, self._work.stop)

    def want(
        self,
        films: Iterable[WaitingFilm],
        runs: Iterable[AskedRun],
        *,
        lateral: bool = False,
        first: str = "",
    ) -> None:
        """Ask these runs about these films from now on, and about no others; in this order, but
        the film with the key ``first`` before all. ``lateral``: answer films from the side too."""
        self._work.want(tuple(films), tuple(runs), lateral, first)

    def results(self, film: str) -> tuple[FilmResult, ...] | None:
        """What the runs wanted say of a film, in their order; None while one is missing."""
        return self._work.results(film)

    def known(self, film: str) -> tuple[FilmResult, ...]:
        """What those of the runs say of a film that have answered, in their order."""
        return self._work.known(film)

    def wait(self, film: str, seconds: float) -> bool:
        """Wait for a film's results, but no longer than that; whether they are there."""
        return self._work.wait(film, seconds)

    def stop(self) -> None:
        """Ask no more, and give up what is being asked now; what is answered stays."""
        self._work.stop()

    def go_on(self) -> None:
        """After ``stop``, or after a problem."""
        self._work.go_on()

    @property
    def state(self) -> WorklistState:
        """How far it is."""
        return self._work.state()


class _Work:
    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._changed = threading.Condition()
        self._films: tuple[WaitingFilm, ...] = ()
        self._runs: tuple[AskedRun, ...] = ()
        self._lateral = False
        self._first = ""
        self._found: dict[_Key, FilmResult] = {}
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._problem = self._doing = ""
        self._at_once = 1

    def want(
        self,
        films: tuple[WaitingFilm, ...],
        runs: tuple[AskedRun, ...],
        lateral: bool,
        first: str,
    ) -> None:
        with self._changed:
            self._films, self._runs, self._lateral = films, runs, lateral
            self._first = first
            self._begin()

    def go_on(self) -> None:
        with self._changed:
            self._stopped, self._problem = False, ""
            self._begin()

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def results(self, film: str) -> tuple[FilmResult, ...] | None:
        with self._changed:
            return self._results(film)

    def known(self, film: str) -> tuple[FilmResult, ...]:
        with self._changed:
            return self._known(film)

    def wait(self, film: str, seconds: float) -> bool:
        with self._changed:
            self._changed.wait_for(
                lambda: self._results(film) is not None or self._thread is None, seconds
            )
            return self._results(film) is not None

    def state(self) -> WorklistState:
        with self._changed:
            done = sum(self._results(film.key) is not None for film in self._films)
            working = self._thread is not None and not self._stopped
            stopped = self._stopped and done < len(self._films)
            return WorklistState(
                done, len(self._films), self._doing, working, stopped, self._problem
            )

    def _results(self, film: str) -> tuple[FilmResult, ...] | None:
        found = self._known(film)
        return found if len(found) == len(self._runs) else None

    def _known(self, film: str) -> tuple[FilmResult, ...]:
        found = (self._found.get((film, run, self._lateral)) for run in self._runs)
        return tuple(one for one in found if one is not None)

    def _begin(self) -> None:
        if self._thread is None and not self._stopped and self._next() is not None:
            self._at_once = 1  # the first answer soon
            self._thread = threading.Thread(target=self._go_through, name="worklist", daemon=True)
            self._thread.start()

    def _go_through(self) -> None:
        while True:
            with self._changed:
                portion = None if self._stopped else self._next()
                if portion is None:
                    self._thread, self._doing = None, ""
                    self._changed.notify_all()
                    return
            try:
                found = self._asked(*portion)
            except Cancelled:
                continue
            except ThoraxLensError as error:
                self._fail(str(error))
                continue
            except Exception as error:  # noqa: BLE001 - the border of the thread
                traceback.print_exc()
                self._fail(f"Classifying failed: {type(error).__name__}: {error}.")
                continue
            with self._changed:
                self._found |= found
                self._at_once = min(2 * self._at_once, MOST_AT_ONCE)
                self._changed.notify_all()

    def _fail(self, why: str) -> None:
        with self._changed:
            self._stopped, self._problem = True, why

    def _next(self) -> tuple[list[WaitingFilm], list[AskedRun], bool] | None:
        """The films to ask about now, and whom; None when all is answered."""
        films = sorted(self._films, key=lambda film: film.key != self._first)
        lacks = [
            (film, [run for run in self._runs if (film.key, run, self._lateral) not in self._found])
            for film in films
        ]
        waiting = [(film, runs) for film, runs in lacks if runs]
        if not waiting:
            return None
        runs = waiting[0][1]
        alike = [film for film, lacking in waiting if lacking == runs]
        many = 1 if waiting[0][0].key == self._first else self._at_once
        return alike[:many], runs, self._lateral

    def _asked(
        self, films: list[WaitingFilm], runs: list[AskedRun], lateral: bool
    ) -> dict[_Key, FilmResult]:
        contents, lost = [], {}
        for film in films:
            try:
                content = film.content()
            except FilmError as error:
                content, lost[film.key] = b"", str(error)
            contents.append((film.name, content))
        run_ids = [run.run_id for run in runs]
        results = self._ask(run_ids, contents, lateral=lateral, progress=self._told)
        keys = [(film.key, run, lateral) for film in films for run in runs]
        return {
            # Why it could not be read is truer than that nothing came.
            key: replace(one, error=lost[key[0]]) if key[0] in lost else one
            for key, one in zip(keys, results, strict=True)
        }

    def _told(self, done: int, total: int, doing: str) -> None:
        with self._changed:
            if self._stopped:
                raise Cancelled("The worklist was stopped.")
            self._doing = doing
