"""The first start as a newcomer sees it: an example is being prepared, and its first result comes
by itself; a server that dies meanwhile leaves the rest to the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.example import EXAMPLE, ExampleNote
from core.store import RunState, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched, until, workers_of

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.timeout(600)]

UNDER_WAY = "An example is being prepared"
TRAINED_WITHIN = 240  # seconds, for one small run on a busy machine


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server over a folder in which nothing has ever been."""
    server = Server(tmp_path / "data", example=True)
    server.start()
    yield server
    if server.is_up:
        server.kill()
    for process in workers_of(server.data):
        process.kill()


def test_a_newcomer_finds_something_to_look_at(watched: Watched, fresh: Server) -> None:
    page = watched.page
    watched.open(fresh.url)
    expect(page.get_by_text(UNDER_WAY)).to_be_visible()
    watched.open(f"{fresh.url}/report")
    # No hand on the page: it follows by itself.
    expect(page.get_by_text(re.compile(r"of 24 test films right")).first).to_be_visible(
        timeout=TRAINED_WITHIN * 1000
    )
    expect(page.get_by_text(UNDER_WAY)).to_have_count(0)
    watched.settle()
    watched.check()

    store = open_store(Workspace(fresh.data))
    first = store.runs.all([RunState.DONE])[-1]
    assert first.spec.dataset == EXAMPLE
    watched.server_is_gone = True
    fresh.kill()
    for process in workers_of(fresh.data):
        process.kill()
    fresh.start()
    note = fresh.data / "example.json"
    watched.open(fresh.url)
    watched.server_is_gone = False
    expect(page.get_by_text(UNDER_WAY)).to_be_visible()
    until("the second network is queued", lambda: len(ExampleNote.load(note).runs) == 2)
    assert ExampleNote.load(note).runs[0] == first.run_id
    assert len(store.runs.all()) == 2
    expect(page.get_by_text("(random weights) · example, artificial films").first).to_be_visible()
    watched.server_is_gone = True  # it ends now, whatever the page still asks for
