"""More ways to explain, as a page offers them: what a viewer's wish does, and what it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import Cancelled
from core.explain.covering import Covering
from core.explain.methods import METHODS, WORDS, Method
from core.prediction.explain_job import STOPPED
from core.prediction.explanations import Explanations, HeatMap
from core.progress import NamedProgress
from pages.components.viewer import explained_film
from pages.components.viewer.packing import HeatLayer, Offer
from tests.pages.opening import PATIENCE

RAMP = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
CLASSES = ("covid", "healthy")
TESTED = Covering(0.2, 0.9, 0.3, (0.8, 0.85))


class Client:
    """Makes every map that it is asked for, and tests those that it is given; ``fails`` and
    ``waits``: what keeps it from that."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], tuple[Method, ...], list[HeatMap]]] = []
        self.fails: dict[str, str] = {}
        self.waits = False
        self.begun = threading.Event()

    def explain(
        self,
        run_ids: Sequence[str],
        film: tuple[str, bytes],
        methods: Sequence[Method],
        *,
        known: Sequence[HeatMap],
        progress: NamedProgress,
    ) -> Explanations:
        assert film == ("a.png", b"film")
        self.asked.append((list(run_ids), tuple(methods), list(known)))
        while self.waits:
            progress(34, 170, "Occlusion, VGG16: part 34 of 169 covered")
            self.begun.set()
            threading.Event().wait(0.005)
        made = [
            HeatMap(run, method, name, RAMP, deepest=0.116 if method == "occlusion" else None)
            for run in run_ids
            for method in methods
            for name in CLASSES
            if run not in self.fails
        ]
        tested = [
            HeatMap(one.run_id, one.method, one.class_name, one.heat, covering=TESTED)
            for one in known
        ]
        return Explanations((*made, *tested), self.fails)


class Viewer:
    """Stands where the film viewer does: remembers what it is shown, and wishes for something."""

    def __init__(self) -> None:
        self.layers: list[HeatLayer] = []
        self.offer = Offer([])
        self.wish: Callable[[object], None] = lambda _: None

    def __call__(self, data: bytes, name: str, **shown: Any) -> None:
        self.layers, self.offer, self.wish = shown["layers"], shown["offer"], shown["on_wish"]

    def seen(self, network: int = 0) -> set[tuple[str, str]]:
        return {(one.method, one.class_name) for one in self.layers if one.network == network}

    def why(self, method: Method) -> str:
        return next(one.why for one in self.offer.methods if one.name == WORDS[method].title)


def _page() -> None:
    import numpy as np
    import streamlit as st

    from core.prediction.client import FilmResult
    from pages.components.viewer.explained_film import NetworkAnswer, explained_film

    ramp = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    answers = [
        NetworkAnswer(
            run,
            FilmResult(
                "a.png", run, "covid", {"covid": share, "healthy": 1 - share}, ramp, None, "covid",
                heats={"covid": ramp, "healthy": 1 - ramp},
            ),
            "covid",
        )
        for run, share in (("one", st.session_state.get("share", 0.9)), ("two", 0.7))
    ]  # fmt: skip
    explained_film(b"film", "a.png", answers, key="here", alt="A film")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(explained_film, "get_client", lambda: client)
    return client


@pytest.fixture
def viewer(monkeypatch: pytest.MonkeyPatch) -> Viewer:
    viewer = Viewer()
    monkeypatch.setattr(explained_film, "film_viewer", viewer)
    return viewer


@pytest.fixture
def page(client: Client, viewer: Viewer) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=PATIENCE).run()
    assert not app.exception
    return app


def wishes(page: AppTest, viewer: Viewer, **wish: object) -> None:
    """As in a browser: what is wished for begins, and the page is drawn anew."""
    viewer.wish(wish)
    page.run()
    assert not page.exception


def test_all_methods_are_offered_and_one_is_there(page: AppTest, viewer: Viewer) -> None:
    assert [one.name for one in viewer.offer.methods] == [WORDS[one].title for one in METHODS]
    assert all(one.line for one in viewer.offer.methods)
    assert viewer.seen() == {("HiResCAM", name) for name in CLASSES}
    assert not viewer.offer.pending


def test_a_gradient_method_comes_with_the_others_and_occlusion_alone(
    page: AppTest, viewer: Viewer, client: Client
) -> None:
    wishes(page, viewer, what="make", method="Grad-CAM++")
    assert client.asked == [(["one", "two"], ("grad_cam", "grad_cam_plus_plus"), [])]
    assert {method for method, _ in viewer.seen()} == {"HiResCAM", "Grad-CAM", "Grad-CAM++"}
    wishes(page, viewer, what="make", method="Occlusion")
    assert client.asked[-1] == (["one", "two"], ("occlusion",), [])
    assert viewer.seen(1) == {(WORDS[one].title, name) for one in METHODS for name in CLASSES}
    [said] = {
        one.said for one in viewer.layers if (one.method, one.answered) == ("Occlusion", True)
    }
    assert said == (
        "Heat map for “covid”; a grey square takes up to 11.6 percentage points from it"
    )
    assert viewer.offer.turn == 2


def test_a_test_is_of_the_maps_that_are_seen_and_says_what_it_found(
    page: AppTest, viewer: Viewer, client: Client
) -> None:
    assert all(one.testable for one in viewer.layers)
    wishes(page, viewer, what="test", method="HiResCAM", classes=["covid", "no class of it"])
    run_ids, methods, known = client.asked[-1]
    assert (run_ids, methods) == (["one", "two"], ())
    assert [(one.run_id, one.class_name) for one in known] == [("one", "covid"), ("two", "covid")]
    assert {one.testable for one in viewer.layers if one.class_name == "covid"} == {False}
    assert {one.testable for one in viewer.layers if one.class_name == "healthy"} == {True}
    said = next(one.said for one in viewer.layers if one.answered)
    assert "its probability is 30.0 % instead of 90.0 %" in said
    assert "82.5 % on average (80.0 to 85.0 %)" in said
    assert "rests on what is warm" in said
    asked = len(client.asked)
    wishes(page, viewer, what="test", method="HiResCAM", classes=["covid"])
    assert len(client.asked) == asked, "what has been tested is not tested again"


def test_what_takes_long_is_told_and_can_be_stopped(
    page: AppTest, viewer: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explained_film, "SOON", 0.02)
    client.waits = True
    wishes(page, viewer, what="make", method="Occlusion")
    assert client.begun.wait(30)
    page.run()
    assert viewer.offer.pending
    assert viewer.seen() == {("HiResCAM", name) for name in CLASSES}
    monkeypatch.setattr(explained_film, "SOON", 30)
    wishes(page, viewer, what="stop")
    assert not viewer.offer.pending
    assert viewer.why("occlusion") == STOPPED
    client.waits = False
    wishes(page, viewer, what="make", method="Occlusion")
    assert viewer.why("occlusion") == ""
    assert ("Occlusion", "covid") in viewer.seen()


def test_another_answer_has_maps_of_its_own_and_what_is_asked_is_given_up(
    page: AppTest, viewer: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes(page, viewer, what="make", method="Grad-CAM")
    monkeypatch.setattr(explained_film, "SOON", 0.02)
    client.waits = True
    ended = threading.Event()
    usual = client.explain

    def watched(*asked: Any, **more: Any) -> Explanations:
        try:
            return usual(*asked, **more)
        except Cancelled:
            ended.set()
            raise

    monkeypatch.setattr(client, "explain", watched)
    wishes(page, viewer, what="make", method="Occlusion")
    page.session_state["share"] = 0.8
    page.run()
    assert viewer.seen() == {("HiResCAM", name) for name in CLASSES}
    assert not viewer.offer.pending
    assert ended.wait(30)
    page.session_state["share"] = 0.9
    page.run()
    assert {method for method, _ in viewer.seen()} == {"HiResCAM", "Grad-CAM", "Grad-CAM++"}


def test_what_was_made_of_many_films_is_not_kept_for_ever(
    page: AppTest, viewer: Viewer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explained_film, "KEPT", 3)
    wishes(page, viewer, what="make", method="Grad-CAM")
    for share, is_kept in ((0.1, True), (0.2, True), (0.1, True), (0.3, False), (0.4, False)):
        page.session_state["share"] = share
        page.run()
        kept = page.session_state["here_explained"]
        assert any(one.maps for one in kept.values()) == is_kept
        assert len(kept) <= 3


def test_a_network_that_cannot_explain_says_why(
    page: AppTest, viewer: Viewer, client: Client
) -> None:
    client.fails = {"two": "Its weights are gone."}
    wishes(page, viewer, what="make", method="Occlusion")
    assert ("Occlusion", "covid") in viewer.seen(0)
    assert ("Occlusion", "covid") not in viewer.seen(1)
    assert viewer.why("occlusion") == "Its weights are gone."
    wishes(page, viewer, what="test", method="HiResCAM", classes=["covid"])
    assert page.warning[0].value == "The heat map was not tested. Its weights are gone."


@pytest.mark.parametrize(
    "wish",
    [
        None, 7, "make", [], {}, {"what": "make"}, {"what": "make", "method": ["Occlusion"]},
        {"what": "test", "method": "HiResCAM"}, {"what": "test", "method": "x", "classes": []},
        {"what": "test", "method": "HiResCAM", "classes": "covid"}, {"what": "stop"},
        {"what": "look"}, {"what": "test", "method": "Grad-CAM", "classes": ["covid"]},
    ],
)  # fmt: skip
def test_a_wish_that_means_nothing_asks_nobody(
    page: AppTest, viewer: Viewer, client: Client, wish: object
) -> None:
    viewer.wish(wish)
    page.run()
    assert not page.exception
    assert client.asked == []
