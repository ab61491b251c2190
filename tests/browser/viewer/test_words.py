"""Marks, ruler and description: what the viewer says of a film."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import pytest
from playwright.sync_api import Page

from core.images.decode import grey_values
from pages.components.viewer.packing import HeatLayer, Mark, block, packed_film
from tests.browser.viewer.mounting import EACH_ONCE, deep, mounted
from tests.core.images.dicom_films import dicom, written

pytestmark = pytest.mark.browser


def test_marks_are_switched_on_by_their_words(page: Page) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 1
    mounted(page, deep(), marks=[Mark("Show the lung outline", (86, 180, 233), mask)])
    middle = "pixel(Math.round(canvases()[0].width / 2), Math.round(canvases()[0].height / 2))"
    red, _, blue, _ = page.evaluate(middle)
    assert red == blue
    page.evaluate("root.querySelector('input[type=checkbox]').click()")
    page.evaluate("frame()")
    red, _, blue, _ = page.evaluate(middle)
    assert blue > red


def test_a_ruler_is_as_long_as_it_says(page: Page) -> None:
    mounted(page, written(dicom(np.tile(EACH_ONCE, (4, 4)), PixelSpacing=[0.5, 0.5])))
    said, length, scale = page.evaluate("""() => {
        const one = root.querySelector(".ruler");
        const {width, height} = canvases()[0].getBoundingClientRect();
        return [one.textContent, parseFloat(one.style.width), Math.min(width, height) / 256];
    }""")
    number, unit = said.split()
    millimetres = float(number) * (10 if unit == "cm" else 1)
    assert length == pytest.approx(millimetres / 0.5 * scale, rel=0.01)
    mounted(page, written(dicom(EACH_ONCE, ImagerPixelSpacing=[0.5, 0.5])))
    page.wait_for_function("root.querySelector('.ruler').textContent.includes('at the detector')")
    mounted(page, deep())
    page.wait_for_function("root.querySelector('.ruler').hidden")


def test_it_is_described_and_reads_out_what_was_changed(page: Page) -> None:
    mounted(page, deep(), alt="Chest X-ray: No finding, view PA")
    film = page.get_by_role("application", name="Chest X-ray: No finding, view PA")
    film.focus()
    page.wait_for_timeout(600)  # the first state is not read out
    page.keyboard.press("+")
    page.wait_for_function(
        "root.querySelector('output').textContent === 'Zoom 125 %, centre 2,048, width 4,096'"
    )
    described = film.get_attribute("aria-describedby")
    assert "plus and minus zoom" in page.evaluate(f"root.getElementById('{described}').textContent")


def test_a_browser_that_cannot_unpack_a_film_says_so(page: Page) -> None:
    shown = block(packed_film(grey_values(deep(), "film", 2048), None), place="test", alt="")
    page.evaluate("window.DecompressionStream = undefined")
    page.evaluate("text => void mount(text)", b64encode(shown).decode())
    page.wait_for_function("inside.textContent.includes('cannot be shown in this browser')")


def test_names_from_outside_are_text(page: Page) -> None:
    evil = "<img src=x onerror=alert(1)>"
    layers = [HeatLayer(n, evil, evil, np.ones((2, 2), np.float32), said=evil) for n in (0, 1)]
    mounted(page, deep(), alt=evil, networks=[evil, evil], layers=layers)
    assert page.evaluate("root.querySelectorAll('img').length") == 0
    assert page.evaluate("root.querySelector('figcaption').textContent") == f"{evil} {evil}"


def test_a_film_stays_large_where_its_tools_take_many_lines(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    mounted(page, deep(), tall=0.54, whole=0.2)  # of the window: less than the tools alone
    assert page.evaluate("canvases()[0].clientHeight") > 0.4 * 844
