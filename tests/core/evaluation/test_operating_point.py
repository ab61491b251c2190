"""The threshold for an aim, the band without an answer, and what so few films can promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import InputError, NotFoundError
from core.evaluation.decision import decided, decision_of
from core.evaluation.headline import headline
from core.evaluation.operating_point import (
    NOT_SURE,
    OperatingPoint,
    answer_by_threshold,
    apply,
    choose_operating_point,
)
from core.evaluation.performance import meets_target, performance, target_words
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.statistics.proportions import trials_needed, wilson
from core.store import RunResult


def made(
    sick: list[float], well: list[float], split: str = "validation", classes: int = 2
) -> Predictions:
    """Films with these probabilities of the first class, the rest shared by the others."""
    score = np.array([*sick, *well])
    rest = np.repeat((1 - score)[:, None] / (classes - 1), classes - 1, axis=1)
    truth = [0] * len(sick) + [1 + place % (classes - 1) for place in range(len(well))]
    return Predictions(
        ("covid", "healthy", "other")[:classes],
        np.array([f"{split}{number}" for number in range(len(score))]),
        np.array([split] * len(score)),
        np.array(truth),
        np.column_stack([score, rest]),
    )


def noisy(films: int, seed: int, sureness: float = 1.0) -> Predictions:
    """Films whose logits differ by a normal deviate around ±1, times ``sureness``."""
    rng = np.random.default_rng(seed)
    sick, well = rng.normal(1, 1.2, films), rng.normal(-1, 1.2, films)
    return made(*(list(1 / (1 + np.exp(-sureness * one))) for one in (sick, well)))


@pytest.mark.parametrize("wanted", [0.5, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_the_threshold_finds_what_was_wanted_and_no_other_does_so_with_fewer_alarms(
    wanted: float, seed: int
) -> None:
    films = noisy(40, seed)
    point = choose_operating_point(films, wanted)
    score = apply(point, films.probabilities)[:, 0]
    is_sick = films.y_true == 0
    assert (score[is_sick] >= np.float32(point.threshold)).mean() >= wanted
    alarms = int((score[~is_sick] >= np.float32(point.threshold)).sum())
    fewest = min(
        int((score[~is_sick] >= one).sum())
        for one in score
        if (score[is_sick] >= one).mean() >= wanted
    )
    assert alarms == fewest == performance(point, films).false_positives


def test_classes_that_are_parted_are_parted_in_the_middle_with_no_answer_in_the_gap() -> None:
    films = made([0.99, 0.98, 0.97, 0.9], [0.1, 0.03, 0.02, 0.01])
    point = choose_operating_point(films, 1.0)
    low, high = point.not_sure
    ends = apply(point, films.probabilities)[:, 0]
    assert point.threshold == pytest.approx(0.5, abs=0.01)
    assert ends[4] < low <= point.threshold <= high == pytest.approx(ends[3])
    names = [
        answer_by_threshold(point, row, films.classes) for row in apply(point, films.probabilities)
    ]
    assert names == ["covid"] * 4 + ["healthy"] * 4
    between = apply(point, np.array([[0.5, 0.5]]))[0]
    assert answer_by_threshold(point, between, films.classes) == NOT_SURE


def test_where_classes_overlap_the_definite_answers_keep_the_aim_both_ways() -> None:
    films = noisy(200, 3)
    point = choose_operating_point(films, 0.9)
    names = np.array(
        [
            answer_by_threshold(point, row, films.classes)
            for row in apply(point, films.probabilities)
        ]
    )
    assert (names[films.y_true == 0] == "healthy").mean() <= 0.1
    assert (names[films.y_true == 1] == "covid").mean() <= 0.1
    assert 0.1 < (names == NOT_SURE).mean() < 0.7


def test_the_band_can_have_an_aim_of_its_own_for_each_end() -> None:
    films = noisy(200, 3)
    point = choose_operating_point(films, 0.9, band=(0.99, 0.8))
    assert point.threshold == choose_operating_point(films, 0.9).threshold
    assert point.band_target == (0.99, 0.8)
    shown = apply(point, films.probabilities)
    names = np.array([answer_by_threshold(point, row, films.classes) for row in shown])
    assert 0 < (names[films.y_true == 0] == "healthy").mean() <= 0.01
    called = (names[films.y_true == 1] == "covid").mean()
    assert 0.1 < called <= 0.2, "more than with the aim for both ends"


@pytest.mark.parametrize("band", [(0.0, 0.9), (0.9, 1.1), (float("nan"), 0.9)])
def test_a_band_that_is_no_share_is_refused(band: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="“not sure” goes by"):
        choose_operating_point(noisy(40, 0), 0.9, band=band)


def test_the_aim_of_the_band_is_kept_and_files_from_before_have_none(tmp_path: Path) -> None:
    file = tmp_path / "operating_point.json"
    point = choose_operating_point(noisy(40, 0), 0.9, band=(0.97, 0.85))
    point.save(file)
    assert OperatingPoint.load(file) == point
    fields = json.loads(file.read_text())
    del fields["band_target"]
    fields["version"] = 1
    file.write_text(json.dumps(fields))
    before = OperatingPoint.load(file)
    assert before.band_target is None
    assert before.not_sure == point.not_sure


def test_only_validation_films_count() -> None:
    films = noisy(40, 0)
    other = made([0.01] * 30, [0.99] * 30, "test")
    both = Predictions(
        films.classes,
        np.concatenate([films.film_ids, other.film_ids]),
        np.concatenate([films.split, other.split]),
        np.concatenate([films.y_true, other.y_true]),
        np.concatenate([films.probabilities, other.probabilities]),
    )
    assert choose_operating_point(both) == choose_operating_point(films)


def test_a_constant_network_calls_every_film_positive_rather_than_miss_one() -> None:
    point = choose_operating_point(made([0.5] * 10, [0.5] * 10))
    assert performance(point, made([0.5] * 10, [0.5] * 10)).sensitivity.successes == 10


def test_three_classes_ask_one_against_the_rest_and_name_the_likelier_of_the_rest() -> None:
    films = made([0.9, 0.8, 0.85], [0.1, 0.2, 0.05, 0.1], classes=3)
    point = choose_operating_point(films, 1.0)
    row = apply(point, np.array([[0.05, 0.15, 0.8]]))[0]
    assert answer_by_threshold(point, row, films.classes) == "other"
    assert answer_by_threshold(point, row[[2, 0, 1]], ("other", "covid", "healthy")) == "other"
    with pytest.raises(InputError, match="chosen for covid"):
        answer_by_threshold(point, row, ("a", "b", "c"))


def test_calibration_keeps_the_order_and_the_rows_add_up_to_one() -> None:
    films = noisy(50, 1, sureness=6)
    point = choose_operating_point(films)
    calibrated = apply(point, films.probabilities)
    assert calibrated.dtype == np.float32
    assert calibrated.shape == films.probabilities.shape
    assert calibrated.sum(axis=1) == pytest.approx(1, abs=1e-5)
    # By the ratio: next to 1, single precision tells probabilities apart by the other class's.
    stored = films.probabilities.astype(float)
    order = np.argsort(stored[:, 0] / stored[:, 1], kind="stable")
    assert (np.diff(calibrated[order, 0]) >= 0).all()
    # Six times too sure: the temperature takes most of it back.
    assert point.temperature == pytest.approx(6 * 1.44 / 2, rel=0.35)


def test_what_so_few_films_promise_is_said() -> None:
    films = made([0.9] * 40, [0.1] * 40)
    point = choose_operating_point(films)
    said = performance(point, films)
    assert (said.sensitivity.successes, said.sensitivity.trials, said.false_positives) == (
        40,
        40,
        0,
    )
    assert (said.films, said.not_sure, said.wrong) == (80, 0, 0)
    assert said.sensitivity.interval == pytest.approx((0.912, 1), abs=5e-4)
    assert not meets_target(point, said)
    assert target_words(point, said) == (
        "On validation, it finds 40 of 40 covid films (between 91.2 and 100.0 %). These are too "
        "few films to promise 95 %: it takes at least 73, all of them found."
    )
    many = made([0.9] * 73, [0.1] * 5)
    assert "enough to expect 95 %" in target_words(
        choose_operating_point(many), performance(choose_operating_point(many), many)
    )
    half = made([0.9] * 195 + [0.1] * 5, [0.1] * 195 + [0.9] * 5)
    assert "may be less" in target_words(
        choose_operating_point(half, 0.97), performance(choose_operating_point(half, 0.97), half)
    )
    assert "No number of films" in target_words(
        choose_operating_point(many, 1), performance(choose_operating_point(many, 1), many)
    )


@pytest.mark.parametrize("wanted", [0.5, 0.9, 0.95, 0.99])
def test_films_needed_is_the_first_number_that_is_enough(wanted: float) -> None:
    films = trials_needed(wanted)
    now, before = wilson(films, films), wilson(films - 1, films - 1)
    assert now
    assert now[0] >= wanted
    assert before is None or before[0] < wanted
    assert trials_needed(1.0) == 0


def test_looking_at_a_run_chooses_nothing(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    noisy(40, 2).save(files.predictions)
    assert decision_of(files, ("covid", "healthy")).rule == "most_probable"
    assert decided(files).decided is not None
    assert headline(files, RunResult(), "validation").accuracy is not None
    assert not files.operating_point.exists()


def test_a_stored_point_is_read_with_who_chose_it(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    wanted = choose_operating_point(noisy(40, 2), 0.8)
    assert wanted.chosen_by == "person"
    wanted.save(files.operating_point)
    assert OperatingPoint.load_if_readable(files.operating_point) == wanted
    choose_operating_point(noisy(40, 2), by="program").save(files.operating_point)
    found = OperatingPoint.load_if_readable(files.operating_point)
    assert found is not None
    assert found.chosen_by == "program"
    assert not found.like(wanted)
    assert found.like(found.model_copy(update={"chosen_by": "person"}))


def test_a_file_from_before_does_not_say_who_chose(tmp_path: Path) -> None:
    files = RunFiles(tmp_path)
    old = choose_operating_point(noisy(40, 2), 0.8).model_dump()
    del old["chosen_by"]
    files.operating_point.write_text(json.dumps(old))
    assert "not recorded" in decision_of(files, ("covid", "healthy")).in_words()


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": "much"},
        {"threshold": 1.5},
        {"threshold": float("nan")},
        {"temperature": 0},
        {"not_sure": [0.9, 0.1]},
        {"not_sure": None},
        {"chosen_by": "a dog"},
        {"positive": "viral"},
    ],
    ids=str,
)
def test_a_point_that_makes_no_sense_does_not_count_and_that_is_said(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    files = RunFiles(tmp_path)
    files.operating_point.write_text(
        json.dumps(choose_operating_point(noisy(40, 2), 0.8).model_dump() | change)
    )
    found = decision_of(files, ("covid", "healthy"))
    assert found.rule == "most_probable"
    assert "cannot be used" in found.sentence()


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.7])
def test_a_film_is_never_called_one_class_and_answered_the_other(
    tmp_path: Path, threshold: float
) -> None:
    """Not by a file either in which somebody changed the threshold and left the band."""
    files = RunFiles(tmp_path)
    told = choose_operating_point(noisy(40, 2), 0.8).model_dump()
    told |= {"threshold": threshold, "not_sure": [0.45, 0.55], "temperature": 1.0}
    files.operating_point.write_text(json.dumps(told))
    decision = decision_of(files, ("covid", "healthy"))
    films = made(list(np.linspace(0.02, 0.98, 49)), [])
    called = decision.apply(films).decided
    assert called is not None
    answers = decision.answers(films.probabilities)
    for answered, predicted in zip(answers, called.y_pred, strict=True):
        assert answered in (NOT_SURE, decision.classes[predicted])
    assert {"covid", "healthy", NOT_SURE} == set(answers)
    assert decision.threshold == threshold


def test_what_cannot_be_chosen_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="shows covid"):
        choose_operating_point(made([], [0.1, 0.2]))
    with pytest.raises(InputError, match="anything but covid"):
        choose_operating_point(made([0.9], []))
    with pytest.raises(InputError, match="shows covid"):
        choose_operating_point(made([0.9], [0.1], "test"))
    with pytest.raises(InputError, match="above 0"):
        choose_operating_point(noisy(5, 0), 1.5)
    with pytest.raises(InputError, match="no test films of covid"):
        performance(choose_operating_point(noisy(5, 0)), noisy(5, 0), "test")
    with pytest.raises(NotFoundError):
        decided(RunFiles(tmp_path))


def test_a_target_is_read_under_the_name_of_earlier_versions_too(tmp_path: Path) -> None:
    path = tmp_path / "operating_point.json"
    point = choose_operating_point(noisy(40, 2), 0.8)
    point.save(path)
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept.pop("target_sensitivity") == kept["wanted_sensitivity"] == 0.8
    path.write_text(json.dumps(kept), encoding="utf-8")
    assert OperatingPoint.load_if_readable(path) == point
