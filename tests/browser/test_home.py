"""Home in a browser: its film can be moved at once, each door leads where it says, and through one
of them the cheating demo flips four clicks later, by mouse or by arrow keys."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.showcase.brought import bring
from core.store import open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

# A number that tells what a canvas shows.
SHOWN = """one => one.getContext("2d").getImageData(0, 0, one.width, one.height).data
    .reduce((sum, value) => (31 * sum + value) % 1000003, 0)"""
READY_WITHIN = 240_000  # ms, for two small trainings on a busy machine
FLIPPED = re.compile(r"\d+ of \d+ healthy people are now called covid-like")


@pytest.fixture(scope="module")
def started(_phantom_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over films, and answers as a first start has them."""
    root = tmp_path_factory.mktemp("home") / "data"
    shutil.copytree(_phantom_workspace, root)
    bring(open_store(Workspace(root).create()))
    server = Server(root)
    server.start()
    yield server
    server.end()


def shown(page: Page) -> int:
    found: int = page.locator("canvas").first.evaluate(SHOWN)
    return found


def test_what_draws_charts_is_there_before_the_first_chart(
    watched: Watched, started: Server
) -> None:
    watched.open(started.url)
    page = watched.page
    # Each once: Streamlit's own loading takes the same copy.
    came = """() => performance.getEntriesByType("resource").map((one) => one.name)
        .filter((name) => name.includes("/PlotlyChart."))"""
    page.wait_for_function(f"({came})().length > 0", timeout=120_000)
    assert page.locator(".js-plotly-plot").count() == 0
    page.get_by_role("link", name="Explore").first.click()
    expect(page.locator(".js-plotly-plot").first).to_be_visible(timeout=120_000)
    assert len(page.evaluate(came)) == 1
    watched.check()


def test_the_film_can_be_moved_at_once(watched: Watched, started: Server) -> None:
    watched.open(started.url)
    page = watched.page
    expect(page.get_by_role("application").first).to_be_visible()
    before = until("the film is drawn", lambda: shown(page))
    asked: list[str] = []
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.get_by_role("slider", name="Strength").press("End")
    strong = until("the heat map is stronger", lambda: shown(page) != before and shown(page))
    page.get_by_role("button", name="Another film").click()
    until("another film is drawn", lambda: shown(page) not in (before, strong))
    expect(page.get_by_text("healthy", exact=True).first).to_be_visible()
    assert page.get_by_role("slider", name="Strength").input_value() == "100"
    assert asked == []
    watched.settle()
    watched.check()


@pytest.mark.parametrize(
    ("door", "heading"),
    [("Classify a film", "Classify"), ("Build your own", "Prepare")],
)
def test_a_door_leads_where_it_says(
    watched: Watched, started: Server, door: str, heading: str
) -> None:
    watched.open(started.url)
    # Anywhere on it, not on its words alone.
    card = watched.page.locator("[class*=st-key-door_]", has=watched.page.get_by_text(door))
    box = card.bounding_box()
    assert box is not None
    watched.page.mouse.click(box["x"] + box["width"] - 12, box["y"] + box["height"] - 8)
    expect(watched.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    watched.settle()
    watched.check()


@pytest.mark.large
def test_the_demonstration_flips_four_clicks_from_home(watched: Watched, started: Server) -> None:
    watched.open(started.url)
    page = watched.page
    page.get_by_role("link", name="See why 100 % can be worthless").click()
    expect(page.get_by_role("heading", name="Cheating demo", level=1)).to_be_visible()
    watched.settle()
    page.get_by_role("button", name="Train a network on these films").click()
    # The bar is there at once, and goes when the answers are.
    expect(page.get_by_test_id("stProgress")).to_be_visible()
    for name in ("What did it look at?", "Move the marker to the healthy people"):
        button = page.get_by_role("button", name=name)
        expect(button).to_be_enabled(timeout=READY_WITHIN)
        expect(page.get_by_test_id("stProgress")).to_have_count(0)
        button.click()
    expect(page.get_by_text(FLIPPED)).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    watched.settle()
    for matrix in page.get_by_test_id("stPlotlyChart").all():
        box = matrix.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900, "both matrices are to be seen at once"
    watched.check()

    # The same for an audience, with the arrow keys.
    watched.open(f"{started.url}/demonstration?present&step=2")
    expect(page.get_by_test_id("stSidebar")).to_have_count(0)
    expect(page.get_by_role("heading", name="2 · Training", level=1)).to_be_visible()
    for name in ("3 · What did it look at?", "4 · The marker moves"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
        watched.settle()
    expect(page.get_by_text(FLIPPED)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="3 · What did it look at?", level=1)).to_be_visible()
    watched.settle()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Cheating demo", level=1)).to_be_visible()
    expect(page).not_to_have_url(re.compile("present"))
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    page.get_by_role("button", name="Present", exact=True).click()
    expect(page.get_by_test_id("stSidebar")).to_be_hidden()
    watched.settle()
    watched.check()
