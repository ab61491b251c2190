"""Repeats as one result: means and spreads by hand, folds pooled, seeds not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.evaluation.comparison import (
    repeats_row,
    report_table,
    summary_table,
)
from core.evaluation.film_table import prediction_table
from core.evaluation.paired import pairs
from core.evaluation.predictions import Predictions
from core.evaluation.repeats import (
    Repeats,
    Summary,
    check_other_folds,
    evaluate_repeats,
    repeats_document,
)
from core.runs.default_run import grouped
from core.runs.files import RunFiles
from core.specs import RepeatKind, RepeatSpec, RunSpec
from core.store import Run, RunResult, RunState, SplitNumbers, Store


def member(
    index: int, scores: list[float], kind: RepeatKind = "seeds", count: int = 3, group: str = "g-1"
) -> tuple[Run, Predictions]:
    """One repeat: half covid and half healthy test films with these probabilities."""
    repeat = RepeatSpec(group=group, kind=kind, index=index, count=count)
    spec = RunSpec(dataset="study", model="cnn", repeat=repeat)
    result = RunResult(
        train=SplitNumbers(accuracy=0.9, loss=0.1 * index), test=SplitNumbers(loss=0.2 + index / 10)
    )
    half = len(scores) // 2
    prefix = index if kind == "folds" else 0  # a fold tests films of its own
    predictions = Predictions(
        ("covid", "healthy"),
        [f"{prefix}-{number}" for number in range(len(scores))],
        ["test"] * len(scores),
        [0] * half + [1] * half,
        [[score, 1 - score] for score in scores],
    )
    return Run(f"run-{group}-{index}", spec, "done", result=result), predictions


GOOD, MIXED = [0.9, 0.8, 0.2, 0.1], [0.9, 0.4, 0.6, 0.1]


def test_mean_spread_and_range_over_the_finished_seeds() -> None:
    repeats = Repeats((member(0, GOOD), member(1, MIXED)))
    found = evaluate_repeats(repeats)
    assert found.summary["accuracy"] == Summary(
        2, 0.75, pytest.approx(np.std([1, 0.5], ddof=1)), 0.5, 1
    )
    numbers = repeats_document(found)
    assert numbers["mean"]["loss"] == pytest.approx(0.25)
    assert numbers["max"]["roc_auc"] == 1
    assert numbers["sd"]["sensitivity"] == pytest.approx(0.5 / 2**0.5)
    assert found.confusion.tolist() == [[1.5, 0.5], [0.5, 1.5]], "mean counts, not a sum"
    assert found.pooled is None
    assert found.films == 4
    assert found.report.loc["covid", "recall"] == pytest.approx(0.75)
    assert found.report.loc["covid", "recall_sd"] == pytest.approx(0.5 / 2**0.5)
    assert repeats.name == "3 seeds (2 of 3 finished)"
    assert repeats.title == "cnn · study · 3 seeds (2 of 3 finished) · g-1"


def test_folds_are_one_matrix_of_all_films() -> None:
    folds = Repeats(tuple(member(i, s, "folds", 2) for i, s in enumerate([GOOD, MIXED])))
    found = evaluate_repeats(folds)
    assert found.confusion.tolist() == [[3, 1], [1, 3]]
    assert found.pooled is not None
    assert (found.films, found.report.loc["accuracy", "support"]) == (8, 8)
    assert len(set(folds.together("test").film_ids)) == 8
    row = repeats_row(folds)
    assert (row["false_negatives"], row["false_positives"]) == (1, 1)
    assert row["accuracy_low"] < 0.75 < row["accuracy_high"]
    assert not folds.is_pooled("validation"), "a film validates in several folds"


def test_the_threshold_counts_for_every_member() -> None:
    found = evaluate_repeats(Repeats((member(0, GOOD), member(1, MIXED))), threshold=0.3)
    assert found.summary["sensitivity"].mean == 1
    assert found.summary["false_positives"].mean == 0.5


def test_a_number_that_one_member_lacks_is_missing() -> None:
    # The second calls no film covid: its precision does not exist.
    found = evaluate_repeats(Repeats((member(0, GOOD), member(1, [0.1, 0.1, 0.1, 0.1]))))
    assert found.summary["precision covid"].mean is None
    assert np.isnan(found.report.loc["covid", "precision"])
    assert Summary.of([0.5]) == Summary(1, 0.5, None, 0.5, 0.5)
    assert Summary.of([]).mean is None


def test_only_what_belongs_together_is_put_together() -> None:
    with pytest.raises(InputError, match="started together"):
        Repeats((member(0, GOOD), member(1, GOOD, group="g-2")))
    with pytest.raises(InputError, match="started together"):
        Repeats(())
    runs = [member(2, GOOD)[0], member(0, GOOD)[0], Run("x", RunSpec(dataset="d", model="cnn"), "")]
    assert {name: [run.run_id for run in found] for name, found in grouped(runs).items()} == {
        "g-1": ["run-g-1-0", "run-g-1-2"]
    }


def test_tables_hold_repeats_beside_runs() -> None:
    single = (Run("alone", RunSpec(dataset="study", model="cnn"), "done"), member(0, GOOD)[1])
    seeds = Repeats((member(0, GOOD), member(1, MIXED)))
    table = summary_table([single, seeds], published=True)
    assert table["run_id"].tolist()[:2] == ["alone", "g-1"]
    assert table["repeats"].tolist()[:2] == [1, 2]
    assert table.loc[1, "accuracy"] == 0.75
    assert table["accuracy_sd"].iloc[1] > 0
    assert table.loc[1, "false_negatives"] == 0.5
    assert pd.isna(table.loc[0, "accuracy_sd"])
    assert pd.isna(table.loc[1, "accuracy_low"]), "the same films twice are not twice the films"
    assert not [one for one in map(str, table) if one.startswith("precision") and "_sd_sd" in one]
    assert "repeats" not in summary_table([single])
    assert len(report_table([single, seeds])) == 10
    assert len(prediction_table([single, seeds])) == 12


def test_chance_is_asked_about_folds_but_not_about_seeds() -> None:
    one, other = (
        Repeats(tuple(member(i, s, "folds", 2, group) for i in range(2)))
        for group, s in (("g-1", GOOD), ("g-2", MIXED))
    )
    (pair,) = pairs([one, other])
    assert (pair.first, pair.second, pair.films, pair.only_first) == ("g-1", "g-2", 8, 4)
    assert pairs([Repeats((member(0, GOOD),)), Repeats((member(0, MIXED),))]) == []


def test_a_fold_does_not_test_what_another_one_has_tested(store: Store) -> None:
    """As it would once patients become known between two of them."""
    runs = []
    for kind in ("folds", "seeds"):
        for index in range(2):
            like, films = member(index, GOOD, kind, group=kind)
            run = store.runs.create(like.spec)
            films.save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
            runs.append(run)
    first, second, seed, other_seed = runs
    check_other_folds(store, second, ["0-0"])  # the first has not finished
    for run in (first, seed):
        store.runs.transition(run.run_id, RunState.DONE)
    check_other_folds(store, second, ["1-0", "1-1"])
    check_other_folds(store, first, ["0-0"])
    check_other_folds(store, other_seed, ["0-0"])
    with pytest.raises(InputError, match="would test films that fold 1 of 3 has tested"):
        check_other_folds(store, second, ["1-0", "0-0"])
    RunFiles(store.workspace.run_folder(first.run_id)).predictions.write_bytes(b"rotten")
    check_other_folds(store, second, ["0-0"])


def test_films_that_two_folds_have_tested_are_counted() -> None:
    folds = member(0, GOOD, "folds"), member(1, GOOD, "folds")
    assert Repeats(folds).tested_again == 0
    again = (folds[0], (folds[1][0], folds[0][1]))
    assert Repeats(again).tested_again == len(GOOD)
    assert Repeats((member(0, GOOD), member(1, GOOD))).tested_again == 0, "seeds all test the same"
