"""Figures show the numbers they were given, in both themes."""

from __future__ import annotations

import io
from typing import Any, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from core import figures
from core.evaluation.metrics import evaluate
from core.evaluation.predictions import Predictions
from core.palette import (
    CLASS_COLOURS,
    SURROUNDS,
    UNKNOWN_COLOUR,
    Theme,
    class_colour,
    contrast,
    group_colour,
    run_colour,
)

THEMES = get_args(Theme)


def some(classes: int = 2, films: int = 60, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, films)
    raw = rng.dirichlet(np.ones(classes), films) + np.eye(classes)[truth]
    names = ("covid", "healthy", "bacterial", "viral")[:classes]
    ids = [str(index) for index in range(films)]
    return Predictions(names, ids, ["test"] * films, truth, raw / raw.sum(1, keepdims=True))


def epochs(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "epoch": range(1, rows + 1),
            "loss": np.linspace(0.7, 0.2, rows),
            "accuracy": np.linspace(0.5, 0.95, rows),
            "val_loss": [None] * rows,
            "val_accuracy": np.linspace(0.5, 0.9, rows),
        }
    )


def catalogue() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "finding": ["COVID-19"] * 3 + ["No finding"] * 2,
            "view": ["PA", "AP", "PA", "PA", "unknown"],
            "source": ["one"] * 3 + ["two"] * 2,
            "sex": ["F", "M", "unknown", "F", "F"],
            "age": [30.0, 41.0, np.nan, 4.0, 95.0],
        }
    )


def drawn(theme: Theme) -> dict[str, go.Figure]:
    one = evaluate(some(), 0.5)
    return {
        "confusion": figures.confusion_figure(one, theme),
        "roc": figures.roc_figure({"one": one}, theme),
        "pr": figures.pr_figure({"one": one}, theme),
        "distribution": figures.distribution_figure(some(), 0.5, theme),
        "probabilities": figures.probabilities_figure({"covid": 0.9, "healthy": 0.1}, theme),
        "curves": figures.curves_figure({"one": epochs()}, "accuracy", theme),
        "counts": figures.counts_figure(catalogue(), theme=theme),
        "ages": figures.age_figure(catalogue(), theme=theme),
        "shares": figures.shares_figure(pd.DataFrame({"covid": [1.0, 0.0]}, ["PA", "AP"]), theme),
    }


@pytest.mark.parametrize("theme", THEMES)
def test_every_figure_is_transparent_named_and_fits_a_telephone(theme: Theme) -> None:
    for name, one in drawn(theme).items():
        layout, template = one.layout, one.layout.template.layout
        assert template.paper_bgcolor == template.plot_bgcolor == "rgba(0,0,0,0)", name
        assert template.font.color == SURROUNDS[theme].text, name
        assert layout.width is None, f"{name} has a width of its own"
        assert template.xaxis.automargin
        assert template.yaxis.automargin
        assert template.legend.orientation == "h"
        assert layout.xaxis.title.text, f"{name} does not say what is across"
        assert one.to_json(), name


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("classes", [2, 4])
def test_the_matrix_has_a_clickable_cell_for_every_pair(theme: Theme, classes: int) -> None:
    one = evaluate(some(classes))
    (cells,) = figures.confusion_figure(one, theme).data
    assert len(cells.x) == classes**2
    for (row, column), text, hover, fill, ink in zip(
        cells.customdata, cells.text, cells.hovertext, cells.marker.color,
        cells.insidetextfont.color, strict=True,
    ):  # fmt: skip
        films = one.confusion[row, column]
        assert f"<b>{films}</b>" in text
        assert f"called {one.classes[column]}" in hover
        assert contrast(fill, ink) >= 4.3
    # The bar of a cell stands where its customdata says.
    np.testing.assert_array_equal(cells.x, [column for _, column in cells.customdata])
    np.testing.assert_array_equal(np.array(cells.base) + 0.5, [row for row, _ in cells.customdata])


def test_the_matrix_reads_downwards_and_is_square() -> None:
    layout = figures.confusion_figure(evaluate(some())).layout
    assert layout.xaxis.title.text == "predicted"
    assert layout.yaxis.title.text == "true"
    assert layout.yaxis.range[0] > layout.yaxis.range[1]
    assert layout.yaxis.scaleanchor == "x"


def test_a_click_brings_back_plain_numbers() -> None:
    """As an array they would travel packed, and come back as a dict: always cell (0, 1)."""
    sent = figures.confusion_figure(evaluate(some())).to_plotly_json()["data"][0]["customdata"]
    assert [list(one) for one in sent] == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert all(type(value) is int for one in sent for value in one)


def test_the_chosen_cell_is_outlined() -> None:
    (outline,) = figures.confusion_figure(evaluate(some()), chosen=(1, 0)).layout.shapes
    assert (outline.x0 + outline.x1, outline.y0 + outline.y1) == (0, 2)
    assert not figures.confusion_figure(evaluate(some())).layout.shapes


def test_a_class_without_films_has_no_percentage() -> None:
    empty = some().take(some().y_true == 1)
    (cells,) = figures.confusion_figure(evaluate(empty)).data
    assert cells.text[0] == "<b>0</b>"
    assert "%" in cells.text[3]


def test_the_operating_point_stands_where_the_threshold_puts_it() -> None:
    one = evaluate(some(), 0.8)
    point = figures.roc_figure({"one": one}).data[-1]
    assert one.specificity is not None
    assert (point.x[0], point.y[0]) == (1 - one.specificity, one.sensitivity)
    point = figures.pr_figure({"one": one}).data[-1]
    assert (point.x[0], point.y[0]) == (one.sensitivity, one.precision["covid"])
    assert f"{one.false_negatives} missed" in point.hovertemplate


def test_what_the_browser_moves_is_what_a_new_figure_would_mark() -> None:
    evaluations = {"one": evaluate(some(), 0.3), "many": [evaluate(some(), 0.7), evaluate(some())]}
    for draw, marks in (
        (figures.roc_figure, figures.roc_marks),
        (figures.pr_figure, figures.pr_marks),
    ):
        drawn = [one for one in draw(evaluations).data if one.mode == "markers"]
        told = marks(evaluations)
        assert len(told) == len(drawn) == 3
        for mark, trace in zip(told, drawn, strict=True):
            assert mark == {key: _plain(trace[key]) for key in mark}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_a_curve_that_cannot_be_drawn_says_why() -> None:
    alone = evaluate(some().take(some().y_true == 0))
    for draw in (figures.roc_figure, figures.pr_figure):
        empty = draw({"one": alone})
        assert not empty.data
        assert "every film here is covid" in empty.layout.annotations[0].text


def test_a_huge_test_set_does_not_flood_the_browser() -> None:
    one = evaluate(some(films=20_000))
    curve = figures.roc_figure({"one": one}).data[1]
    assert len(curve.x) <= 1_500
    assert (curve.x[0], curve.x[-1], curve.y[-1]) == (0, 1, 1)


def test_curves_tell_runs_by_colour_and_splits_by_dash() -> None:
    drawing = figures.curves_figure({"one": epochs(), "two": epochs()}, "accuracy")
    assert [line.line.dash for line in drawing.data] == ["solid", "dash"] * 2
    assert [line.line.color for line in drawing.data] == [run_colour(0)] * 2 + [run_colour(1)] * 2
    # Without a validation loss there is no line for it, rather than one along zero.
    assert len(figures.curves_figure({"one": epochs()}, "loss").data) == 1
    assert "No epoch" in figures.curves_figure({"one": epochs(0)}).layout.annotations[0].text


def test_repeats_are_faint_lines_of_one_colour_behind_their_mean() -> None:
    many = [epochs(), epochs(), epochs(2)]
    drawing = figures.curves_figure({"VGG16": epochs(), "5 seeds": many}, "accuracy")
    of_seeds = [one for one in drawing.data if "5 seeds" in one.name]
    assert {one.line.color for one in of_seeds} == {run_colour(1)}
    assert [one.line.width for one in of_seeds] == [1, 1, 1, 2] * 2
    assert len(figures.legend_entries(drawing)) == 4
    uneven = [epochs(2).assign(accuracy=[0.2, 0.4]), epochs(1).assign(accuracy=[0.6])]
    mean = figures.curves_figure({"seeds": uneven}, "accuracy").data[2]
    assert list(mean.y) == pytest.approx([40, 40]), "of (20, 60), then of those that got as far"
    three = [evaluate(some(seed=seed)) for seed in range(3)]
    for curve, metric in (
        (figures.roc_figure, "roc_auc"),
        (figures.pr_figure, "average_precision"),
    ):
        drawing = curve({"one": three[0], "seeds": three})
        mean = np.mean([getattr(one, metric) for one in three])
        named = [one.name for one in drawing.data if one.mode == "lines" and one.showlegend is True]
        assert named == [f"one: {getattr(three[0], metric):.3f}", f"seeds: {mean:.3f}"]


def test_the_matrix_of_repeats_shows_their_mean() -> None:
    one = evaluate(some())
    drawing = figures.confusion_figure(one, repeats=4)
    assert drawing.data[0].text[0].startswith(f"<b>{one.confusion[0, 0] / 4:.1f}</b>")
    assert (
        drawing.data[0].text[0].split("<br>")[1]
        == (figures.confusion_figure(one).data[0].text[0].split("<br>")[1])
    ), "shares stay what they are"
    assert figures.confusion_png(one, "x", repeats=4)[:4] == b"\x89PNG"


def test_a_few_epochs_are_marked_one_by_one_and_many_are_not() -> None:
    assert figures.curves_figure({"one": epochs(2)}).layout.xaxis.dtick == 1
    assert figures.curves_figure({"one": epochs(2), "two": epochs(30)}).layout.xaxis.dtick is None


def test_counts_add_up_and_the_longest_bar_comes_first() -> None:
    drawing = figures.counts_figure(catalogue(), "finding", "view")
    assert sum(sum(bar.x) for bar in drawing.data) == 5
    assert list(drawing.data[0].y) == ["COVID-19", "No finding"]
    assert [bar.name for bar in drawing.data] == ["PA", "AP", "not stated"]
    plain = figures.counts_figure(catalogue(), "source", "source")
    assert [list(bar.x) for bar in plain.data] == [[3, 2]]


def test_a_long_tail_of_findings_becomes_one_bar() -> None:
    many = pd.DataFrame({"finding": [f"f{index}" for index in range(30)], "view": "PA"})
    (bar,) = figures.counts_figure(many, most=5).data
    assert list(bar.y)[-1] == "25 others"
    assert sum(bar.x) == 30


def test_a_view_keeps_its_colour_when_others_are_hidden() -> None:
    frame = catalogue()
    all_views = {bar.name: bar.marker.color for bar in figures.counts_figure(frame).data}
    only_ap = figures.counts_figure(frame[frame["view"] == "AP"]).data[0]
    assert only_ap.marker.color == all_views["AP"] == group_colour(1)


def test_a_finding_has_the_colour_of_its_class_and_nothing_else_has_it() -> None:
    by_source = figures.counts_figure(catalogue(), "source", "finding")
    colours = {bar.name: bar.marker.color for bar in by_source.data}
    assert colours == {"COVID-19": class_colour(0), "No finding": class_colour(1)}
    shares = pd.DataFrame({"covid": [0.6, 0.4]}, pd.Index(["one", "unknown"], name="source"))
    drawn_shares = [bar.marker.color for bar in figures.shares_figure(shares).data]
    assert drawn_shares == [group_colour(0), UNKNOWN_COLOUR]
    views = figures.counts_figure(catalogue(), "finding", "view")
    assert not {bar.marker.color for bar in views.data} & set(CLASS_COLOURS[:2])


def test_a_legend_can_move_out_of_its_figure() -> None:
    drawing = figures.counts_figure(catalogue(), "finding", "view")
    assert [name for name, _ in figures.legend_entries(drawing)] == ["PA", "AP", "not stated"]
    tall = drawing.layout.height
    assert figures.without_legend(drawing).layout.height < tall
    assert drawing.layout.showlegend is False
    assert figures.legend_entries(figures.counts_figure(catalogue(), "sex", "sex")) == []


def test_ages_count_every_film_that_states_one() -> None:
    drawing = figures.age_figure(catalogue())
    assert sum(sum(bar.y) for bar in drawing.data) == 4
    assert "1 film states none" in drawing.layout.xaxis.title.text
    nobody = figures.age_figure(catalogue().assign(age=np.nan))
    assert "states an age" in nobody.layout.annotations[0].text


def test_the_picture_of_a_matrix_is_a_png_of_its_own_colours() -> None:
    one = evaluate(some(4), 0.5)
    for theme in THEMES:
        data = figures.confusion_png(one, "VGG16 on study · ab12, test films", theme)
        picture = Image.open(io.BytesIO(data), formats=("PNG",))
        assert picture.width >= 900
        assert picture.height >= 900
        corner = "#" + bytes(np.asarray(picture.convert("RGB"))[2, 2]).hex()
        assert corner == SURROUNDS[theme].background
        assert len(picture.getcolors(1 << 24)) > 20


def test_a_long_name_takes_further_lines_of_the_legend_and_the_room_for_them() -> None:
    name = "EfficientNetLite0 (photographs) · 0d49 · COVID-19 or not, adults"
    long, short = (figures.curves_figure({one: epochs()}, "accuracy") for one in (name, "VGG16"))
    for line in long.data:
        parts = line.name.split("<br>")
        assert len(parts) > 1
        assert max(map(len, parts)) <= 36
    assert figures.legend_entries(long)[0][0] == f"{name}, training"
    assert long.layout.height > short.layout.height
