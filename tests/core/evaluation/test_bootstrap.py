"""Intervals over patients: against scikit-learn, by hand, and by how often they are right."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from core.errors import InputError
from core.evaluation.bootstrap import (
    bootstrap_intervals,
    cluster_bootstrap,
    difference_interval,
    on_common,
    paired_cluster_bootstrap,
    patients_of,
    resampling_words,
)
from core.evaluation.metrics import evaluate
from core.evaluation.paired import pair
from core.evaluation.predictions import Predictions
from core.evaluation.uncertainty import all_intervals


def made(score: np.ndarray, truth: np.ndarray) -> Predictions:
    count = len(truth)
    return Predictions(
        ("covid", "healthy"),
        np.array([f"f{number}" for number in range(count)]),
        np.array(["test"] * count),
        truth,
        np.column_stack([score, 1 - score]),
    )


def clustered(seed: int, people: int = 60, each: int = 3) -> tuple[Predictions, np.ndarray]:
    """Films of people, each with a mood of its own that all of their films share."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), each)
    truth = person % 2
    logit = (
        1.2 * (1 - 2 * truth) + rng.normal(0, 1, people)[person] + rng.normal(0, 0.6, len(person))
    )
    # Rounded, so that there are ties.
    return made(np.round(1 / (1 + np.exp(-logit)), 2), truth), person.astype(str)


def accuracy(films: Predictions) -> float | None:
    return float((films.probabilities.argmax(axis=1) == films.y_true).mean())


def test_all_draws_at_once_give_what_scikit_learn_gives_draw_by_draw() -> None:
    films, patients = clustered(0)
    quick = bootstrap_intervals(films, patients, draws=150)
    sick = 0

    def area(some: Predictions) -> float:
        return float(roc_auc_score(some.y_true == sick, some.probabilities[:, 0]))

    def precision(some: Predictions) -> float:
        return float(average_precision_score(some.y_true == sick, some.probabilities[:, 0]))

    def f1(some: Predictions) -> float:
        called = some.probabilities.argmax(axis=1)
        return float(f1_score(some.y_true == sick, called == sick))

    slow = {"roc_auc": area, "average_precision": precision, "f1": f1, "accuracy": accuracy}
    assert set(quick) == set(slow)
    for name, statistic in slow.items():
        found = cluster_bootstrap(statistic, films, patients, draws=150)
        assert quick[name] == pytest.approx(found, abs=1e-6), name


def test_patients_are_drawn_and_not_films() -> None:
    films, patients = clustered(1, people=40, each=5)
    alone = np.arange(len(films)).astype(str)
    by_patient = bootstrap_intervals(films, patients)["roc_auc"]
    by_film = bootstrap_intervals(films, alone)["roc_auc"]
    assert by_patient
    assert by_film
    assert by_patient[1] - by_patient[0] > 1.4 * (by_film[1] - by_film[0])


def test_the_interval_holds_the_true_accuracy_about_as_often_as_it_says() -> None:
    # 1.2 against a deviate of sqrt(1 + 0.36): Φ(1.2 / 1.166) of all films are right.
    true, covered = 0.8483, 0
    for seed in range(200):
        ends = bootstrap_intervals(*clustered(seed + 100), draws=300)["accuracy"]
        assert ends
        covered += ends[0] <= true <= ends[1]
    assert 0.89 <= covered / 200 <= 0.99


def test_a_pair_on_the_same_patients_is_surer_than_two_runs_apart() -> None:
    first, patients = clustered(2)
    rng = np.random.default_rng(9)
    moved = np.clip(first.probabilities[:, 0] + rng.normal(-0.05, 0.08, len(first)), 0, 1)
    second = made(moved, first.y_true)
    paired = paired_cluster_bootstrap(accuracy, first, second, patients, draws=200)
    assert paired == pytest.approx(difference_interval(first, second, patients, draws=200))
    alone = bootstrap_intervals(first, patients, draws=200)["accuracy"]
    assert paired
    assert alone
    assert paired[1] - paired[0] < alone[1] - alone[0]
    again = difference_interval(first, second, patients, draws=200)
    assert again == difference_interval(first, second, patients, draws=200)
    assert difference_interval(second, first, patients, draws=200) == pytest.approx(
        (-paired[1], -paired[0])
    )


def test_where_resampling_cannot_tell_there_is_no_interval() -> None:
    films, patients = clustered(3)
    assert cluster_bootstrap(accuracy, films, np.array(["one"] * len(films))) is None
    assert cluster_bootstrap(lambda _: 1.0, films, patients, draws=50) is None
    assert cluster_bootstrap(lambda _: None, films, patients, draws=50) is None
    assert difference_interval(films, films, patients) is None
    with pytest.raises(InputError, match="need 180 patients"):
        cluster_bootstrap(accuracy, films, patients[:-1])
    with pytest.raises(InputError, match="same films"):
        paired_cluster_bootstrap(accuracy, films, films.take(np.arange(5)), patients)


def test_a_perfect_run_still_has_intervals() -> None:
    films = made(np.repeat([0.9, 0.1], 40), np.repeat([0, 1], 40))
    found = all_intervals(evaluate(films), films, np.arange(80).astype(str))
    rounded = {name: ends and round(100 * ends[0], 1) for name, ends in found.items()}
    assert rounded == {
        "accuracy": 95.4,
        "sensitivity": 91.2,
        "specificity": 91.2,
        "precision covid": 91.2,
        "recall covid": 91.2,
        "precision healthy": 91.2,
        "recall healthy": 91.2,
        "f1": 95.4,
        "roc_auc": 95.0,
        "average_precision": None,
    }
    # The same 80 films of 20 patients say less.
    few = all_intervals(evaluate(films), films, (np.arange(80) // 4).astype(str))
    assert few["roc_auc"][0] < found["roc_auc"][0]


def test_films_of_one_class_have_no_area_and_no_interval_for_it() -> None:
    films = made(np.array([0.9, 0.8, 0.3]), np.zeros(3, int))
    found = all_intervals(evaluate(films), films, np.arange(3).astype(str))
    assert found["roc_auc"] is found["average_precision"] is found["specificity"] is None


def test_common_films_stand_in_the_same_order() -> None:
    films, _ = clustered(4, people=6, each=1)
    turned = films.take(np.array([5, 3, 1]))
    first, second = on_common(films, turned)
    assert first.film_ids.tolist() == second.film_ids.tolist() == ["f1", "f3", "f5"]
    assert len(on_common(films.take(np.array([0])), turned)[0]) == 0


def test_a_film_that_has_left_the_catalogue_is_a_patient_of_its_own() -> None:
    films, _ = clustered(4, people=4, each=1)
    known = patients_of(films, {"f0": "ann", "f1": "ann", "f2": ""})
    assert known.tolist() == ["ann", "ann", "film f2", "film f3"]


def test_intervals_say_where_patients_are_unknown() -> None:
    films, _ = clustered(4, people=4, each=1)
    all_known = dict.fromkeys(films.film_ids.tolist(), "ann")
    assert resampling_words(films, all_known) == ""
    assert "patients of 1 of these 4 films" in resampling_words(films, all_known | {"f2": ""})
    assert "patients of these films" in resampling_words(films, {})


def compared(first_wrong: int, second_wrong: int, each: int = 1) -> str:
    """The sentence for two runs on 80 films that err on different ones."""
    truth = np.repeat([0, 1], 40)
    right = np.where(truth == 0, 0.9, 0.1)
    one, other = right.copy(), right.copy()
    one[:first_wrong] = 1 - one[:first_wrong]
    other[40 : 40 + second_wrong] = 1 - other[40 : 40 + second_wrong]
    patients = {f"f{number}": str(number // each) for number in range(80)}
    first, second = made(one, truth), made(other, truth)
    return pair("a", "b", first, second, None, patients).sentence("A", "B")


def test_what_two_runs_differ_by_is_said_plainly() -> None:
    assert compared(0, 6) == (
        "A is better than B on these 80 films, and chance alone hardly explains it."
    )
    assert compared(0, 0) == (
        "A and B cannot be told apart on 80 films; 6 more errors of one of them would be needed."
    )
    assert compared(5, 2) == (
        "A and B cannot be told apart on 80 films; 5 more errors of A would be needed."
    )
    assert "they come from few patients" in compared(0, 8, each=8)
    few = made(np.array([0.9, 0.1]), np.array([0, 1]))
    assert "too few to tell any two" in pair("a", "b", few, few).sentence("A", "B")
