"""Several people's requests in one worker: who is next, and what those who wait are told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.prediction.answering import serve_requests
from core.prediction.client import PredictionClient
from core.prediction.line import Line
from core.prediction.loader import BATCH, BATCH_SECONDS, FIRST_BATCH, Loader
from core.prediction.messages import Answer, ClassifyProgress, ClassifyRequest, ClassifyResults
from core.prediction.turns import TURN_SECONDS, RequestTurns
from core.workspace import Workspace
from tests.core.prediction.conftest import MakeRun, png
from tests.core.prediction.test_answering import request


class Bench:
    """Requests whose steps take seconds of a clock of their own, and the order they had."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.turns = RequestTurns(lambda: self.now)

    def ask(self, name: str, steps: int, seconds: float = TURN_SECONDS) -> None:
        def work() -> Iterator[None]:
            for step in range(steps):
                if step:
                    yield
                self.now += seconds
                self.order.append(name)

        self.turns.add(work())

    def run(self, turns: int = 1000) -> str:
        self.order.clear()
        while self.turns and turns:
            self.turns.go_on()
            turns -= 1
        return "".join(self.order)


def test_who_comes_new_is_next_and_the_others_go_round() -> None:
    bench = Bench()
    bench.ask("A", 6)
    assert bench.run(2) == "AA"
    bench.ask("B", 4)
    assert bench.run(4) == "BABA"
    bench.ask("c", 1)
    assert bench.run(3) in ("cAB", "cBA")
    assert sorted(bench.run()) == ["A", "B"]
    assert not bench.turns


def test_a_stream_of_single_films_does_not_stop_a_batch() -> None:
    bench = Bench()
    bench.ask("A", 5)
    bench.run(1)
    for name in "cdefg":
        bench.ask(name, 1)
    assert bench.run() == "cAdAeAfAg"


def test_a_turn_is_as_many_short_steps_as_fit() -> None:
    bench = Bench()
    bench.ask("A", 9, TURN_SECONDS / 4)
    bench.ask("B", 1, TURN_SECONDS * 30)  # a network that has to be loaded
    assert bench.run(1) == "AAAA"
    assert bench.run(2) in ("AAAAB", "BAAAA")


def test_a_slow_network_gets_small_batches_and_a_fast_one_large_ones(
    workspace: Workspace,
) -> None:
    loader = Loader(workspace)
    assert loader.batch("one") == FIRST_BATCH
    for _ in range(8):
        loader.took("fast", loader.batch("fast"), BATCH_SECONDS / 10)
        loader.took("slow", loader.batch("slow"), BATCH_SECONDS * 3)
    assert (loader.batch("fast"), loader.batch("slow"), loader.batch("one")) == (
        BATCH,
        1,
        FIRST_BATCH,
    )
    loader.took("slow", 1, BATCH_SECONDS * 0.9)
    assert loader.batch("slow") == 1
    loader.took("fast", 3, 0.01)  # the rest of a request says nothing about a full batch
    assert loader.batch("fast") == BATCH


def asked(number: int, content: dict[str, Any]) -> ClassifyRequest:
    return ClassifyRequest.model_validate(content | {"id": number})


def test_one_film_is_answered_while_many_of_somebody_elses_are_under_way(
    workspace: Workspace, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.prediction.turns.TURN_SECONDS", 0.0)
    make_run("one")
    many = asked(1, request(tmp_path / "many", ["one"], [png(seed) for seed in range(12)]))
    one = asked(2, request(tmp_path / "one", ["one"], [png(99)]))
    left = asked(3, request(tmp_path / "left", ["one"], [png(98)] * 50))
    said: list[Answer] = []

    def arrived() -> list[ClassifyRequest]:
        """The others come once the many are under way, and one of them goes again."""
        if len([answer for answer in said if answer.id == 1]) == 2:
            return [one] if not any(answer.id == 2 for answer in said) else []
        if len([answer for answer in said if answer.id == 1]) == 5 and left in coming:
            coming.remove(left)
            return [left]
        if any(answer.id == 3 for answer in said) and (tmp_path / "left").is_dir():
            (tmp_path / "left").rename(tmp_path / "left-done")
        return []

    coming = [left]
    serve_requests(workspace, [many], said.append, arrived)
    ends = [answer.id for answer in said if not isinstance(answer, ClassifyProgress)]
    assert ends == [2, 3, 1]
    assert [len(answer.results) for answer in said if isinstance(answer, ClassifyResults)] == [
        1,
        12,
    ]
    assert sum(answer.id == 3 for answer in said) < 10, "the rest was given up at once"


def test_those_who_wait_are_told_for_what() -> None:
    line = Line()
    with line.standing(1, 200, 1) as many:
        assert line.words(many) == "Loading the network"
        line.went_on(many, 48, 200, "Classifying with VGG16")
        with line.standing(2, 1, 2) as one:
            assert line.words(one) == (
                "Waiting for somebody else's 200 films: 48 done; yours is next"
            )
            assert line.words(many) == "Classifying with VGG16"
            line.went_on(one, 1, 2, "Loading CNN")
            assert line.words(one) == "Loading CNN"
            assert line.words(many) == (
                "Classifying with VGG16, in turns with somebody else's 1 film"
            )
            with line.standing(3, 5, 1) as third:
                assert line.words(third) == (
                    "Waiting for 201 films of 2 others: 48 done; each gets a turn"
                )
        assert line.words(many) == "Classifying with VGG16", "whoever had the turn has gone"


def test_one_client_serves_two_viewers_in_turns(workspace: Workspace, make_run: MakeRun) -> None:
    """With a real worker: the order of answers, not their time, is what counts."""
    make_run("one", "vgg16")
    many = [(f"{place}.png", content) for content in map(png, range(4)) for place in range(150)]
    mine = [("mine.png", png(500))]
    ended: list[str] = []
    told: list[str] = []
    begun = threading.Event()

    def under_way(done: int, total: int, what: str) -> None:
        if what == "Reading 0.png":
            begun.set()

    with PredictionClient(workspace) as client:
        client.classify(["one"], mine)  # starts the worker and loads the network

        def ask_many() -> None:
            results = client.classify(["one"], many, progress=under_way)
            ended.append("many" if not any(one.error for one in results) else "failed")

        viewer = threading.Thread(target=ask_many)
        viewer.start()
        assert begun.wait(60)
        [answer] = client.classify(["one"], mine, progress=lambda *step: told.append(step[2]))
        ended.append("one")
        viewer.join(60)
    assert answer.error is None
    assert ended == ["one", "many"]
    assert told[-1] == "Classified with VGG16"
