"""Runs side by side on a few films: intervals, pairs and tables, counted by hand."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.comparison import report_table, report_with_ends, summary_row, summary_table
from core.evaluation.decision import Decision
from core.evaluation.metrics import evaluate
from core.evaluation.paired import Pair, difference_in_films, pair
from core.evaluation.predictions import Predictions, together
from core.evaluation.repeats import Repeats, evaluate_repeats
from core.evaluation.study import PUBLISHED
from core.evaluation.uncertainty import all_intervals, share_intervals
from core.runs.default_run import grouped
from core.specs import RepeatSpec, RunSpec
from core.statistics.proportions import wilson
from core.statistics.roc_area import roc_area_interval
from core.store import Run, RunResult, RunState
from tests.core.evaluation.by_hand import POINT, THREE, three, two


def run(index: int | None = None, group: str = "g-1234", **result: object) -> Run:
    repeat = None if index is None else RepeatSpec(group=group, kind="seeds", index=index, count=3)
    spec = RunSpec(dataset="study", model="vgg16", repeat=repeat)
    return Run(
        f"20260101-000000-abc{index or 0}",
        spec,
        RunState.DONE,
        result=RunResult.model_validate(result),
    )


def test_each_share_has_wilsons_interval_of_its_own_films() -> None:
    evaluation = evaluate(three())
    found = share_intervals(evaluation)
    assert found == {
        "accuracy": wilson(8, 12), "sensitivity": wilson(2, 4), "specificity": wilson(7, 8),
        "precision covid": wilson(2, 3), "recall covid": wilson(2, 4),
        "precision viral": wilson(3, 5), "recall viral": wilson(3, 3),
        "precision healthy": wilson(3, 4), "recall healthy": wilson(3, 5),
    }  # fmt: skip
    table = report_with_ends(evaluation)
    ends = table.loc["accuracy", ["f1_low", "f1_high"]].tolist()
    assert ends == list(found["accuracy"] or ())
    assert table.loc["viral", ["precision_low", "precision_high"]].tolist() == list(
        wilson(3, 5) or ()
    )
    assert table.loc["healthy", "recall_high"] == (wilson(3, 5) or (0, nan))[1]
    assert table.loc["covid", ["f1_low", "f1_high"]].isna().all()
    assert table.loc["macro average", "recall"] == pytest.approx((1 / 2 + 1 + 3 / 5) / 3)
    assert table.loc["weighted average", "recall"] == pytest.approx(8 / 12)
    assert table["support"].tolist() == [4, 3, 5, 12, 12, 12]


def test_a_run_that_is_right_everywhere_has_its_intervals_over_patients() -> None:
    films = two([0.9] * 4 + [0.1] * 6, [0] * 4 + [1] * 6)
    patients = np.array(list("aabbccddee"))
    found = all_intervals(evaluate(films), films, patients)
    assert found["accuracy"] == wilson(10, 10)
    low, high = found["f1"] or (0, 0)
    jaccard = 4 / (4 + 1.959964**2)
    assert (low, high) == pytest.approx((2 * jaccard / (1 + jaccard), 1), abs=1e-6)
    # Two patients and three, not four films and six.
    assert found["roc_auc"] == roc_area_interval(1.0, 2, 3)
    alone = all_intervals(evaluate(films), films, np.arange(10).astype(str))
    assert (alone["roc_auc"] or (0, 0))[0] > (found["roc_auc"] or (0, 0))[0]
    assert found["average_precision"] is None
    one_kind = two([0.9, 0.2, 0.8], [0, 0, 0])
    told = all_intervals(evaluate(one_kind), one_kind, np.array(list("abc")))
    assert (told["roc_auc"], told["average_precision"]) == (None, None)


def test_pairs_are_counted_and_told() -> None:
    one = two([0.9, 0.8, 0.3, 0.6, 0.2, 0.1], [0, 0, 0, 1, 1, 1])  # wrong: third, fourth
    other = two([0.9, 0.2, 0.7, 0.6, 0.2, 0.9], [0, 0, 0, 1, 1, 1])  # wrong: second, fourth, last
    found = pair("a", "b", one, other)
    assert (found.films, found.both, found.only_first, found.only_second) == (6, 2, 2, 1)
    assert found.difference == pytest.approx(1 / 6)
    assert found.p_value == 1  # 2 against 1
    assert found.interval is None
    assert found.more_needed == 6  # 1 against 8: p = 20/512 = 0.039; against 7: 18/256 = 0.070

    def said(p: float, interval: tuple[float, float] | None, films: int = 80, *,
             difference: float = 0.1, counts: tuple[int, int] = (9, 2)) -> str:  # fmt: skip
        return Pair("a", "b", films, *counts, 60, p, difference, interval).sentence("A", "B")

    better = "A is better than B on these 80 films, and chance alone hardly explains it."
    assert said(0.049, None) == said(0.049, (0.01, 0.2)) == better
    patients = "but they come from few patients: with other patients, the two could be equal."
    assert said(0.049, (0.0, 0.2)) == f"A is right on more of these 80 films, {patients}"
    assert said(0.049, (-0.2, 0.0), difference=-0.1).startswith("B is right on more of these")
    # 9 against 2: p = 134/2048 = 0.065; 10 against 2: 158/4096 = 0.039.
    assert said(0.05, None) == (
        "A and B cannot be told apart on 80 films; 1 more error of B would be needed."
    )
    assert said(0.5, None, counts=(8, 2)).endswith("films; 2 more errors of B would be needed.")
    assert said(1, None, counts=(0, 0), films=5) == (
        "5 films are too few to tell any two networks apart."
    )
    assert said(1, None, counts=(0, 0), films=1).startswith("1 film are too few")
    assert said(1, None, counts=(0, 0), films=6, difference=0).endswith(
        "on 6 films; 6 more errors of one of them would be needed."
    )


def test_films_that_differ_are_counted() -> None:
    def tested(names: str) -> Predictions:
        return Predictions(("covid", "healthy"), list(names), ["test"] * len(names),
                           [0] * len(names), [[0.5, 0.5]] * len(names))  # fmt: skip

    assert difference_in_films([tested("ab")]) == difference_in_films([tested("ab")] * 2) == ""
    start = "These runs were tested on different films"
    assert difference_in_films([tested("abc"), tested("bcd")]).startswith(
        f"{start} (3 each, 2 in common)."
    )
    assert difference_in_films([tested("abc"), tested("bcdef"), tested("cd")]).startswith(
        f"{start} (2 to 5 each, 1 in common)."
    )


def test_a_table_has_published_rows_only_when_asked_and_training_by_its_own_rule() -> None:
    assert len(summary_table([(run(), three())])) == 1
    assert len(summary_table([(run(), three())], published=True)) == 1 + len(PUBLISHED)
    kept = {"train": {"accuracy": 0.25, "loss": 0.5}}
    decided = Decision(("covid", "healthy"), POINT)
    both = together([two([0.9, 0.1], [0, 1]), two([0.45, 0.1], [0, 1], "train")])
    assert summary_row(run(**kept), both)["train_accuracy"] == 0.25
    assert summary_row(run(**kept), decided.apply(both))["train_accuracy"] == 1
    alone = decided.apply(two([0.9, 0.1], [0, 1]))
    assert summary_row(run(**kept), alone)["train_accuracy"] == 0.25
    assert report_table([]).empty


def test_one_finished_repeat_has_no_spread() -> None:
    found = evaluate_repeats(Repeats(((run(0, test={"loss": 0.5}), three()),)))
    summary = found.summary["accuracy"]
    assert (summary.count, summary.mean, summary.sd) == (1, 8 / 12, None)
    assert found.classes == THREE
    assert found.report["recall_sd"].isna().all()
    assert (found.summary["false_negatives"].mean, found.summary["false_positives"].mean) == (2, 1)
    assert found.threshold is None
    later, first = run(2), run(0)
    assert grouped([later, run(), first]) == {"g-1234": [first, later]}
    assert Repeats(((first, three()),)).title == "vgg16 · study · 3 seeds (1 of 3 finished) · 1234"
    with pytest.raises(InputError, match="started together"):
        Repeats(((first, three()), (run(1, group="g-9"), three())))


def test_the_study_published_four_networks() -> None:
    """Its table of June 2020, 80 test films: shares in whole percent."""
    assert [(one.title, one.accuracy, one.recall_covid) for one in PUBLISHED] == [
        ("CNN", 0.85, 0.70), ("VGG16", 0.96, 0.97), ("NASNetLarge", 0.97, 0.95),
        ("InceptionResNetV2", 1.0, 1.0),
    ]  # fmt: skip
    assert [one.weights for one in PUBLISHED] == ["from scratch"] + ["photographs"] * 3
