"""Heat maps by several methods: switched, wished for, and asked for in vain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from pages.components.viewer.packing import HeatLayer, Offer, OfferedMethod
from tests.browser.viewer.mounting import mounted
from tests.core.images.dicom_films import dicom, written

pytestmark = pytest.mark.browser


METHODS = [
    OfferedMethod("HiResCAM", "Shows where, not why."),
    OfferedMethod("Grad-CAM", "Shows it otherwise."),
    OfferedMethod("Occlusion", "Shows what a square takes.", "Stopped."),
]
NOTE = "root.querySelector('figcaption').textContent.trim()"
PRESSED = """[...root.querySelectorAll('[aria-label="Method"] button')]
    .filter((one) => one.ariaPressed === "true").map((one) => one.textContent)"""


def corner_layer(method: str, *, testable: bool = True) -> HeatLayer:
    """Warm in the left upper corner; by Grad-CAM in the right lower one."""
    corner = np.zeros((2, 2), np.float32)
    corner[0, 0] = 1
    heat = corner if method == "HiResCAM" else corner[::-1, ::-1]
    said = f"Heat map for “covid” by {method}"
    return HeatLayer(0, "covid", method, heat, said=said, testable=testable)


def with_methods(page: Page, layers: list[HeatLayer], **offer: Any) -> None:
    stored = np.full((300, 300), 1000, np.uint16)
    stored[:, ::7] = 3000
    mounted(
        page,
        written(dicom(stored)),
        networks=["CNN"],
        layers=layers,
        offer=Offer(METHODS, **offer),
    )


def test_a_method_that_is_there_is_switched_in_place_and_says_what_it_shows(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM")])
    hot = """() => {
        const [one] = canvases();
        const warm = (x, y) => { const [red, , blue] = pixel(x, y); return red !== blue; };
        const [x, y] = [one.width / 2, one.height];
        return [warm(x - 100, 50), warm(x + 100, y - 50)];
    }"""
    lines = "[...root.querySelectorAll('.tools .note')].map((one) => one.textContent)"
    assert page.evaluate(hot) == [True, False]
    assert "Shows where, not why." in page.evaluate(lines)
    page.evaluate("async () => { named('Grad-CAM').click(); await frame(); }")
    assert page.evaluate(hot) == [False, True]
    assert page.evaluate(NOTE) == "Heat map for “covid” by Grad-CAM"
    assert "Shows it otherwise." in page.evaluate(lines)
    assert page.evaluate(PRESSED) == ["Grad-CAM"]
    assert page.evaluate("wishes") == []


def test_a_method_that_is_not_there_is_wished_for_once_and_shows_no_other_s_map(
    page: Page,
) -> None:
    there = [corner_layer("HiResCAM")]
    with_methods(page, there)
    heat = "() => [...pixel(canvases()[0].width / 2 - 100, 50)].slice(0, 3)"
    warm = page.evaluate(heat)
    page.evaluate(
        "async () => { named('Grad-CAM').focus(); named('Grad-CAM').click(); await frame(); }"
    )
    assert page.evaluate("wishes") == [
        ["wish", {"what": "make", "method": "Grad-CAM", "classes": []}]
    ]
    assert page.evaluate(NOTE) == "Grad-CAM is being worked out …"
    red, green, blue = page.evaluate(heat)
    assert red == green == blue
    assert warm != [red, green, blue]
    # The server says that it is on its way: the viewer looks again until it is there.
    with_methods(page, there, pending=True)
    assert page.evaluate(NOTE) == "Grad-CAM is being worked out …"
    assert page.evaluate("!named('Stop').hidden && named('Test this map').hidden")
    page.wait_for_function("wishes.filter(([, wish]) => wish.what === 'look').length > 1")
    page.evaluate("named('Stop').click()")
    assert ["wish", {"what": "stop"}] in page.evaluate("wishes")
    with_methods(page, [*there, corner_layer("Grad-CAM")], turn=1)
    assert page.evaluate(NOTE) == "Heat map for “covid” by Grad-CAM"
    assert page.evaluate("root.activeElement.textContent") == "Grad-CAM"
    assert page.evaluate("named('Stop').hidden && !named('Test this map').hidden")
    page.evaluate("wishes.length = 0")
    page.wait_for_timeout(1300)  # two looks' time
    assert page.evaluate("wishes") == []


def test_a_method_is_read_aloud_once_it_rests(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM")])
    aloud = "() => root.querySelector('output').textContent"
    page.wait_for_timeout(700)  # what is there at first is not read
    assert page.evaluate(aloud) == ""
    page.evaluate("named('Grad-CAM').click()")
    page.wait_for_function(f"({aloud})() !== ''")
    assert "heat map by Grad-CAM at 45 %" in page.evaluate(aloud)


def test_a_method_that_was_asked_for_in_vain_says_why(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM")])
    page.evaluate("async () => { named('Occlusion').click(); await frame(); }")
    with_methods(page, [corner_layer("HiResCAM")], turn=1)
    assert page.evaluate(NOTE) == "There is no heat map by Occlusion: Stopped."
    assert page.evaluate(PRESSED) == ["Occlusion"]


def test_the_test_is_wished_for_where_it_is_due(page: Page) -> None:
    with_methods(page, [corner_layer("HiResCAM"), corner_layer("Grad-CAM", testable=False)])
    page.evaluate("async () => { named('Test this map').click(); await frame(); }")
    assert page.evaluate("wishes") == [
        ["wish", {"what": "test", "method": "HiResCAM", "classes": ["covid"]}]
    ]
    assert page.evaluate("named('Test this map').hidden")
    with_methods(page, [corner_layer(one, testable=False) for one in ("HiResCAM", "Grad-CAM")])
    assert page.evaluate("named('Test this map').hidden")
