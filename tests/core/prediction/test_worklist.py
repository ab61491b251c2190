"""A worklist whose network answers when the test lets it."""

from __future__ import annotations

import gc
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from core.errors import FilmError, PredictionError
from core.prediction.client import FilmResult
from core.prediction.worklist import MOST_AT_ONCE, AskedRun, WaitingFilm, Worklist
from core.progress import NamedProgress

ONE, TWO = AskedRun("one"), AskedRun("two")


class Network:
    """Answers a portion for each ``go``; ``asked``: (runs, films, lateral) of each."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], list[str], bool]] = []
        self.came = threading.Semaphore(0)
        self._go: queue.Queue[Exception | None] = queue.Queue()
        self.gave_up = threading.Event()

    def go(self, portions: int = 1, error: Exception | None = None) -> None:
        for _ in range(portions):
            self._go.put(error)

    def __call__(
        self,
        run_ids: Sequence[str],
        films: Sequence[tuple[str, bytes]],
        *,
        lateral: bool,
        progress: NamedProgress,
    ) -> list[FilmResult]:
        self.asked.append((list(run_ids), [name for name, _ in films], lateral))
        self.came.release()
        while True:
            try:
                progress(0, len(films), f"Reading {films[0][0]}")
            except BaseException:
                self.gave_up.set()
                raise
            try:
                error = self._go.get(timeout=0.02)
            except queue.Empty:
                continue
            if error is not None:
                raise error
            return [
                FilmResult(name, run, "covid", {"covid": 0.8, "healthy": 0.2}, None, None)
                for name, _ in films
                for run in run_ids
            ]


@pytest.fixture
def network() -> Iterator[Network]:
    one = Network()
    yield one
    one.go(99, PredictionError("The test is over."))


def films(many: int) -> list[WaitingFilm]:
    return [WaitingFilm(f"k{n}", f"{n}.png", bytes([n]).upper) for n in range(many)]


def until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


def idle(worklist: Worklist) -> None:
    until(lambda: not worklist.state.working)


def test_answers_are_there_as_they_come(network: Network) -> None:
    worklist = Worklist(network)
    worklist.want(films(40), [ONE])
    assert worklist.results("k0") is None
    network.go()
    assert worklist.wait("k0", 20)
    assert not worklist.wait("k39", 0)
    until(lambda: worklist.state.doing == "Reading 1.png")
    state = worklist.state
    assert (state.done, state.total, state.working) == (1, 40, True)
    network.go(99)
    idle(worklist)
    assert worklist.state.done == 40
    assert [len(names) for _, names, _ in network.asked] == [1, 2, 4, *[MOST_AT_ONCE] * 4, 1]
    assert [name for _, names, _ in network.asked for name in names] == [
        f"{n}.png" for n in range(40)
    ]


def test_what_is_looked_at_goes_first_and_alone(network: Network) -> None:
    worklist = Worklist(network)
    worklist.want(films(20), [ONE])
    network.came.acquire()
    worklist.want(films(20), [ONE], first="k15")
    network.go(2)
    assert worklist.wait("k15", 20)
    assert [names for _, names, _ in network.asked][:2] == [["0.png"], ["15.png"]]


def test_only_what_is_missing_is_asked(network: Network) -> None:
    worklist = Worklist(network)
    network.go(99)
    worklist.want(films(2), [ONE])
    idle(worklist)
    assert [one.run_id for one in worklist.known("k0")] == ["one"]
    worklist.want(films(3), [ONE, TWO])
    idle(worklist)
    assert [one.run_id for one in worklist.known("k0")] == ["one", "two"]
    results = worklist.results("k0")
    assert results is not None
    assert [one.run_id for one in results] == ["one", "two"]
    asked = {(run, name) for runs, names, _ in network.asked for run in runs for name in names}
    assert len(asked) == sum(len(runs) * len(names) for runs, names, _ in network.asked) == 6
    before = len(network.asked)
    worklist.want(films(3), [TWO])
    assert not worklist.state.working
    worklist.want(films(1), [TWO], lateral=True)
    idle(worklist)
    worklist.want(films(1), [AskedRun("two", as_of="its threshold was moved")], lateral=True)
    idle(worklist)
    assert network.asked[before:] == [(["two"], ["0.png"], True)] * 2


def test_it_stops_at_once_and_goes_on(network: Network) -> None:
    worklist = Worklist(network)
    worklist.want(films(5), [ONE])
    network.go()
    assert worklist.wait("k0", 20)
    worklist.stop()
    assert network.gave_up.wait(20)
    idle(worklist)
    assert (worklist.state.done, worklist.state.stopped, worklist.state.problem) == (1, True, "")
    asked = len(network.asked)
    worklist.want(films(5), [ONE], first="k4")
    assert not worklist.wait("k4", 0.1)
    assert len(network.asked) == asked, "it was stopped"
    network.go(99)
    worklist.go_on()
    idle(worklist)
    assert (worklist.state.done, worklist.state.stopped) == (5, False)


def test_a_worker_that_died_is_a_problem_and_what_was_answered_stays(network: Network) -> None:
    worklist = Worklist(network)
    worklist.want(films(5), [ONE])
    network.go()
    network.go(error=PredictionError("The process was killed. Try again."))
    until(lambda: worklist.state.problem)
    idle(worklist)
    assert worklist.state.problem == "The process was killed. Try again."
    assert (worklist.state.done, worklist.state.stopped) == (1, True)
    network.go(99)
    worklist.go_on()
    idle(worklist)
    assert worklist.state.done == 5
    assert not worklist.state.problem


def test_a_film_that_has_vanished_says_so_itself(network: Network) -> None:
    def gone() -> bytes:
        raise FilmError("0.png has gone.")

    worklist = Worklist(network)
    network.go(99)
    worklist.want([WaitingFilm("gone", "0.png", gone), *films(1)], [ONE])
    idle(worklist)
    assert [one.error for one in worklist.results("gone") or ()] == ["0.png has gone."]
    assert [one.error for one in worklist.results("k0") or ()] == [None]


def test_it_ends_when_nobody_holds_it_any_more(network: Network) -> None:
    worklist = Worklist(network)
    worklist.want(films(50), [ONE])
    network.came.acquire()
    del worklist
    gc.collect()
    assert network.gave_up.wait(20)
