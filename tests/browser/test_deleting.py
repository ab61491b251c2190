"""Deleting one of several: the next one is not asked for in its place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched
from tests.pages.runs import make_dataset

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def served(_phantom_workspace: Path, tmp_path: Path) -> Iterator[tuple[Server, Store]]:
    root = tmp_path / "data"
    shutil.copytree(_phantom_workspace, root)
    store = open_store(Workspace(root).create())
    for name in ("first", "second", "third"):
        make_dataset(store, name, size=32)
    one = Server(root)
    one.start()
    yield one, store
    one.end()


def test_a_second_click_on_the_same_place_deletes_nothing(
    served: tuple[Server, Store], watched: Watched
) -> None:
    server, store = served
    page = watched.page
    watched.open(f"{server.url}/prepare?part=Saved+data+sets")
    asks = page.get_by_role("button", name="Delete …")
    expect(asks).to_have_count(3)
    asks.nth(1).click()
    red = page.get_by_role("button", name="Delete this data set")
    expect(red).to_have_count(1)
    watched.settle()
    red.click()
    expect(asks).to_have_count(2)
    watched.settle()
    expect(red).to_have_count(0)
    assert {one.name for one in store.datasets.all()} == {"first", "third"}
    # What is opened next speaks of itself.
    asks.nth(1).click()
    expect(page.get_by_text("The data set “first” goes; the films stay.")).to_be_visible()
