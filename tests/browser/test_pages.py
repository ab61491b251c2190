"""Each page on its own: opened cold by its address, empty, and with a nonsense address."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, ViewportSize, expect

from core.escaping import JOINER
from core.palette import FOCUS, SURROUNDS
from core.store import open_store
from core.workspace import Workspace
from tests.browser.running import (
    FOLLOWS_BROWSER,
    NARROW,
    WIDE,
    Server,
    Watched,
    until,
    workers_of,
)
from tests.pages.hostile import CLASS, DATASET, SOURCE, make_hostile

pytestmark = pytest.mark.browser

NOT_THERE = "The page that you have requested does not seem to exist"

# Address → heading.
PAGES = {
    "": "ThoraxLens",
    "explore": "Explore",
    "prepare": "Prepare",
    "train": "Train",
    "results": "Results",
    "compare": "Compare",
    "run": "CNN",
    "classify": "Classify",
    "demonstration": "Cheating demo",
    "machines": "Machines",
    "history": "History",
}
# Address → where a page that has nothing to show sends its reader.
NEXT = {
    "prepare": ("Import films", "explore?tab=Import"),
    "train": ("Prepare a data set", "prepare"),
    "results": ("Train a network", "train"),
    "compare": ("Train a network", "train"),
    "run": ("Train a network", "train"),
    "classify": ("Train a network", "train"),
}
NONSENSE = {
    "train?run=nonsense": "There is no run nonsense.",
    "train?dataset=nonsense": "The data set “nonsense” is no longer there",
    "compare?runs=nonsense": "The address asks for runs that have not finished: nonsense",
    "run?run=nonsense": "There is no run nonsense. It may have been deleted.",
    "run?tab=nonsense": "test films right",
    "explore?film=nonsense": "This film is no longer in the catalogue.",
    "classify?run=nonsense": "The run in the address is not there, or has not finished.",
    "explore?tab=nonsense": "40 of 40 films",
    "prepare?part=nonsense": "Preview",
    "demonstration?step=nonsense": "Step 1 of 6",
}


def look(
    context: BrowserContext,
    address: str,
    heading: str,
    viewport: ViewportSize,
    scheme: Literal["dark", "light"],
) -> None:
    """Open the address in a window and check what is there."""
    watched = Watched(context.new_page())
    watched.page.set_viewport_size(viewport)
    watched.page.emulate_media(color_scheme=scheme)
    watched.open(address)
    expect(watched.page.get_by_role("heading", name=heading, level=1)).to_be_visible()
    expect(watched.page.get_by_test_id("stAlertContentError")).to_have_count(0)
    assert is_dark(watched) == (scheme == "dark")
    watched.check()
    watched.check_access()
    if scheme == "dark":
        watched.page.emulate_media(color_scheme="light")
        until("the page is drawn light", lambda: not is_dark(watched))
        watched.settle()  # its charts are drawn anew
        watched.check_access(colours_only=True)
    watched.page.close()


def is_dark(watched: Watched) -> bool:
    """Whether the page is drawn dark, by the colour behind everything."""
    dark: bool = watched.page.get_by_test_id("stApp").evaluate(
        "one => getComputedStyle(one).backgroundColor.match(/\\d+/g).every(part => part < 128)"
    )
    return dark


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_cold(browser: Browser, stocked: Path, tmp_path: Path, page: str) -> None:
    data = tmp_path / "data"
    shutil.copytree(stocked, data)
    server = Server(data)
    server.start()
    try:
        address = f"{server.url}/{page}"
        context = browser.new_context()
        context.add_init_script(FOLLOWS_BROWSER)
        look(context, address, PAGES[page], WIDE, "dark")  # nobody has asked this server before
        look(context, address, PAGES[page], NARROW, "light")
        context.close()
    finally:
        server.kill()
    left = workers_of(data)
    for process in left:
        process.kill()
    # The cheating demo has its process started ahead, and so has what answers on Classify, where
    # there is memory to spare.
    assert bool(left) == (page == "demonstration") or page == "classify"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose user has removed even the artificial films."""
    data = tmp_path_factory.mktemp("bare") / "data"
    open_store(Workspace(data).create())
    (data / "phantoms.json").write_text("{}")
    server = Server(data)
    server.start()
    yield server
    server.end()


@pytest.mark.parametrize("page", NEXT)
def test_an_empty_page_says_what_to_do_next(watched: Watched, bare: Server, page: str) -> None:
    watched.open(f"{bare.url}/{page}")
    label, target = NEXT[page]
    link = watched.page.get_by_test_id("stMain").get_by_role("link", name=label)
    expect(link).to_be_visible()
    link.click()
    expect(watched.page).to_have_url(re.compile(re.escape(target)))
    watched.settle()
    watched.check()


def test_an_empty_explore_turns_to_the_import(watched: Watched, bare: Server) -> None:
    watched.open(f"{bare.url}/explore")
    watched.page.get_by_role("button", name="Import films").click()
    expect(watched.page.get_by_role("button", name="Import folder")).to_be_visible()
    watched.settle()
    watched.check()


def test_an_empty_home_points_at_the_import(watched: Watched, bare: Server) -> None:
    watched.open(bare.url)
    watched.page.get_by_role("button", name="Next: import films").click()
    expect(watched.page.get_by_role("heading", name="Explore", level=1)).to_be_visible()
    watched.settle()
    watched.check()


def test_names_are_shown_as_text_and_nothing_in_them_is_fetched(
    browser: Browser, phantom_folder: Path, tmp_path: Path
) -> None:
    server = Server(tmp_path / "data")
    make_hostile(server.data, phantom_folder, tmp_path / "films")
    server.start()
    context = browser.new_context(viewport=WIDE)
    watched = Watched(context.new_page())  # fails when another computer is asked
    shown = {
        "explore": ("%{f} <b>i",),
        "explore?tab=Sources": (SOURCE,),
        "prepare?part=Saved+data+sets": (DATASET, CLASS),
        "compare": (DATASET,),
        "run": (CLASS,),
        "run?tab=audit": (SOURCE,),
    }
    try:
        for address, names in shown.items():
            watched.open(f"{server.url}/{address}")
            text = watched.page.locator("body").inner_text().replace(JOINER, "")
            assert watched.page.locator('img[src*="evil"], a[href*="evil"]').count() == 0
            for name in names:
                assert name in text, f"{address} does not show {name} as it is"
            watched.check()
    finally:
        context.close()
        server.kill()


@pytest.mark.parametrize("address", NONSENSE)
def test_a_nonsense_address_gets_a_plain_sentence(
    watched: Watched, stocked_server: Server, address: str
) -> None:
    watched.open(f"{stocked_server.url}/{address}")
    expect(watched.page.get_by_text(NONSENSE[address]).first).to_be_visible()
    assert "Traceback" not in watched.page.content()
    watched.check()


def test_an_address_without_a_page_leads_home(watched: Watched, stocked_server: Server) -> None:
    watched.open(f"{stocked_server.url}/nonsense")
    expect(watched.page.get_by_text("Page not found")).to_be_visible()
    # Streamlit says so in the console too.
    watched.problems = [one for one in watched.problems if NOT_THERE not in one]
    watched.check()


def test_a_page_of_another_name_gets_nothing(stocked_server: Server) -> None:
    """As when a name from elsewhere was made to point to this computer."""
    port = stocked_server.port
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
    evil = {"Host": f"evil.example:{port}"}
    for path in ("", "/train", "/_stcore/health", "/media/x.png"):
        assert requests.get(stocked_server.url + path, headers=evil, timeout=240).status_code == 421
    stream = f"{stocked_server.url}/_stcore/stream"
    for headers in (evil, {"Origin": "http://evil.example"}):
        answer = requests.get(stream, headers={**upgrade, **headers}, timeout=240)
        assert answer.status_code == 403


def test_the_first_visit_is_dark_and_light_can_be_chosen(
    browser: Browser, stocked_server: Server
) -> None:
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    watched = Watched(context.new_page())
    loads: list[str] = []
    watched.page.on("load", lambda page: loads.append(page.url))
    watched.open(f"{stocked_server.url}/train")
    assert is_dark(watched)
    assert len(loads) == 1
    watched.page.get_by_test_id("stMainMenu").get_by_role("button").click()
    watched.page.get_by_role("menuitemradio", name="Light").click()
    until("the page is drawn light", lambda: not is_dark(watched))
    watched.page.keyboard.press("Escape")
    for page in ("train", "explore"):  # after a reload, and at an address not opened before
        watched.open(f"{stocked_server.url}/{page}")
        assert not is_dark(watched)
    watched.check()
    context.close()


TICKS = """() => [...document.querySelectorAll('.js-plotly-plot .xtick text')].map(
    one => one.style.fill)"""


def inks(watched: Watched) -> set[str]:
    """The colours of the numbers along the charts on the page."""
    return set(watched.page.evaluate(TICKS))


def rgb(colour: str) -> str:
    """``#rrggbb`` as a browser says it."""
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def test_charts_follow_a_change_of_the_theme(browser: Browser, stocked_server: Server) -> None:
    """Drawn by the server, which Streamlit tells of the theme only at the next run."""
    context = browser.new_context(viewport=WIDE, color_scheme="dark")
    context.add_init_script(FOLLOWS_BROWSER)
    watched = Watched(context.new_page())
    watched.open(f"{stocked_server.url}/explore")
    until("a chart is drawn", lambda: inks(watched))
    watched.page.emulate_media(color_scheme="light")
    until("every chart is light", lambda: inks(watched) == {rgb(SURROUNDS["light"].muted)}, 120)
    watched.page.emulate_media(color_scheme="dark")
    until("every chart is dark", lambda: inks(watched) == {rgb(SURROUNDS["dark"].muted)}, 120)
    watched.settle()
    watched.check()
    context.close()


def test_a_telephone_shows_films_before_filters(watched: Watched, stocked_server: Server) -> None:
    page = watched.page
    page.set_viewport_size(NARROW)
    watched.open(f"{stocked_server.url}/explore")
    finding = page.get_by_role("combobox", name="Finding", exact=True)
    expect(finding).to_be_hidden()
    expect(page.get_by_role("tab", name="Finding and view")).to_be_in_viewport(ratio=1)
    fold = page.get_by_role("switch", name="Filters")
    fold.press("Space")
    expect(finding).to_be_visible()
    watched.settle()
    watched.check_access()
    fold.press("Space")
    expect(finding).to_be_hidden()
    page.set_viewport_size(WIDE)  # where there is room for both
    expect(finding).to_be_visible()
    expect(fold).to_be_hidden()
    watched.check()


# What stands behind a tab, so that opening the page does not show it.
BEHIND = (
    "explore?tab=Map", "explore?tab=Import", "explore?tab=Sources",
    "prepare?part=Augmentation", "prepare?part=Saved+data+sets",
    "run?tab=threshold", "run?tab=slices", "run?tab=audit", "run?tab=card",
)  # fmt: skip


def test_nothing_behind_a_tab_keeps_anybody_out(watched: Watched, stocked_server: Server) -> None:
    watched.page.context.add_init_script(FOLLOWS_BROWSER)
    watched.page.emulate_media(color_scheme="light")
    for address in BEHIND:
        watched.open(f"{stocked_server.url}/{address}")
        assert not is_dark(watched)
        watched.check()
        watched.check_access()


# The ring of a test's theme around what has the keyboard, or around the field that it is in.
RINGED = """colour => {
    let one = document.activeElement;
    const what = one.outerHTML.slice(0, 200);
    for (let step = 0; one && step < 7; step++, one = one.parentElement) {
        const style = getComputedStyle(one);
        const ringed = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2;
        if (ringed && style.outlineColor === colour) return "";
    }
    return document.activeElement === document.body ? null : what;
}"""


def test_wherever_the_keyboard_goes_it_is_seen(watched: Watched, stocked_server: Server) -> None:
    watched.open(f"{stocked_server.url}/prepare")
    unseen, stops = [], 0
    while stops < 150:
        watched.page.keyboard.press("Tab")
        found = watched.page.evaluate(RINGED, rgb(FOCUS["dark"]))
        if found is None:
            break
        stops += 1
        unseen += [found] if found and "stSkipToContent" not in found else []
    assert stops > 30
    assert not unseen, "\n".join(unseen)


def test_sections_of_the_navigation_fold_by_keyboard(
    watched: Watched, stocked_server: Server
) -> None:
    watched.open(f"{stocked_server.url}/explore")
    side = watched.page.get_by_test_id("stSidebar")
    section = side.get_by_role("group", name="Judge")
    button = section.get_by_role("button", name="Judge")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.focus()
    watched.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(section.get_by_role("link")).to_have_count(0)
    watched.page.keyboard.press(" ")
    expect(section.get_by_role("link", name="Compare")).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    watched.check_access()
