"""A network of one's own in five clicks, on a page that stands still while it trains."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Page, expect

from core.runs.pace import kept_paces
from core.store import RunState, open_store
from core.workspace import Workspace
from tests.browser.running import Server, Watched

pytestmark = [pytest.mark.browser, pytest.mark.large, pytest.mark.timeout(600)]

TRAINED_WITHIN = 240_000  # ms, on a busy machine
LARGEST_SHIFT = 0.02
COUNT_CLICKS = """() => {
    window.clicks = 0;
    window.addEventListener("pointerdown", () => window.clicks += 1, true);
}"""
# From now on: what moved without anybody's hand, and the curves' canvases, which must stay.
WATCH = """() => {
    window.shifts = [];
    new PerformanceObserver(list => {
        for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push(one.value);
    }).observe({type: "layout-shift"});
    window.curves = [...document.querySelectorAll("canvas")];
}"""
STAYED = "() => window.curves.length === 2 && window.curves.every(one => one.isConnected)"


def frames_of_the_name(page: Page) -> set[bytes]:
    """Pictures of the run's name, taken until the run is done: one, if nothing flickers."""
    name, about = page.locator(".st-key-run_name"), page.locator(".st-key-run_about")
    seen = set()
    end = time.monotonic() + TRAINED_WITHIN / 1000
    while not about.inner_text().startswith("Done"):
        assert time.monotonic() < end, about.inner_text()
        expect(name).to_be_in_viewport(ratio=1)
        seen.add(name.screenshot())
    return seen


def test_five_clicks_to_a_network_and_nothing_jumps(watched: Watched, server: Server) -> None:
    page = watched.page
    watched.open(server.url)
    page.evaluate(COUNT_CLICKS)
    began = time.monotonic()

    watched.turn_to("Prepare")
    page.get_by_role("button", name="Save data set").click()
    page.get_by_role("link", name="Train a network on it").click()
    expect(page.get_by_role("heading", name="Train", exact=True)).to_be_visible()
    watched.settle()
    page.get_by_role("radio", name=re.compile("^Quick look")).locator(
        "xpath=ancestor::label"
    ).click()
    watched.settle()
    # Before anything has been measured here, the time is a range and called a guess.
    expect(page.get_by_text(re.compile("^Takes roughly .* on this computer"))).to_be_visible()
    page.get_by_role("button", name="Start 1 run").click()
    expect(page.get_by_role("heading", name=re.compile("^EfficientNetLite0"))).to_be_visible()
    page.mouse.move(5, 500)
    expect(page.locator("canvas")).to_have_count(2)
    watched.settle()
    page.evaluate(WATCH)
    assert len(frames_of_the_name(page)) == 1, "the run's name flickered"
    print(f"\n{time.monotonic() - began:.0f} s from the first click to the result")
    expect(page.get_by_role("link", name="See its result")).to_be_visible()
    watched.settle()
    assert page.evaluate("window.clicks") <= 5
    shifts = page.evaluate("window.shifts")
    assert sum(shifts) <= LARGEST_SHIFT, shifts
    assert page.evaluate(STAYED), "the curves were taken down"
    watched.check()

    store = open_store(Workspace(server.data))
    [run] = store.runs.all([RunState.DONE])
    [pace] = kept_paces(store.workspace).entries
    assert (pace.network, pace.size) == (run.spec.model, run.spec.image_size or 224)
    # Now that something has been measured, the form says so.
    page.get_by_role("radio", name="New runs").click()
    expect(page.get_by_text(re.compile("^Takes roughly"))).to_have_count(0)
    expect(page.get_by_text(re.compile("^Takes .* on this computer"))).to_be_visible()
