"""The summary table, published rows, and what may be compared with what."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.evaluation.comparison import (
    report_table,
    summary_row,
    summary_table,
)
from core.evaluation.film_table import prediction_table
from core.evaluation.paired import difference_in_films, pairs
from core.evaluation.predictions import Predictions
from core.evaluation.study import PUBLISHED
from core.models.registry import get_network
from core.specs import RunSpec
from core.statistics.hypotheses import mcnemar
from core.statistics.proportions import wilson
from core.store import Run, RunResult, SplitNumbers


def a_run(run_id: str = "20260101-000000-abcd", model: str = "vgg16") -> Run:
    result = RunResult(
        trainable_params=32_962,
        seconds_per_epoch=1.5,
        epochs=3,
        train=SplitNumbers(accuracy=0.95, loss=0.15),
    )
    return Run(run_id, RunSpec(dataset="study", model=model), "done", result=result)


def predictions(scores: list[float], prefix: str = "film") -> Predictions:
    """Half covid, half healthy, all of them test films but one for training."""
    half = len(scores) // 2
    return Predictions(
        ("covid", "healthy"),
        [f"{prefix}{index}" for index in range(len(scores))],
        ["test"] * (len(scores) - 1) + ["train"],
        [0] * half + [1] * (len(scores) - half),
        [[score, 1 - score] for score in scores],
    )


def test_a_row_holds_the_runs_own_numbers_and_those_of_its_films() -> None:
    # covid 0.9 0.8 0.4 (one missed); healthy 0.6 0.1 0.1 (one false alarm); one for training.
    row = summary_row(a_run(), predictions([0.9, 0.8, 0.4, 0.6, 0.1, 0.1, 0.9]), 0.5)
    assert row["model"] == "VGG16"
    assert row["films"] == 6
    assert (row["false_negatives"], row["false_positives"]) == (1, 1)
    assert row["accuracy"] == row["sensitivity"] == row["specificity"] == pytest.approx(4 / 6)
    assert row["precision covid"] == row["precision healthy"] == pytest.approx(2 / 3)
    assert (row["train_accuracy"], row["train_loss"]) == (0.95, 0.15)
    assert (row["trainable_params"], row["seconds_per_epoch"]) == (32_962, 1.5)
    assert (
        summary_row(a_run(), predictions([0.9, 0.8, 0.4, 0.6, 0.1, 0.1, 0.9]), 0.3)[
            "false_negatives"
        ]
        == 0
    )


def test_published_rows_stay_empty_where_the_study_is_silent() -> None:
    table = summary_table(
        [(a_run(), predictions([0.9, 0.8, 0.1, 0.2]))], 0.5, published=True
    ).set_index("run")
    assert len(table) == 5
    theirs = table.loc["CNN (published)"]
    assert theirs["origin"] == "published, 2020"
    assert theirs["accuracy"] == 0.85
    assert theirs["sensitivity"] == 0.70
    assert theirs["precision healthy"] == 0.77
    assert theirs["trainable_params"] == 2_008_930
    for silent in ("specificity", "f1", "false_negatives", "false_positives", "roc_auc", "films"):
        assert pd.isna(theirs[silent]), silent
    assert (table["origin"] == "this workspace").sum() == 1


def test_the_published_trainable_counts_are_those_of_our_networks() -> None:
    for row in PUBLISHED:
        assert get_network(row.model).counts().trainable == row.trainable_params
        assert get_network(row.model).title == row.title


def test_runs_with_other_classes_share_a_table_without_inventing_values() -> None:
    other = Predictions(
        ("viral", "bacterial", "healthy"), list("abc"), ["test"] * 3, [0, 1, 2], np.eye(3)
    )
    table = summary_table(
        [(a_run("one"), predictions([0.9, 0.8, 0.1, 0.2])), (a_run("two"), other)], 0.5
    )
    assert pd.isna(table.loc[0, "precision viral"])
    assert pd.isna(table.loc[1, "precision covid"])
    assert table.loc[1, "precision bacterial"] == 1.0


def test_a_run_without_a_result_yet_has_gaps_not_zeros() -> None:
    bare = Run("x", RunSpec(dataset="d", model="cnn"), "done")
    table = summary_table([(bare, predictions([0.9, 0.8, 0.1, 0.2]))])
    assert pd.isna(table.loc[0, "train_loss"])
    assert pd.isna(table.loc[0, "seconds_per_epoch"])


def test_films_that_differ_are_said_to_differ() -> None:
    same, again = predictions([0.9, 0.1, 0.2]), predictions([0.3, 0.4, 0.5])
    assert difference_in_films([same, again]) == ""
    assert difference_in_films([same]) == ""
    # The order in a file means nothing.
    assert difference_in_films([same, same.take(np.array([2, 0, 1]))]) == ""
    other = predictions([0.9, 0.1, 0.2, 0.4], prefix="other")
    said = difference_in_films([same, other])
    assert "tested on different films" in said
    assert "3 to 4 each, 0 in common" in said
    classes = Predictions(("a", "b"), same.film_ids, same.split, same.y_true, same.probabilities)
    assert "different classes" in difference_in_films([same, classes])


def test_pairs_count_the_films_that_only_one_gets_right() -> None:
    good = predictions([0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.1])
    poor = predictions([0.9, 0.1, 0.1, 0.1, 0.1, 0.9, 0.1])
    (pair,) = pairs([(a_run("one"), good), (a_run("two"), poor)], 0.5)
    assert (pair.first, pair.second, pair.films) == ("one", "two", 6)
    assert (pair.only_first, pair.only_second) == (3, 0)
    assert pair.p_value == 0.25
    assert pairs([(a_run("one"), good)]) == []
    assert pairs([(a_run("one"), good), (a_run("two"), predictions([0.5] * 4, "other"))]) == []


def test_long_tables_name_run_film_and_class() -> None:
    runs = [(a_run("one"), predictions([0.9, 0.2, 0.1, 0.3]))]
    table = prediction_table(runs, 0.5)
    assert table["predicted"].tolist() == ["covid", "healthy", "healthy"]
    assert table["correct"].tolist() == [True, False, True]
    assert table["probability covid"].tolist() == pytest.approx([0.9, 0.2, 0.1])
    assert report_table(runs, 0.5)["class"].tolist() == [
        "covid",
        "healthy",
        "accuracy",
        "macro average",
        "weighted average",
    ]
    assert prediction_table([]).empty
    assert report_table([]).empty


@pytest.mark.parametrize(
    ("hits", "films", "low", "high"),
    [(80, 80, 0.954, 1.0), (78, 80, 0.913, 0.993), (38, 40, 0.835, 0.986), (0, 10, 0.0, 0.278)],
)
def test_wilson_gives_the_intervals_of_the_study_notes(
    hits: int, films: int, low: float, high: float
) -> None:
    assert wilson(hits, films) == pytest.approx((low, high), abs=5e-4)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_six_films_all_one_way_are_the_fewest_that_mcnemar_believes() -> None:
    assert mcnemar(6, 0) == 2 / 64 < 0.05
    assert mcnemar(5, 0) == 2 / 32 > 0.05
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(3, 3) == 1.0
