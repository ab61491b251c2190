"""What somebody sees on the page of a run that trains."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.running import PATIENCE, Watched, until


def counter(page: Page) -> Locator:
    return page.get_by_test_id("stMetric").filter(has_text="Epochs finished")


def shown(page: Page) -> int:
    """How many epochs the page says are finished."""
    said = re.search(r"(\d+) of \d+", counter(page).inner_text())
    assert said, counter(page).inner_text()
    return int(said[1])


def sees_it_move(watched: Watched, least: int, seconds: float = PATIENCE) -> int:
    """The page shows the run at work: at least ``least`` epochs, then more, and curves."""
    page = watched.page
    until("the page has caught up", lambda: shown(page) >= least, seconds)
    first = shown(page)
    until("the counter moves on by itself", lambda: shown(page) > first, seconds)
    expect(page.locator("canvas").first).to_be_visible()
    return shown(page)


def ours(page: Page, name: str) -> Locator:
    """A button of the page's own: Streamlit's header has a Stop while a script runs."""
    return page.get_by_test_id("stMainBlockContainer").get_by_role("button", name=name, exact=True)
