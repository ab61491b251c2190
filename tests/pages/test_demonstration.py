"""Cheating demo: each step says what the answers say, and never more."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.demonstration.sessions import CONTROL, SHORTCUT, Demonstration, DemoSession
from core.runs.jobs import Job
from core.store import Store
from pages.components.demonstration import pictures as drawing
from tests.core.demonstration.made_up import (
    answers,
    control,
    finished,
    give,
    shortcut_answers,
    stand,
)
from tests.pages.opening import everything_said, open_app

STEPS = (
    "1 · The films",
    "2 · Training",
    "3 · What did it look at?",
    "4 · The marker moves",
    "5 · A network without the marker",
    "6 · What to take home",
)


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first page starts the process ahead; here it is only noted."""
    monkeypatch.setattr(Job, "start", lambda job, **arguments: True)


@pytest.fixture
def session(phantom_store: Store) -> DemoSession:
    return Demonstration(phantom_store).latest()


@pytest.fixture
def running(session: DemoSession) -> DemoSession:
    """A session whose process seems to live."""
    stand(session, "working", "Drawing the films")
    return session


def opened(step: int) -> AppTest:
    app = open_app("demonstration", step=str(step))
    assert not app.exception
    return app


def at(app: AppTest) -> str:
    return str(app.subheader[0].value)


def pictures(app: AppTest) -> list[str]:
    """The words of all films on the page."""
    return re.findall(r'<img alt="([^"]+)"', "\n".join(one.proto.body for one in app.get("html")))


def test_the_first_step_shows_both_kinds_and_says_that_they_are_artificial(
    session: DemoSession,
) -> None:
    app = opened(1)
    assert at(app) == STEPS[0]
    assert "artificial" in everything_said(app)
    shown = pictures(app)
    assert shown.count("Artificial covid-like chest film") == 8
    assert shown.count("Artificial healthy chest film") == 8


def test_without_the_marker_there_is_nothing_to_train_yet(session: DemoSession) -> None:
    app = opened(1)
    assert not app.button(key="on_1").disabled
    app.toggle(key="demonstration_marker").set_value(False).run()
    assert app.button(key="on_1").disabled
    assert "letter" not in everything_said(app)


def test_training_starts_one_process_and_shows_the_second_step(
    session: DemoSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, dict[str, str]]] = []

    def start(job: Job, **arguments: str) -> bool:
        started.append((job.kind.name, arguments))
        stand(session, "working", "Drawing the films")
        return True

    monkeypatch.setattr(Job, "start", start)
    app = opened(1)
    app.button(key="on_1").click().run()
    assert at(app) == STEPS[1]
    # The one that the first step has started ahead.
    assert started == [("demonstration", {"session": "1", "waits": "yes"})]
    assert app.button(key="on_2").disabled


def test_while_it_trains_the_epochs_are_shown_and_nothing_of_the_end(running: DemoSession) -> None:
    give(running, SHORTCUT, epochs=4, state="training")
    app = opened(5)  # further than this session has come
    assert at(app) == STEPS[1]
    assert [one.value for one in app.metric] == ["90.0 %"]
    assert app.button(key="on_2").disabled


@pytest.mark.parametrize("state", ["failed", "cancelled", "done"])
def test_a_session_without_answers_says_why_and_offers_another(
    session: DemoSession, state: str
) -> None:
    stand(session, state, reason="The disk is full. Free some space." * (state == "failed"))
    app = opened(2)
    [said] = [one.value for one in app.error]
    assert "disk is full" in said if state == "failed" else "without an answer" in said
    assert app.button(key="again_failed")


def test_after_training_the_score_is_that_of_the_test_films(session: DemoSession) -> None:
    finished(session)
    app = opened(2)
    [metric] = app.metric
    assert (metric.value, metric.delta) == ("100 %", "40 of 40 films")
    assert not app.button(key="on_2").disabled


def test_the_heat_is_counted(session: DemoSession) -> None:
    finished(session)
    app = opened(3)
    assert "20 of 20" in everything_said(app)
    assert "Artificial covid-like chest film, called covid-like" in pictures(app)


def test_the_flip_is_counted_and_shown_on_the_same_people(session: DemoSession) -> None:
    finished(session)
    app = opened(4)
    said = everything_said(app)
    assert "19 of 20 healthy people are now called covid-like" in said
    assert "20 of 20 covid-like people healthy" in said
    assert "40 of 40 answers right" in said
    assert "1 of 40 answers right" in said
    assert len(app.get("plotly_chart")) == 2
    shown = pictures(app)
    assert shown.count("Artificial covid-like chest film, called healthy") == 4
    assert shown.count("Artificial healthy chest film, called covid-like") == 3


def test_a_network_that_did_not_fall_for_the_marker_is_not_said_to_have(
    session: DemoSession,
) -> None:
    finished(session)
    control().save(session.answers_file(SHORTCUT))
    assert "0 of 20" in everything_said(opened(3))
    said = everything_said(opened(4))
    assert "0 of 40 answers have changed" in said
    assert "did not go with the marker" in said


def test_both_networks_are_compared(session: DemoSession) -> None:
    finished(session)
    app = opened(5)
    said = everything_said(app)
    assert "from 100 % to **3 %**" in said
    assert "**90 %** right without one and **90 %** with it" in said
    assert len(app.get("plotly_chart")) == 1


def test_the_second_network_is_waited_for(running: DemoSession) -> None:
    give(running, SHORTCUT)
    shortcut_answers().save(running.answers_file(SHORTCUT))
    give(running, CONTROL, epochs=2, state="training")
    app = opened(5)
    assert at(app) == STEPS[4]
    assert [one.value for one in app.metric] == ["80.0 %"]
    assert not app.button(key="on_5").disabled


def test_a_second_network_that_failed_is_told(session: DemoSession) -> None:
    give(session, SHORTCUT)
    shortcut_answers().save(session.answers_file(SHORTCUT))
    stand(session, "failed", reason="Its process is gone.")
    app = opened(5)
    assert "Its process is gone" in app.warning[0].value


def test_the_lessons_carry_this_take_s_numbers(session: DemoSession) -> None:
    finished(session)
    app = opened(6)
    assert [one.proto.page for one in app.get("page_link")] == ["run"]
    said = everything_said(app)
    assert "100 % here" in said
    assert "0 of 20 covid-like people" in said


def test_start_again_brings_back_the_first_step_with_other_people(
    session: DemoSession, phantom_store: Store
) -> None:
    finished(session)
    app = opened(6)
    app.button(key="demonstration_again").click().run()
    assert at(app) == STEPS[0]
    assert Demonstration(phantom_store).latest().number == 2


def test_one_walks_on_and_back(session: DemoSession) -> None:
    finished(session)
    app = opened(1)
    for number in range(1, 6):
        app.button(key=f"on_{number}").click().run()
        assert at(app) == STEPS[number]
    app.button(key="back_6").click().run()
    assert at(app) == STEPS[4]


@pytest.mark.parametrize("step", ["", "99", "²"])
def test_a_wrong_step_in_the_address_is_put_right(session: DemoSession, step: str) -> None:
    finished(session)
    app = open_app("demonstration", step=step)
    assert not app.exception
    assert at(app) in (STEPS[0], STEPS[5])


def test_damaged_answers_are_told_with_a_way_out(session: DemoSession) -> None:
    finished(session)
    session.answers_file(SHORTCUT).write_bytes(b"torn")
    app = opened(3)
    assert "Start it again" in app.error[0].value
    assert app.button(key="demonstration_again")


def test_no_number_is_made_up(session: DemoSession) -> None:
    finished(session)
    nothing = answers(
        dict.fromkeys(("covid-like", "healthy", "nobody"), shortcut_answers().y_true * 0)
    )
    nothing.save(session.answers_file(SHORTCUT))
    assert opened(2).metric[0].value == "50 %"


def test_the_legend_covers_the_whole_map(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("pages.components.demonstration.pictures.st.html", shown.append)
    drawing.legend()
    assert "0%" in shown[0]
    assert "100%" in shown[0]
    assert "little influence" in shown[0]


def test_the_first_step_has_the_process_started_ahead(
    session: DemoSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[dict[str, str]] = []
    monkeypatch.setattr(Job, "start", lambda job, **arguments: started.append(arguments) or True)
    app = opened(1)
    app.toggle(key="demonstration_marker").set_value(False).run()
    assert started == [{"session": "1", "waits": "yes"}]


def test_presenting_has_keys_and_no_navigation_and_ends_where_it_was(session: DemoSession) -> None:
    finished(session)
    app = open_app("demonstration", step="3", present="")
    assert not app.exception
    assert app.title[0].value == STEPS[2]
    assert not app.sidebar.caption
    assert app.button(key="on_3").proto.shortcut == "right"
    app.button(key="on_3").click().run()
    assert app.title[0].value == STEPS[3]
    app.button(key="present_leave").click().run()
    assert app.title[0].value == "Cheating demo"
    assert at(app) == STEPS[3]
    assert app.sidebar.caption
    assert not app.button(key="on_4").proto.shortcut
    app.button(key="present").click().run()
    assert app.title[0].value == STEPS[3]


def test_while_it_is_asked_the_bar_says_so(running: DemoSession) -> None:
    give(running, SHORTCUT, state="evaluating")
    app = opened(2)
    [bar] = app.get("progress")
    assert bar.proto.text == "Asking it about people whom it has never seen"
