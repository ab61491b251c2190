"""What pages say while the example of a first start is being prepared, and leaving it out."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import pytest

from core.example import ExampleNote
from core.runs import launcher
from core.store import Store
from pages.components import example_note, session
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import RESULT, make_run

UNDER_WAY = "An example is being prepared"


@pytest.fixture
def finish(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """A folder whose example is planned; the server at work on it waits for this event."""
    monkeypatch.delenv(session.NO_EXAMPLE)
    monkeypatch.setattr(session, "EXAMPLE_PAUSE", 0)
    monkeypatch.setattr(launcher, "refresh", lambda store: None)
    monkeypatch.setattr(example_note, "refresh", lambda store: None)
    ExampleNote(began=1.0).save(phantom_store.workspace.example_note)
    event = Event()
    monkeypatch.setattr(session, "prepare_example", lambda store: event.wait(60))
    yield event
    event.set()


def test_pages_say_what_they_wait_for_until_there_is_something_to_see(
    phantom_store: Store, finish: Event
) -> None:
    for page in ("home", "compare", "run", "classify"):
        said = everything_said(open_app(page))
        assert UNDER_WAY in said, page
        assert "longer than usual" in said, "it began long ago"
        assert "No run has finished" not in said
    run = make_run(phantom_store, "training", spec={"model": "efficientnetlite0"})
    note = ExampleNote(began=1.0, prepared=True, runs=(run.run_id,))
    note.save(phantom_store.workspace.example_note)
    assert "Network 1 of 2, EfficientNetLite0 (random weights)" in everything_said(open_app())
    make_run(phantom_store, "done", result=RESULT)
    assert UNDER_WAY not in everything_said(open_app("run", tab="external")), (
        "there is a result now"
    )
    assert UNDER_WAY in everything_said(open_app())


def test_nothing_is_waited_for_when_it_is_over(phantom_store: Store, finish: Event) -> None:
    assert UNDER_WAY in everything_said(open_app("compare"))
    note = ExampleNote(over=True, reason="There are no films.")
    note.save(phantom_store.workspace.example_note)
    assert "No run has finished yet" in everything_said(open_app("compare"))


def test_nor_when_whoever_prepared_it_is_gone(phantom_store: Store, finish: Event) -> None:
    assert UNDER_WAY in everything_said(open_app("compare"))
    finish.set()
    thread = session._example(str(phantom_store.workspace.root), phantom_store)
    assert thread is not None
    thread.join(60)
    assert "No run has finished yet" in everything_said(open_app("compare"))


def test_it_can_be_left_out(
    phantom_store: Store, finish: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["app.py", "--no-example"])
    assert "No run has finished yet" in everything_said(open_app("compare"))
    assert not session._options().data
