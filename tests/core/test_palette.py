"""Colours that everybody can tell apart, on both backgrounds."""

from __future__ import annotations

import tomllib
from itertools import combinations
from typing import get_args

import numpy as np
import pytest

from core import palette
from core.palette import (
    CLASS_COLOURS,
    GROUP_COLOURS,
    RUN_COLOURS,
    SURROUNDS,
    UNKNOWN_COLOUR,
    Theme,
    contrast,
)
from core.workspace import PROJECT_ROOT

THEMES = get_args(Theme)

# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as somebody with this vision sees it."""
    encoded = np.array(palette.rgb(colour)) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(matrix @ linear, 0, 1)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ seen / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", [*CLASS_COLOURS, *RUN_COLOURS, *GROUP_COLOURS, UNKNOWN_COLOUR])
def test_every_data_colour_stands_out_from_both_backgrounds(theme: Theme, colour: str) -> None:
    assert contrast(colour, SURROUNDS[theme].background) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_text_is_easy_to_read_and_never_pure(theme: Theme) -> None:
    look = SURROUNDS[theme]
    for ground in (look.background, look.panel):
        assert contrast(look.text, ground) >= 7
        assert contrast(look.muted, ground) >= 4.5
    assert contrast(look.accent, look.background) >= 4.5
    assert not {"#ffffff", "#000000"} & {look.text, look.background, look.panel}


@pytest.mark.parametrize("theme", THEMES)
def test_the_surround_is_neutral_grey(theme: Theme) -> None:
    for colour in (SURROUNDS[theme].background, SURROUNDS[theme].panel):
        assert max(palette.rgb(colour)) - min(palette.rgb(colour)) <= 2


@pytest.mark.parametrize("vision", BLINDNESS)
def test_the_first_three_classes_differ_for_colour_blind_eyes(vision: str) -> None:
    seen = [lab(colour, np.array(BLINDNESS[vision])) for colour in CLASS_COLOURS[:3]]
    for first, second in combinations(seen, 2):
        assert np.linalg.norm(first - second) > 15


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1])
def test_text_on_a_matrix_cell_is_readable_at_every_share(theme: Theme, share: float) -> None:
    fill = palette.mix(*palette.MATRIX_SCALE[theme], share)
    # Large text needs 3 (WCAG 2.2, 1.4.3); on a mid-grey no text of any colour reaches 4.6.
    assert contrast(palette.text_on(fill), fill) >= 4.3


@pytest.mark.parametrize("ground", [palette.BUTTON, palette.DESTROY])
def test_words_on_a_button_can_be_read_and_the_button_be_seen(ground: str) -> None:
    assert contrast("#ffffff", ground) >= 4.5
    for look in SURROUNDS.values():
        assert contrast(ground, look.background) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_the_ring_around_what_has_the_keyboard_is_seen_on_every_ground(theme: Theme) -> None:
    with (PROJECT_ROOT / ".streamlit" / "config.toml").open("rb") as file:
        sidebar = tomllib.load(file)["theme"][theme]["sidebar"]
    look = SURROUNDS[theme]
    for ground in (look.background, look.panel, *sidebar.values()):
        assert contrast(palette.FOCUS[theme], ground) >= 3


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_mixing_ends_at_its_two_colours() -> None:
    assert palette.mix("#102030", "#405060", 0) == "#102030"
    assert palette.mix("#102030", "#405060", 1) == "#405060"
    assert palette.mix("#000000", "#ffffff", 7) == "#ffffff"
    assert palette.translucent("#102030", 0.5) == "rgba(16,32,48,0.5)"


def test_colours_go_round_when_there_are_more_classes_than_colours() -> None:
    assert palette.class_colour(len(CLASS_COLOURS)) == CLASS_COLOURS[0]
    assert len(set(CLASS_COLOURS)) == len(CLASS_COLOURS)
    assert len(set(palette.RUN_SYMBOLS)) == len(RUN_COLOURS)


def test_the_theme_file_has_the_same_colours() -> None:
    settings = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["theme"]["chartCategoricalColors"] == list(CLASS_COLOURS)
    for theme in THEMES:
        file, look = settings["theme"][theme], SURROUNDS[theme]
        assert file["backgroundColor"] == look.background
        assert file["secondaryBackgroundColor"] == look.panel
        assert file["textColor"] == look.text
        assert file["borderColor"] == look.grid
        assert file["primaryColor"] == look.accent


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("colour", ["red", "orange", "yellow", "green", "blue", "gray"])
def test_words_in_boxes_and_badges_are_easy_to_read(theme: Theme, colour: str) -> None:
    file = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    look = file["theme"][theme]
    assert contrast(look[f"{colour}TextColor"], look[f"{colour}BackgroundColor"]) >= 7
    assert contrast(look[f"{colour}TextColor"], look["backgroundColor"]) >= 7


def test_the_server_listens_to_this_computer_only_and_tells_nobody() -> None:
    settings = tomllib.loads((PROJECT_ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    assert settings["server"]["address"] == "127.0.0.1"
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
