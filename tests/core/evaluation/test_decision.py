"""One rule: what it calls a film is the same in every number, word and answer."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from core.evaluation.decision import Decision, as_used, decided, decision_of
from core.evaluation.film_table import prediction_table
from core.evaluation.headline import by_rule, headline
from core.evaluation.metrics import evaluate
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions, together
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Film, Run, RunResult, SplitNumbers

CLASSES = ("covid", "healthy")
AT_40 = OperatingPoint(
    positive="covid",
    target_sensitivity=0.95,
    threshold=0.40,
    not_sure=(0.40, 0.40),
    temperature=1.0,
    chosen_by="person",
)
SCORES = [0.9, 0.44, 0.39, 0.1]
TRUTH = [0, 0, 1, 1]


def films(scores: list[float] = SCORES, split: str = "test") -> Predictions:
    score = np.array(scores)
    names = [f"{split}-{place}" for place in range(len(scores))]
    both = np.stack([score, 1 - score], axis=1)
    return Predictions(CLASSES, np.array(names), np.full(len(scores), split), TRUTH, both)


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    one = RunFiles(tmp_path)
    films().save(one.predictions)
    return one


def test_a_film_at_44_with_the_threshold_at_40(files: RunFiles) -> None:
    AT_40.save(files.operating_point)
    decision = decision_of(files, CLASSES)
    shown = decision.probabilities(films().probabilities)
    assert decision.answers(shown) == ["covid", "covid", "healthy", "healthy"]
    assert decision.predict(shown).tolist() == [0, 0, 1, 1]
    found = evaluate(decided(files))
    assert (found.accuracy, found.sensitivity, found.threshold) == (1.0, 1.0, 0.40)
    told = headline(files, RunResult(test=SplitNumbers(accuracy=0.75)))
    assert (told.accuracy, told.correct, told.confusion) == (1.0, 4, ((2, 0), (0, 2)))
    assert told.rule == "covid from 40.0 % on (chosen by a person)"
    assert decision.as_dict()["chosen_by"] == "person"
    plain = evaluate(decided(files, most_probable=True))
    assert (plain.accuracy, plain.sensitivity, plain.threshold) == (0.75, 0.5, None)
    assert evaluate(decided(files), 0.5).sensitivity == 0.5, "a threshold asked for comes first"


def test_without_a_threshold_the_larger_probability_counts(files: RunFiles) -> None:
    decision = decision_of(files, CLASSES)
    assert (decision.rule, decision.threshold, decision.not_sure) == ("most_probable", None, None)
    assert decision.answers(films().probabilities) == ["covid", "healthy", "healthy", "healthy"]
    assert decision.sentence() == "Each film gets the most probable class."
    assert evaluate(decided(files)).accuracy == headline(files, RunResult()).accuracy == 0.75
    assert decision.as_dict()["chosen_by"] is None


def test_not_sure_counts_as_the_threshold_calls_it_and_is_told(files: RunFiles) -> None:
    OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.40,
        not_sure=(0.35, 0.5),
        temperature=1.0,
        chosen_by="program",
    ).save(files.operating_point)
    decision = decision_of(files, CLASSES)
    shown = decision.probabilities(films().probabilities)
    assert decision.answers(shown) == ["covid", "not_sure", "not_sure", "healthy"]
    assert decision.unsure(shown).tolist() == [False, True, True, False]
    assert (headline(files, RunResult()).unsure, headline(files, RunResult()).correct) == (2, 4)


def test_probabilities_are_calibrated_once_and_stay_where_nothing_is_to_do(
    files: RunFiles,
) -> None:
    OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.40,
        not_sure=(0.40, 0.40),
        temperature=2.0,
        chosen_by="person",
    ).save(files.operating_point)
    shown = decided(files).probabilities[:, 0]
    logit = np.log(np.array(SCORES) / (1 - np.array(SCORES)))
    assert shown == pytest.approx(1 / (1 + np.exp(-logit / 2)), abs=1e-6)
    AT_40.save(files.operating_point)
    assert np.array_equal(decided(files).probabilities, films().probabilities)
    at = Decision(CLASSES, AT_40)
    assert at.answers(np.array([[0.40, 0.60]], np.float32)) == ["covid"], "from 40 % on"


def test_a_headline_follows_its_files(files: RunFiles) -> None:
    assert headline(files, RunResult()).accuracy == 0.75
    AT_40.save(files.operating_point)
    assert headline(files, RunResult()).accuracy == 1.0
    files.operating_point.unlink()
    time.sleep(0.01)  # another time of the file
    films([0.1, 0.1, 0.9, 0.9]).save(files.predictions)
    assert headline(files, RunResult()).accuracy == 0.0
    files.predictions.write_bytes(b"damaged")
    left = headline(files, RunResult(test=SplitNumbers(accuracy=0.7, sensitivity=None)))
    assert (left.accuracy, left.sensitivity, left.rule) == (0.7, None, "the most probable class")
    assert headline(files, RunResult()).accuracy is None
    assert headline(files, RunResult(test=None)).accuracy is None


def test_a_run_as_json_is_by_its_rule_beside_what_the_training_told(files: RunFiles) -> None:
    AT_40.save(files.operating_point)
    result = RunResult(test=SplitNumbers(accuracy=0.75, loss=0.4), epochs=3)
    told = by_rule(files, result)
    assert told["test"]["accuracy"] == 1.0
    assert told["test"]["loss"] == 0.4
    assert told["most_probable"] == {"test": {"accuracy": 0.75, "loss": 0.4}}
    assert told["decision"]["threshold"] == 0.40
    used = as_used(Decision(CLASSES, AT_40), 0.7)
    assert (used["threshold"], used["not_sure"]) == (0.7, None)
    assert as_used(Decision(CLASSES, AT_40), most_probable=True)["rule"] == "most_probable"


def test_rows_keep_what_they_are_called_when_they_are_taken_or_put_together() -> None:
    one = Decision(CLASSES, AT_40).apply(films())
    other = Decision(CLASSES).apply(films(split="validation"))
    assert one.of("test").decided is not None
    picked = one.take(np.array([1]))
    assert picked.decided is not None
    assert picked.decided.y_pred.tolist() == [0]
    both = together([one, other])
    assert both.decided is not None
    assert both.decided.y_pred.tolist() == [0, 0, 1, 1, 0, 1, 1, 1]
    assert (both.decided.threshold, both.decided.rule) == (None, "each run's own rule")
    assert together([one, films()]).decided is None


def test_the_table_of_films_can_be_read_alone() -> None:
    point = OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.40,
        not_sure=(0.35, 0.5),
        temperature=1.0,
        chosen_by="program",
    )
    run = Run("20260101-000000-abcd", RunSpec(dataset="d", model="cnn"), "done")
    known = [
        Film(f"test-{place}", "Clinic", f"/films/a{place}.png", patient, "COVID-19")
        for place, patient in enumerate(("p1", ""))
    ]
    table = prediction_table([(run, Decision(CLASSES, point).apply(films()))], films=known)
    assert list(table) == [
        "run", "run_id", "weights", "film_id", "file", "source", "patient", "split", "true",
        "predicted",
        "correct", "answer", "decision", "probability covid", "probability healthy", "note",
    ]  # fmt: skip
    assert table["file"].tolist() == ["a0.png", "a1.png", "", ""]
    assert table["patient"].tolist() == ["p1", "", "", ""]
    assert table["predicted"].tolist() == ["covid", "covid", "healthy", "healthy"]
    assert table["answer"].tolist() == ["covid", "not sure", "not sure", "healthy"]
    assert "From 35.0 % up to 50.0 % for covid, this run gives no answer." in table["note"][1]
    assert table["note"][3] == "This film is not in the catalogue."
    assert table["note"][0] == ""
    asked = prediction_table([(run, Decision(CLASSES, point).apply(films()))], 0.5)
    assert asked["answer"].tolist() == ["covid", "healthy", "healthy", "healthy"]
    assert set(asked["decision"]) == {"covid from 50.0 % on (asked for here)"}
    assert set(asked["note"]) == {""}
