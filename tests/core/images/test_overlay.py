from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np

from core.images.overlay import overlay
from core.palette import heat_colours, heat_ramp

FILM = np.tile(np.arange(0, 250, 5, dtype=np.uint8), (40, 1))  # 40 × 50


def test_cold_parts_show_the_film() -> None:
    drawn = overlay(FILM, np.zeros((7, 7), np.float32), 0.8)
    assert drawn.shape == (40, 50, 3)
    assert drawn.dtype == np.uint8
    for channel in range(3):
        np.testing.assert_array_equal(drawn[..., channel], FILM)


def test_no_opacity_shows_the_film() -> None:
    drawn = overlay(FILM, np.ones((7, 7), np.float32), 0)
    np.testing.assert_array_equal(drawn[..., 0], FILM)


def test_full_heat_and_opacity_show_the_legends_last_colour() -> None:
    drawn = overlay(FILM, np.ones((7, 7), np.float32), 1)
    red, green, blue = drawn[5, 5]
    assert heat_colours()[-1] == (1.0, f"rgb({red},{green},{blue})")
    assert np.all(drawn == drawn[0, 0])
    assert red > blue  # RGB, not OpenCV's BGR: the hot end is yellow


def test_the_hot_spot_lands_where_it_is() -> None:
    heat = np.zeros((4, 5), np.float32)
    heat[3, 0] = 1
    changed = np.abs(overlay(FILM, heat, 1).astype(int) - FILM[..., np.newaxis]).sum(axis=2)
    row, column = np.unravel_index(changed.argmax(), changed.shape)
    assert row >= 30
    assert column < 15
    assert changed[:15, 30:].max() == 0


def test_heat_out_of_range_or_missing_is_tamed() -> None:
    heat = np.array([[np.nan, -3], [7, 1]], np.float32)
    tame = np.array([[0, 0], [1, 1]], np.float32)
    np.testing.assert_array_equal(overlay(FILM, heat, 0.5), overlay(FILM, tame, 0.5))


def test_the_maps_lightness_rises_evenly() -> None:
    colours = [[int(part) for part in text[4:-1].split(",")] for _, text in heat_colours(21)]
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in colours]
    assert all(later > earlier for earlier, later in pairwise(light))


def test_the_colours_are_opencv_s_inferno() -> None:
    levels = np.arange(256, dtype=np.uint8)[np.newaxis]
    inferno = cv2.cvtColor(cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    assert heat_ramp() == [tuple(one) for one in inferno[0].tolist()]
