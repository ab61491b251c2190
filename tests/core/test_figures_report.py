"""The figures of a run's page show the numbers they were given."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from core import figures
from core.evaluation.calibration import calibration
from core.evaluation.operating_point import choose_operating_point
from core.evaluation.predictions import Predictions
from core.palette import Theme, class_colour
from core.statistics.prevalence import NaturalFrequencies


def some(split: str = "validation") -> Predictions:
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.beta(4, 2, 40), rng.beta(2, 4, 40)])
    return Predictions(
        ("covid", "healthy"),
        np.arange(80).astype(str),
        np.array([split] * 80),
        np.repeat([0, 1], 40),
        np.column_stack([score, 1 - score]),
    )


@pytest.mark.parametrize("theme", get_args(Theme))
def test_every_person_is_one_dot(theme: Theme) -> None:
    drawing = figures.people_figure(NaturalFrequencies(45, 5, 70, 880), "covid", theme)
    assert [len(one.x) for one in drawing.data] == [45, 5, 70, 880]
    places = {(x, y) for one in drawing.data for x, y in zip(one.x, one.y, strict=True)}
    assert len(places) == 1000
    assert drawing.data[0].name == "45 covid, called so"
    assert drawing.data[0].marker.color == drawing.data[1].marker.color == class_colour(0)
    # Colour is never the only sign: shape and size tell the four kinds apart.
    looks = {(one.marker.symbol, one.marker.size) for one in drawing.data}
    assert len(looks) == 4


def test_a_kind_that_nobody_is_of_is_not_listed() -> None:
    drawing = figures.people_figure(NaturalFrequencies(10, 0, 0, 990), "covid")
    assert [len(one.x) for one in drawing.data] == [10, 990]


@pytest.mark.parametrize("theme", get_args(Theme))
def test_the_curve_has_points_whiskers_and_counts(theme: Theme) -> None:
    one = calibration(some())
    drawing = figures.reliability_figure({"as trained": one, "after": one}, "covid", theme)
    points = [trace for trace in drawing.data if trace.name == "as trained"]
    assert list(points[0].y) == [bin.share for bin in one.bins]
    upper = np.array(points[0].y) + np.array(points[0].error_y.array)
    assert upper == pytest.approx([bin.interval[1] for bin in one.bins])
    assert sum(points[1].y) == 80
    assert len(figures.legend_entries(drawing)) == 2


def test_threshold_and_band_stand_where_they_were_chosen() -> None:
    point = choose_operating_point(some())
    drawing = figures.band_figure(some(), point)
    line, band = drawing.layout.shapes
    assert line.x0 == line.x1 == point.threshold
    assert (band.x0, band.x1) == point.not_sure
