"""The figure of the cheating demo shows the counts that it was given."""

from __future__ import annotations

from typing import get_args

import pytest

from core import figures
from core.palette import Theme


@pytest.mark.parametrize("theme", get_args(Theme))
def test_a_bar_for_each_network_and_place_of_the_marker(theme: Theme) -> None:
    drawing = figures.moved_figure(
        {
            "with": {"as in training": (40, 40), "moved": (1, 40)},
            "without": {"as in training": (36, 40), "moved": (36, 40)},
        },
        theme,
    )
    assert [one.name for one in drawing.data] == ["with", "without"]
    assert [list(one.y) for one in drawing.data] == [[1.0, 0.025], [0.9, 0.9]]
    assert list(drawing.data[0].x) == ["as in training", "moved"]
    assert drawing.data[0].hovertext[1] == "1 of 40 films right"
    assert drawing.data[0].marker.color != drawing.data[1].marker.color


def test_no_films_give_no_division_by_zero() -> None:
    drawing = figures.moved_figure({"with": {"moved": (0, 0)}})
    assert list(drawing.data[0].y) == [0]
