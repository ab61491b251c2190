"""What a run answers and reached on a few films, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from core.errors import InputError
from core.evaluation.calibration import calibration
from core.evaluation.decision import Decision, as_used
from core.evaluation.headline import Headline, by_rule, headline, headlines
from core.evaluation.operating_point import (
    answer_by_threshold,
    choose_operating_point,
)
from core.evaluation.performance import performance, target_words
from core.evaluation.predictions import (
    predicted_classes,
    rule_words,
    together,
    unsure_words,
)
from core.runs.files import RunFiles
from core.statistics.proportions import wilson
from core.store import RunResult, SplitNumbers
from tests.core.evaluation.by_hand import CELLS, POINT, THREE, three, two


def test_a_headline_of_three_classes(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    together([three(), three("validation")]).save(files.predictions)
    found = headline(files, RunResult())
    assert (found.films, found.correct, found.unsure) == (12, 8, 0)
    assert found.accuracy == 8 / 12
    assert found.sensitivity == 2 / 4
    assert found.specificity == 7 / 8  # of viral and healthy films, those not called covid
    assert found.confusion == tuple(map(tuple, CELLS))
    assert found.rule == "the most probable class"
    assert list(headlines(files)) == ["validation", "test"]
    told = by_rule(
        files,
        RunResult(test=SplitNumbers(loss=0.5, accuracy=0.1), train=SplitNumbers(loss=1.0)),
    )
    assert told["test"] == {
        "loss": 0.5, "accuracy": 8 / 12, "sensitivity": 0.5, "specificity": 7 / 8,
        "confusion": CELLS, "not_sure": 0,
    }  # fmt: skip
    assert told["most_probable"] == {"train": {"loss": 1}, "test": {"loss": 0.5, "accuracy": 0.1}}
    assert told["decision"]["rule"] == "most_probable"


def test_a_headline_without_films_of_a_kind_or_without_predictions(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    kept = RunResult(test=SplitNumbers(accuracy=0.75, sensitivity=None))
    assert headline(files, kept) == Headline(0.75, None, None)
    assert headline(files, RunResult(epochs=3)) == Headline()
    assert headlines(files) == {}
    assert by_rule(files, RunResult())["decision"] is None
    two([0.9, 0.8], [0, 0]).save(files.predictions)
    only = headline(files, kept)
    assert (only.accuracy, only.sensitivity, only.specificity) == (1, 1, None)
    two([0.9, 0.8], [1, 1]).save(files.predictions)
    assert (headline(files, kept).sensitivity, headline(files, kept).specificity) == (None, 0)
    POINT.save(files.operating_point)
    two([0.9, 0.45, 0.31, 0.29], [0, 0, 1, 1]).save(files.predictions)
    told = headline(files, kept)
    assert (told.unsure, told.correct) == (2, 4)
    assert told.rule == "covid from 40.0 % on (chosen by a person)"
    files.predictions.write_bytes(b"damaged")
    assert headline(files, kept).accuracy == 0.75


def test_a_decision_in_words_and_as_json() -> None:
    plain, by_point = Decision(("covid", "healthy")), Decision(("covid", "healthy"), POINT)
    assert plain.sentence() == "Each film gets the most probable class."
    assert by_point.sentence() == "A film is called covid from 40.0 % on (chosen by a person)."
    problem = Decision(("covid", "healthy"), problem="it is gone")
    assert problem.in_words() == "the most probable class (it is gone)"
    assert plain.why_unsure() == ""
    assert by_point.why_unsure() == (
        "From 30.0 % up to 50.0 % for covid, this run gives no answer."
    )
    assert unsure_words("covid", (0.5, 1 + 1e-7)).endswith("up to 99.9 % for covid, this run gives "
                                                          "no answer.")  # fmt: skip
    assert by_point.as_dict() == {
        "rule": "threshold", "positive": "covid", "threshold": 0.4, "chosen_by": "person",
        "not_sure": [0.3, 0.5], "temperature": 1.0,
        "in_words": "covid from 40.0 % on (chosen by a person)",
    }  # fmt: skip
    assert as_used(by_point) == by_point.as_dict()
    asked = as_used(by_point, 0.7)
    assert (asked["threshold"], asked["not_sure"], asked["chosen_by"]) == (0.7, None, "person")
    assert asked["in_words"] == "covid from 70.0 % on (asked for here)"
    most = as_used(by_point, most_probable=True)
    assert (most["rule"], most["threshold"], most["temperature"]) == ("most_probable", None, 1.0)
    films = by_point.apply(two([0.9, 0.45, 0.31, 0.29], [0, 0, 1, 1]))
    assert films.decided is not None
    assert films.decided.unsure.tolist() == [False, True, True, False]
    assert predicted_classes(films).tolist() == [0, 0, 1, 1]
    assert predicted_classes(films, 0.95).tolist() == [1, 1, 1, 1]
    assert rule_words(films) == "covid from 40.0 % on (chosen by a person)"
    assert rule_words(films, 0.95) == "covid from 95.0 % on (asked for here)"
    assert rule_words(two([0.9], [0])) == "the most probable class"
    assert by_point.apply(two([0.9], [0]), most_probable=True).decided is None


def test_answers_leave_the_band_out_and_name_the_likelier_of_the_others() -> None:
    point = POINT.model_copy(update={"not_sure": (0.3, 0.5)})
    for score, said in ((0.5, "covid"), (0.4999, "not_sure"), (0.3, "not_sure")):
        assert (
            answer_by_threshold(point, np.array([score, 1 - score]), ("covid", "healthy")) == said
        )
    row = np.array([0.2, 0.35, 0.45])
    assert answer_by_threshold(point, row, THREE) == "healthy"
    assert (
        answer_by_threshold(point, np.array([0.35, 0.2, 0.45]), ("viral", "covid", "healthy"))
        == "healthy"
    )
    with pytest.raises(InputError, match="was chosen for covid"):
        answer_by_threshold(point, row, ("viral", "pneumonia", "healthy"))
    with pytest.raises(InputError):
        answer_by_threshold(point, row[:2], THREE)


def test_the_threshold_goes_no_lower_than_every_film_that_is_an_alarm_anyway() -> None:
    """To find all, 0.3 is needed; both others are alarms there, so nothing is won above it."""
    scores, truth = [0.3, 0.9, 0.6, 0.8], [0, 0, 1, 1]
    point = choose_operating_point(two(scores, truth, "validation"), 1.0)
    raw = choose_operating_point(two(scores, truth, "validation"), 0.5)
    shown = Decision(("covid", "healthy"), point).probabilities(np.array([[0.3, 0.7]]))
    assert point.threshold == pytest.approx(float(shown[0, 0]))
    assert point.chosen_by == "person"
    assert raw.threshold > point.threshold
    # One of two is enough at a half: between 0.8 and 0.9.
    assert performance(raw, two(scores, truth, "validation")).sensitivity.successes == 1
    with pytest.raises(InputError, match="shows anything but covid"):
        choose_operating_point(two([0.9, 0.8], [0, 0], "validation"))
    with pytest.raises(InputError, match="shows covid"):
        choose_operating_point(two([0.9, 0.8], [1, 1], "validation"))
    for target in (0.0, 1.01):
        with pytest.raises(InputError, match="wanted sensitivity"):
            choose_operating_point(two(scores, truth, "validation"), target)


def test_what_a_point_does_is_counted() -> None:
    films = two([0.9, 0.45, 0.2, 0.6, 0.35, 0.1], [0, 0, 0, 1, 1, 1], "validation")
    found = performance(POINT, films)
    assert (found.sensitivity.successes, found.sensitivity.trials) == (2, 3)
    assert (found.specificity.successes, found.specificity.trials) == (2, 3)
    assert (found.films, found.not_sure, found.wrong, found.false_positives) == (6, 2, 2, 1)
    said = "On validation, it finds 2 of 3 covid films (between 20.8 and 93.9 %)."
    assert target_words(POINT, found) == (
        f"{said} These are too few films to promise 95 %: it takes at least 73, all of them found."
    )
    for truth, kind in (([0] * 6, "others than"), ([1] * 6, "of")):
        with pytest.raises(InputError, match=f"no validation films {kind} covid"):
            performance(POINT, two([0.5] * 6, truth, "validation"))


def test_bins_hold_their_films() -> None:
    films = two([0.05, 0.2, 0.39, 0.4, 0.99, 1.0], [1, 1, 0, 0, 0, 0])
    found = calibration(films)
    assert [(one.low, one.high, one.films, one.positives) for one in found.bins] == [
        (0.0, 0.2, 1, 0), (0.2, 0.4, 2, 1), (0.4, 0.6, 1, 1), (0.8, 1.0, 2, 2),
    ]  # fmt: skip
    assert found.bins[1].share == 0.5
    assert found.bins[1].interval == wilson(1, 2)
    scores = films.probabilities[:, 0].astype(float)
    assert found.brier == pytest.approx(brier_score_loss([0, 0, 1, 1, 1, 1], scores))
    assert found.brier_known == pytest.approx(4 / 6 * 2 / 6)
    distances = [0.05, abs(0.295 - 0.5), 0.6, 0.005]
    assert found.error == pytest.approx(float(np.average(distances, weights=[1, 2, 1, 2])))
    assert len(calibration(films, bins=2).bins) == 2
    with pytest.raises(InputError):
        calibration(films.take(np.zeros(6, bool)))
