"""The table of results in a real browser: search, sort, name, star, tag, open and compare."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.runs.files import RunFiles
from core.specs import RepeatSpec
from core.store import Store, open_store
from core.workspace import Workspace
from tests.browser.running import NARROW, Server, Watched
from tests.pages.runs import RESULT, make_run

pytestmark = pytest.mark.browser


@pytest.fixture
def served(stocked: Path, tmp_path: Path) -> Iterator[tuple[Server, Store]]:
    """A server over one CNN and two folds of another network, all with the same answers."""
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    store = open_store(Workspace(data))
    [first] = store.runs.all()
    answers = RunFiles(store.workspace.run_folder(first.run_id)).predictions
    for index in (0, 1):
        repeat = RepeatSpec(group="20260101-000000-folds-beef", kind="folds", index=index, count=2)
        run = make_run(store, "done", result=RESULT, spec={"model": "vgg16", "repeat": repeat})
        files = RunFiles(store.workspace.run_folder(run.run_id)).create()
        shutil.copy(answers, files.predictions)
    server = Server(data)
    server.start()
    yield server, store
    server.kill()


def test_results_are_found_named_starred_opened_and_compared(
    served: tuple[Server, Store], watched: Watched
) -> None:
    server, store = served
    cnn = next(run for run in store.runs.all() if run.spec.model == "cnn")
    page = watched.page
    watched.open(f"{server.url}/results")
    names = page.locator("tbody th a")
    expect(names).to_have_text([re.compile("^VGG16 · 2 folds"), re.compile("^CNN")])

    page.get_by_role("button", name="Network").click()  # words go up first
    expect(names).to_have_text([re.compile("^CNN"), re.compile("^VGG16")])
    page.get_by_role("searchbox").fill("from scratch")
    expect(names).to_have_text([re.compile("^CNN")])
    expect(page.get_by_text("1 of 2 results")).to_be_visible()

    page.get_by_role("button", name="Rename CNN").click()
    page.keyboard.type("<b>Mine</b> *once*")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="<b>Mine</b> *once*")).to_be_visible()
    expect(page.get_by_role("button", name="Rename <b>Mine</b> *once*")).to_be_focused()
    page.get_by_role("button", name="Add a tag").click()
    page.keyboard.type("paper, slow")
    page.keyboard.press("Enter")
    expect(page.locator(".tag")).to_have_text([re.compile("paper"), re.compile("slow")])
    page.get_by_role("button", name="Star <b>Mine").click()
    expect(page.get_by_role("button", name="Star <b>Mine")).to_have_attribute(
        "aria-pressed", "true"
    )
    watched.settle()
    # Refused: it is told why, and what was shown at once is taken back.
    page.get_by_role("button", name="Add a tag").click()
    page.keyboard.type(",".join(map(str, range(19))))
    page.keyboard.press("Enter")
    expect(page.get_by_text("A run can have at most 20 tags")).to_be_visible()
    expect(page.locator(".tag")).to_have_count(2)
    said = store.runs.get(cnn.run_id).remarks
    assert (said.title, said.star, said.tags) == ("<b>Mine</b> *once*", True, ("paper", "slow"))

    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Rename VGG16").click()
    page.keyboard.type("<B>mine</B> *ONCE*")
    # Left by a click, which is not lost.
    page.get_by_role("button", name="Open runs and notes of VGG16").click()
    expect(page.get_by_text("Another run is called")).to_be_visible()
    expect(page.get_by_role("link", name="fold 2 of 2")).to_be_visible()
    watched.check()

    watched.check_access()
    assert page.locator(".member").count() == 2
    page.get_by_role("link", name="VGG16 · 2 folds").click()
    expect(page).to_have_url(re.compile(r"/compare\?runs=20260101-000000-folds-beef"))
    page.get_by_role("link", name="table of all results").click()

    # On a telephone each is a card; what was opened is still open after a look at another page.
    page.set_viewport_size(NARROW)
    page.get_by_role("link", name="fold 2 of 2").click()
    expect(page).to_have_url(re.compile(r"/run\?run=.*"))
    page.go_back()
    expect(page.get_by_role("link", name="fold 2 of 2")).to_be_visible()
    for box in page.get_by_role("checkbox", name="Compare").all():
        box.check()
    watched.check()
    page.get_by_role("button", name="Compare the chosen (2)").click()
    expect(page).to_have_url(re.compile(rf"/compare\?runs=.*{cnn.run_id}"))
    expect(page.get_by_role("heading", name="Compare", exact=True)).to_be_visible()
    watched.settle()
    watched.check()
