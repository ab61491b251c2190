"""How many clicks there are to what people come for: it is what they notice first."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from core.runs.files import RunFiles
from core.store import open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched, until
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


MOVED = """() => ['compare_roc', 'compare_sure_'].flatMap((key) => {
    const plots = document.querySelectorAll(`[class*=st-key-${key}] .js-plotly-plot`);
    return [...plots].map((plot) => ({
        kept: plot.kept === true,
        names: plot.data.filter((one) => one.mode === 'markers').map((one) => one.name),
        points: [...plot.querySelectorAll('.scatterlayer .points path')]
            .map((one) => one.getAttribute('transform')),
        line: plot.layout.shapes?.[0]?.x0,
        drawn: plot.querySelector('.shapelayer path')?.getAttribute('d'),
    }));
})"""
KEEP = "() => document.querySelectorAll('.js-plotly-plot').forEach((one) => { one.kept = true; })"


def test_a_step_of_the_threshold_moves_points_and_lines_and_draws_no_chart_anew(
    served: Server, watched: Watched
) -> None:
    page = watched.page
    runs = ",".join(one.run_id for one in open_store(Workspace(served.data)).runs.all())
    watched.open(f"{served.url}/compare?runs={runs}")
    page.get_by_role("radio", name="A threshold").click()

    def stands_at(threshold: float) -> list[dict[str, Any]]:
        def look() -> list[dict[str, Any]]:
            charts: list[dict[str, Any]] = page.evaluate(MOVED)
            told = all(f"{threshold:.2f}" in name for one in charts for name in one["names"])
            lines = [one["line"] for one in charts if not one["names"]]
            return charts if told and len(charts) == 3 and lines == [threshold] * 2 else []

        return until(f"all charts are at {threshold}", look, 120)

    before = stands_at(0.5)
    watched.settle()
    page.evaluate(KEEP)
    page.get_by_role("slider").first.press("PageDown")  # a tenth: over some films
    after = stands_at(0.4)
    assert all(one["kept"] for one in after)
    assert after[0]["points"] != before[0]["points"], "a film is called otherwise"
    assert all(
        now["drawn"] != then["drawn"] for now, then in zip(after[1:], before[1:], strict=True)
    )
    watched.settle()
    watched.check()
