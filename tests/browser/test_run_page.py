"""One run, one page: its tabs and their addresses, and the addresses of before."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from core.store import open_store
from core.workspace import Workspace
from tests.browser.running import NARROW, Server, Watched

pytestmark = pytest.mark.browser


def test_old_addresses_lead_to_their_tab_and_tabs_to_addresses(
    watched: Watched, stocked_server: Server
) -> None:
    page = watched.page
    [run] = open_store(Workspace(stocked_server.data)).runs.all()
    for old, tab, name in (
        ("external", "external", "External test"),
        ("audit", "audit", "Audit"),
        ("report", "result", "Result"),
    ):
        watched.open(f"{stocked_server.url}/{old}?run={run.run_id}")
        expect(page).to_have_url(re.compile(rf"/run\?run={run.run_id}&tab={tab}"))
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        watched.check()
    # What one tab says of another opens it, and the header stays.
    page.get_by_role("button", name="Audit this run").click()
    expect(page).to_have_url(re.compile("tab=audit"))
    expect(page.get_by_text("Nobody knows yet whether")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^CNN"))
    page.get_by_role("tab", name="Card").click()
    expect(page.get_by_role("button", name="Run as a file (zip)")).to_be_visible()
    expect(page).to_have_url(re.compile("tab=card"))
    page.reload()
    watched.settle()
    expect(page.get_by_role("tab", name="Card")).to_have_attribute("aria-selected", "true")
    # By the keyboard, as in any list of tabs.
    page.get_by_role("tab", name="Card").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("tab=external"))
    watched.settle()
    watched.check()


def test_a_run_is_named_and_starred_and_its_name_stands_everywhere(
    watched: Watched, stocked_server: Server
) -> None:
    page = watched.page
    [run] = open_store(Workspace(stocked_server.data)).runs.all()
    watched.open(f"{stocked_server.url}/run?run={run.run_id}&tab=slices")
    page.get_by_role("button", name="Star", exact=True).click()
    expect(page.get_by_role("button", name="Starred")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Name", exact=True).fill("Our *first*")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Our *first*")
    expect(page.get_by_role("button", name="Keep")).to_have_count(0)
    watched.settle()
    watched.check_access()
    page.set_viewport_size(NARROW)
    watched.settle()
    watched.check()
    watched.open(f"{stocked_server.url}/compare?runs={run.run_id}")
    expect(page.get_by_text("Our *first*").first).to_be_visible()
    watched.check()
