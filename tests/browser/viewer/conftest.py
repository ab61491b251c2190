"""The film viewer in a real browser, on an empty page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from pages.components.viewer.script import script, style

MOUNT = """
const here = document.createElement("div");
document.body.append(here);
const root = here.attachShadow({mode: "open"});
const inside = document.createElement("div");
inside.className = "viewer-root";
const sheet = document.createElement("style");
sheet.textContent = STYLE;
root.append(inside, sheet);
Object.assign(window, {root, inside});
window.ends = [];
window.wishes = [];
window.mount = async (text) => {
    const data = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    const setTriggerValue = (name, wish) => window.wishes.push([name, wish]);
    window.ends.push(show({data, parentElement: root, setTriggerValue}));
    while (!root.querySelector("canvas")?.width) await frame();
    await frame(); await frame();
};
window.frame = () => new Promise((done) => requestAnimationFrame(done));
window.canvases = () => [...root.querySelectorAll("figure:not([hidden]) canvas")];
window.pixel = (x, y, which = 0) =>
    [...canvases()[which].getContext("2d").getImageData(x, y, 1, 1).data];
window.press = async (key, more = {}) => {
    canvases()[0].dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, ...more}));
    await frame();
};
window.type = async (label, value) => {
    const box = root.querySelector(`input[aria-label="${label}, as a number"]`);
    box.value = value;
    box.dispatchEvent(new Event("change"));
    await frame();
};
window.named = (words) =>
    [...root.querySelectorAll("button")].find((one) => one.textContent === words);
"""


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """One window for all of these tests; what goes wrong in it fails the test it happens in."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    yield page
    context.close()


@pytest.fixture
def page(blank: Page) -> Iterator[Page]:
    """The viewer's script on an empty page, its functions at hand as globals."""
    problems: list[str] = []
    blank.goto("about:blank")
    blank.on("pageerror", lambda error: problems.append(str(error)))
    blank.on("console", lambda said: problems.extend([said.text] * (said.type == "error")))
    names = (
        "show, centreAndWidth, endsOf, shadesOf, halved, nearer, whole, pixelAt, ruler, enlarged"
    )
    module = script().replace("export default function", "function")
    known = f"Object.assign(window, {{{names}}});\nconst STYLE = {style()!r};"
    blank.add_script_tag(content=f"{module}\n{known}\n{MOUNT}", type="module")
    blank.wait_for_function("typeof window.mount === 'function'")
    yield blank
    assert not problems
