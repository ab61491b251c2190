"""Every page and what stands behind its tabs, at five widths: nothing is wider than the window, no
chosen value and no button's words are cut. The themes take turns: they differ in colours alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ViewportSize

from tests.browser.running import FOLLOWS_BROWSER, Server, Watched
from tests.browser.test_pages import BEHIND, PAGES

pytestmark = [pytest.mark.browser, pytest.mark.large]

ADDRESSES = [*PAGES, *BEHIND]

WINDOWS: tuple[ViewportSize, ...] = (
    {"width": 390, "height": 844},
    {"width": 768, "height": 1024},
    {"width": 1024, "height": 768},
    {"width": 1440, "height": 900},
    {"width": 1920, "height": 1080},
)
# What is chosen, what can be pressed and the names of fields, where some of their words are hidden.
CUT = """() => [...document.querySelectorAll(
    '[data-tag], [data-testid=stMultiSelectTagsContainer], button, [role=tab], label, a'
)].filter(one => one.checkVisibility() && one.innerText.trim()
    && [one, ...one.querySelectorAll('*')].some(part =>
        part.clientWidth > 2 && part.scrollWidth > part.clientWidth + 1
        && getComputedStyle(part).overflowX !== 'visible')
).map(one => one.innerText)"""


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_cut_at_any_width(
    browser: Browser, stocked_server: Server, address: str
) -> None:
    dark = ADDRESSES.index(address) % 2 == 0
    context = browser.new_context(color_scheme="dark" if dark else "light")
    context.add_init_script(FOLLOWS_BROWSER)
    watched = Watched(context.new_page())
    watched.page.set_viewport_size(WINDOWS[0])  # with the sidebar folded, as on a telephone
    watched.open(f"{stocked_server.url}/{address}")
    for window in WINDOWS:
        watched.page.set_viewport_size(window)
        watched.page.wait_for_timeout(300)  # charts follow the width
        watched.settle()
        watched.check()
        assert watched.page.evaluate(CUT) == [], window
    context.close()
