"""How many clicks there are to what people come for: it is what they notice first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from core.runs.files import RunFiles
from core.store import open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched
from tests.pages.runs import RESULT, make_run

pytestmark = pytest.mark.browser


@pytest.fixture
def served(stocked: Path, tmp_path: Path) -> Iterator[Server]:
    """A server over two finished networks with answers of their own."""
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    store = open_store(Workspace(data))
    [first] = store.runs.all()
    run = make_run(store, "done", result=RESULT, spec={"model": "vgg16"})
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    shutil.copy(RunFiles(store.workspace.run_folder(first.run_id)).predictions, files.predictions)
    server = Server(data)
    server.start()
    yield server
    server.kill()


def test_two_networks_stand_side_by_side_after_three_clicks(
    served: Server, watched: Watched
) -> None:
    page = watched.page
    watched.open(served.url)
    clicked: list[Locator] = []

    def click(what: Locator) -> None:
        what.click()
        clicked.append(what)

    click(page.get_by_test_id("stSidebar").get_by_role("link", name="Compare"))
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    watched.settle()
    click(page.get_by_role("combobox", name="Finished runs"))
    click(page.get_by_role("option").first)
    page.keyboard.press("Escape")  # the list stays open for more
    for network in ("CNN", "VGG16"):
        matrix = page.get_by_role("figure", name=f"Confusion matrix of {network}")
        expect(matrix).to_have_count(1)
    expect(page.get_by_text("Could the difference be chance?")).to_be_visible()
    assert len(clicked) <= 3
    watched.settle()
    watched.check()
