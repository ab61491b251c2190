"""Internal beside external: numbers, their intervals, and what the words make of them."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.bootstrap import patients_of
from core.evaluation.predictions import Predictions
from core.external.external_sentences import (
    _points,
    external_headline,
    external_sentences,
    external_verdict,
    of_100,
)
from core.external.report import (
    Comparison,
    Estimate,
    ExternalVerdict,
    Side,
    _level,
    answers_by_finding,
    compare_sides,
    comparison_document,
    difference,
    judge_side,
)


def films(
    found: int, positives: int, alarms: int, negatives: int, classes: tuple[str, ...] = ()
) -> Predictions:
    """So many positive films, of which some are found, and so many others."""
    scores = [0.9] * found + [0.1] * (positives - found)
    scores += [0.8] * alarms + [0.2] * (negatives - alarms)
    total = positives + negatives
    return Predictions(
        classes or ("covid", "healthy"),
        np.array([f"f{number}" for number in range(total)]),
        np.full(total, "external"),
        np.array([0] * positives + [1] * negatives),
        np.array([[score, 1 - score] for score in scores]).reshape(total, 2),
    )


def side(found: int, positives: int, alarms: int, negatives: int) -> tuple[Predictions, np.ndarray]:
    predictions = films(found, positives, alarms, negatives)
    return predictions, predictions.film_ids


def between(internal: tuple[int, int, int, int], external: tuple[int, int, int, int]) -> Comparison:
    return compare_sides("hospital", judge_side(*side(*internal)), judge_side(*side(*external)))


def test_a_side_has_the_numbers_of_its_films_with_published_intervals() -> None:
    one = judge_side(*side(38, 40, 0, 80))
    assert (one.sensitivity.successes, one.sensitivity.trials) == (38, 40)
    assert one.sensitivity.interval == pytest.approx((0.835, 0.986), abs=5e-4)
    assert one.false_positive_rate.value == 0
    assert one.false_positive_rate.interval == pytest.approx((0, 0.046), abs=5e-4)
    # 38 of 40 above all others, 2 below all of them.
    assert one.auc.value == pytest.approx(38 / 40)
    assert one.auc.interval is not None
    assert one.auc.interval[0] < 0.95 < one.auc.interval[1]


def test_the_auc_interval_draws_patients_and_not_films() -> None:
    predictions = films(30, 40, 10, 40)
    single = judge_side(predictions, predictions.film_ids).auc.interval
    together = judge_side(predictions, np.arange(80) // 5 + 0).auc.interval
    assert single is not None
    assert together is not None
    assert together[1] - together[0] > single[1] - single[0]


def test_films_of_unknown_patients_are_counted_and_are_not_patients() -> None:
    predictions = films(30, 40, 10, 40)
    known = dict.fromkeys(predictions.film_ids[:30].tolist(), "ann")
    told = comparison_document(judge_side(predictions, patients_of(predictions, known)))
    assert (told["patients"], told["films_of_unknown_patients"]) == (1, 50)


def test_a_perfect_auc_has_an_interval_too() -> None:
    area = judge_side(*side(40, 40, 0, 40)).auc
    assert area.value == 1
    assert area.interval is not None
    assert 0.8 < area.interval[0] < 1
    assert area.interval[1] == 1


def test_only_negatives_have_a_false_positive_rate_and_reasons_for_the_rest() -> None:
    told = comparison_document(judge_side(*side(0, 0, 94, 100)))
    assert told["false_positive_rate"] == 0.94
    assert told["intervals"]["false_positive_rate"] == pytest.approx((0.8752, 0.9722), abs=5e-4)
    assert (told["sensitivity"], told["auc"]) == (None, None)
    assert told["intervals"]["sensitivity"] is None
    assert told["notes"] == {"sensitivity": "no film here is covid", "auc": "no film here is covid"}
    assert told["confusion"] == [[0, 0], [94, 6]]


def test_the_difference_has_newcombes_interval() -> None:
    # Newcombe 1998, table II, method 10: 56/70 and 48/80 give 0.2, 0.0524 to 0.3339.
    def rate(hits: int, count: int) -> Estimate:
        return judge_side(*side(hits, count, 0, 1)).sensitivity

    gap = difference(rate(56, 70), rate(48, 80))
    assert gap.value == pytest.approx(0.2)
    assert gap.interval == pytest.approx((0.0524, 0.3339), abs=5e-5)
    none = difference(Estimate(None, None, why="no film here is covid"), rate(1, 2))
    assert (none.value, none.interval, none.why) == (None, None, "no film here is covid")


def test_the_drop_of_the_study_is_said_in_words() -> None:
    found = between((40, 40, 1, 100), (0, 0, 94, 100))
    assert found.level == "worse"
    assert external_headline(found) == (
        "On healthy films from hospital it calls 94 of 100 covid (94 of 100); on those of its "
        "own test 1 of 100 (1 of 100)."
    )
    assert "no covid film that could be used" in external_sentences(found)[2]
    assert "93 (85 to 96) more false alarms per 100 films" in external_verdict(found)


def test_a_drop_that_is_shown_never_reads_as_none() -> None:
    for low, told in ((0.004, "17 (0.4 to 30)"), (0.0002, "17 (just over 0 to 30)")):
        assert _points(Estimate(0.17, (low, 0.3))) == told
        assert _points(Estimate(-0.17, (-0.3, -low))) == told


def test_missed_films_are_a_drop_as_well() -> None:
    found = between((95, 100, 5, 100), (50, 100, 5, 100))
    assert found.level == "worse"
    assert "45 (34 to 55) fewer covid films found per 100" in external_verdict(found)


def test_no_drop_is_told_from_none_to_be_seen() -> None:
    assert between((900, 1000, 50, 1000), (900, 1000, 50, 1000)).level == "holds"
    few = between((9, 10, 1, 10), (9, 10, 1, 10))
    assert few.level == "unclear"
    assert "too few films, 20 from hospital and 20 of its own test" in external_verdict(few)
    half = between((900, 1000, 50, 1000), (0, 0, 50, 1000))
    assert half.level == "unclear"
    assert external_verdict(half) == "No more false alarms are shown there than in its own test."
    other = between((900, 1000, 50, 1000), (900, 1000, 0, 0))
    assert other.level == "unclear"
    assert "how many false alarms it would raise is not known" in external_verdict(other)
    assert external_headline(other).startswith("Of covid films from hospital it finds 90 of 100")
    assert len(external_sentences(other)) == 2


def test_each_finding_has_its_own_share_of_alarms() -> None:
    one = judge_side(*side(1, 2, 3, 8))
    findings = np.array(["COVID-19"] * 2 + ["No finding"] * 6 + ["Pneumonia"] * 2)
    rows = answers_by_finding(one, findings)
    assert [(row["finding"], row["called"], row["films"]) for row in rows] == [
        ("No finding", 3, 6),
        ("COVID-19", 1, 2),
        ("Pneumonia", 0, 2),
    ]
    assert [row["class"] for row in rows] == ["healthy", "covid", "healthy"]
    assert rows[0]["share"] == 0.5
    assert rows[0]["interval"] == pytest.approx((0.1876, 0.8124), abs=5e-4)


def test_fewer_false_alarms_elsewhere_are_no_drop() -> None:
    found = between((900, 1000, 500, 1000), (950, 1000, 50, 1000))
    assert found.level == "holds"


@pytest.mark.parametrize(
    ("hits", "films_", "said"),
    [
        (0, 40, "0 of 100"),
        (1, 400, "fewer than 1 of 100"),
        (399, 400, "more than 99 of 100"),
        (162, 199, "81 of 100"),
    ],
)
def test_per_hundred_never_rounds_to_none_or_all(hits: int, films_: int, said: str) -> None:
    assert of_100(judge_side(*side(0, 1, hits, films_)).false_positive_rate) == said


def test_a_class_called_not_covid_reads_well() -> None:
    predictions = films(1, 1, 1, 2, ("covid", "not covid"))
    one = judge_side(predictions, predictions.film_ids)
    assert external_headline(compare_sides("hospital", one, one)).startswith(
        "On films that are not covid from hospital it calls 50 of 100 covid"
    )


def test_of_several_classes_it_is_told_how_many_films_get_their_own() -> None:
    def three(right: int) -> Side:
        truth = np.repeat([0, 1, 2], 10)
        shown = np.where(np.arange(30) < right, truth, (truth + 1) % 3)
        ids = np.array([f"{number:032x}" for number in range(30)])
        names = ("covid", "viral", "healthy")
        return judge_side(Predictions(names, ids, ["test"] * 30, truth, np.eye(3)[shown]), ids)

    said = external_sentences(compare_sides("hospital", three(27), three(12)))
    assert said[-1] == "Their own class get 12 of 30 films from hospital, 27 of 30 of its own test."
    two = external_sentences(between((38, 40, 0, 40), (30, 40, 5, 40)))
    assert not any("own class" in one for one in two)


@pytest.mark.parametrize(
    ("sensitivity", "alarms", "level"),
    [
        ((-0.20, -0.001), (-0.02, 0.02), "worse"),
        ((-0.02, 0.02), (0.001, 0.30), "worse"),
        ((-0.20, 0.001), (-0.02, 0.02), "unclear"),
        ((-0.02, 0.02), (-0.001, 0.30), "unclear"),
        ((-0.0999, 0.05), (-0.05, 0.0999), "holds"),
        ((-0.1001, 0.05), (-0.05, 0.05), "unclear"),
        ((-0.05, 0.05), (-0.05, 0.1001), "unclear"),
        ((0.01, 0.20), (-0.20, -0.01), "holds"),
    ],
)
def test_worse_begins_where_the_interval_leaves_zero_behind(
    sensitivity: tuple[float, float], alarms: tuple[float, float], level: ExternalVerdict
) -> None:
    """However small the drop that is shown: the limit lies at 0, and that of no harm at 0.10."""
    middle = [sum(one) / 2 for one in (sensitivity, alarms)]
    found = {
        "sensitivity": Estimate(middle[0], sensitivity),
        "false_positive_rate": Estimate(middle[1], alarms),
    }
    assert _level(found) == level
