"""Which grey a pixel has: window, level and heat map against what is worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import Page

from core.images.overlay import overlay
from pages.components.viewer.packing import HeatLayer
from tests.browser.viewer.mounting import EACH_ONCE, deep, mounted, shade
from tests.core.images.dicom_films import dicom, written

pytestmark = pytest.mark.browser


def test_window_and_level_give_the_greys_worked_out_by_hand(page: Page) -> None:
    # A film of 64 px is enlarged to fill the stage; the test wants it pixel by pixel.
    mounted(page, deep())
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    # As read: from 0 (2048 - 0.5 - 4095 / 2) to 4095. 2048 × 255 / 4095 = 127.53.
    assert [shade(page, one) for one in (0, 1000, 2048, 4095)] == [0, 62, 128, 255]
    # PS3.3 C.11.2.1.2 for centre 2048 and width 1001: ((v - 2047.5) / 1000 + 0.5) × 255.
    page.evaluate("type('Centre', 2048)")
    page.evaluate("type('Width', 1001)")
    assert [shade(page, one) for one in (1547, 1800, 2048, 2500, 2548)] == [0, 64, 128, 243, 255]
    page.evaluate("press('i')")
    assert [shade(page, one) for one in (1547, 1800, 2048, 2500, 2548)] == [255, 191, 127, 12, 0]
    page.evaluate("press('i')")
    page.evaluate("press('l')")  # from 1000 to 3000
    assert [shade(page, one) for one in (1000, 2000, 3000)] == [0, 128, 255]


def test_a_negative_and_a_slope_speak_in_the_file_s_own_values(page: Page) -> None:
    data = written(dicom(
        EACH_ONCE, PhotometricInterpretation="MONOCHROME1", RescaleSlope=2, RescaleIntercept=-1000
    ))  # fmt: skip
    mounted(page, data)
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    assert [shade(page, one) for one in (0, 4095)] == [255, 0]
    # Grey values -1000 to 7190, of which 1000 to 5000 now: stored 1000 to 3000.
    page.evaluate("type('Centre', 3000.5)")
    page.evaluate("type('Width', 4001)")
    assert [shade(page, one) for one in (999, 1500, 3001)] == [255, 191, 0]


def test_a_table_of_the_file_is_followed_until_somebody_sets_a_window(page: Page) -> None:
    header = {"WindowCenter": 2048, "WindowWidth": 1000, "VOILUTFunction": "SIGMOID"}
    mounted(page, written(dicom(EACH_ONCE, **header)))
    page.evaluate("root.querySelector('.viewer').style.width = '64px'")
    page.wait_for_function("canvases()[0].width === 64")
    page.evaluate("press('1')")
    # 255 / (1 + exp(-4 × (1548 - 2048) / 1000)) = 30.4
    assert [shade(page, one) for one in (1548, 2048)] == [30, 128]
    page.evaluate("press('w')")
    assert [shade(page, one) for one in (0, 2048, 4095)] == [0, 128, 255]


def test_heat_is_drawn_as_the_server_draws_it(page: Page) -> None:
    heat = np.random.default_rng(3).random((7, 7)).astype(np.float32)
    pixels = np.full((256, 256), 120, np.uint16)
    pixels[0, 0], pixels[0, 1] = 0, 255
    layer = HeatLayer(0, "covid", "HiResCAM", heat)
    mounted(page, written(dicom(pixels, 8)), networks=["CNN"], layers=[layer])
    page.evaluate("root.querySelector('.viewer').style.width = '256px'")
    page.wait_for_function("canvases()[0].width === 256")
    page.evaluate("press('1')")
    page.evaluate("type('Strength', 60)")
    width, height, data = page.evaluate("""() => {
        const one = canvases()[0], {width, height} = one;
        return [width, height, [...one.getContext("2d").getImageData(0, 0, width, height).data]];
    }""")
    drawn = np.array(data, int).reshape(height, width, 4)[..., :3]
    wanted = overlay(pixels.astype(np.uint8), heat, 0.6).astype(int)
    assert (height, width) == wanted.shape[:2]
    assert np.abs(drawn - wanted)[1:].max() <= 3  # of 255: the browser rounds in steps
