"""The figure of an external test: a point a number, and a reason where there is none."""

from __future__ import annotations

from typing import get_args

import pytest

from core.figures import external_figure
from core.palette import Theme
from tests.core.external.test_report import between


@pytest.mark.parametrize("theme", get_args(Theme))
def test_points_have_their_intervals_and_missing_ones_their_reason(theme: Theme) -> None:
    drawing = external_figure(between((38, 40, 1, 40), (0, 0, 94, 100)), theme)
    own, there = drawing.data
    assert (own.name, there.name) == ("own test films", "hospital")
    assert own.marker.symbol != there.marker.symbol, "colour is never the only sign"
    assert list(own.x) == pytest.approx([0.95, 0.95, 0.025], abs=0.03)
    assert list(there.x) == [0.94]
    assert there.x[0] - there.error_x.arrayminus[0] == pytest.approx(0.8752, abs=5e-4)
    assert there.x[0] + there.error_x.array[0] == pytest.approx(0.9722, abs=5e-4)
    assert [one.text for one in drawing.layout.annotations] == ["none: no film here is covid"] * 2
    # The two columns of a row lie beside each other, not on each other.
    assert own.y[2] > there.y[0]
    assert own.y[0] > own.y[1] > own.y[2]
    assert "False alarms" in there.hovertext[0]
    assert "94.0 % (87.5 to 97.2 %)" in there.hovertext[0]
