"""The browser's Back: each press of it goes one step back that somebody has made."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.running import Server, Watched

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_what_a_page_writes_into_the_address_by_itself_is_no_step(
    stocked_server: Server, watched: Watched
) -> None:
    page = watched.page
    watched.open(stocked_server.url)
    page.get_by_test_id("stSidebar").get_by_role("link", name="One run").click()
    expect(page).to_have_url(re.compile(r"/run\?run="))  # the page chose it
    watched.settle()
    slices = page.get_by_role("tab", name="Slices")
    slices.click()
    expect(page).to_have_url(re.compile("tab=slices"))
    watched.settle()
    page.go_back()
    expect(page).not_to_have_url(re.compile("tab=slices"))
    expect(page).to_have_url(re.compile("/run"))
    watched.settle()
    page.go_back()
    expect(page).to_have_url(f"{stocked_server.url}/")
    expect(page.get_by_role("heading", name="ThoraxLens")).to_be_visible()
    watched.settle()
