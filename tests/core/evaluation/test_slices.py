"""Slices against counts by hand, and their differences against statsmodels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from core.evaluation.predictions import Decided, Predictions
from core.evaluation.slice_sentences import slice_name, slice_sentences
from core.evaluation.slices import Slices, slices
from core.store import Film


@dataclass(frozen=True)
class Some:
    """So many films that are alike, each of a patient of its own unless they share ``patients``."""

    films: int
    truth: int  # index of the class
    called: int
    sex: str = "unknown"
    source: str = "North"
    view: str = "PA"
    age: float | None = None
    patients: int = 0


def sliced(parts: Sequence[Some], classes: Sequence[str] = ("covid", "healthy")) -> Slices:
    predictions, films, patients = material(parts, classes)
    return slices(predictions, films, patients)


def material(
    parts: Sequence[Some], classes: Sequence[str] = ("covid", "healthy")
) -> tuple[Predictions, dict[str, Film], dict[str, str]]:
    rows = [(place, one) for place, one in enumerate(parts) for _ in range(one.films)]
    ids = [f"{number:032x}" for number in range(len(rows))]
    called = np.array([one.called for _, one in rows])
    shares = np.where(np.eye(len(classes), dtype=bool)[called], 0.8, 0.2 / (len(classes) - 1))
    truth = np.array([one.truth for _, one in rows])
    predictions = Predictions(tuple(classes), ids, ["test"] * len(rows), truth, shares)
    patients = {
        film: f"part {place} patient {number % one.patients if one.patients else number}"
        for number, (film, (place, one)) in enumerate(zip(ids, rows, strict=True))
    }
    films = {
        film: Film(film, one.source, "x.png", patients[film], "x", view=one.view, sex=one.sex,
                   age=one.age)
        for film, (_, one) in zip(ids, rows, strict=True)
    }  # fmt: skip
    return predictions, films, patients


# 12 of 20 covid films of women found, 19 of 20 of men; 19 and 20 of 20 healthy ones let be.
SEXES = (
    Some(12, 0, 0, "F"), Some(8, 0, 1, "F"), Some(19, 0, 0, "M"), Some(1, 0, 1, "M"),
    Some(19, 1, 1, "F"), Some(1, 1, 0, "F"), Some(20, 1, 1, "M"),
)  # fmt: skip


def test_each_group_is_counted_and_the_worst_is_named() -> None:
    found = sliced(SEXES)
    told = {(one.aspect, one.value): one for one in found.rows}
    assert list(told) == [("source", "North"), ("view", "PA"), ("sex", "F"), ("sex", "M"),
                          ("age", "unknown")]  # fmt: skip
    women = told["sex", "F"]
    assert (women.films, women.patients) == (40, 40)
    assert women.sensitivity is not None
    assert women.specificity is not None
    assert (women.sensitivity.right.successes, women.sensitivity.right.trials) == (12, 20)
    assert (women.specificity.right.successes, women.specificity.right.trials) == (19, 20)
    assert women.sensitivity.right.interval == pytest.approx((0.386582, 0.781193), abs=1e-6)
    assert found.overall == pytest.approx({"sensitivity": 31 / 40, "specificity": 39 / 40})
    lowest, other = found.lowest
    assert (lowest.measure, lowest.group, lowest.compared) == ("sensitivity", women, 2)
    assert lowest.difference == pytest.approx(0.35)
    expected = confint_proportions_2indep(19, 20, 12, 20, method="newcomb")
    assert lowest.interval == pytest.approx(expected)
    assert confint_proportions_2indep(19, 20, 12, 20, method="newcomb", alpha=0.025)[0] > 0
    assert (lowest.clear, other.clear) == (True, False)
    assert slice_sentences(found)[:2] == (
        "Sensitivity is lowest in women: 12 of 20 covid films are found (60.0 %, between 38.7 and "
        "78.1 %); of the others, 19 of 20 (95.0 %). That is more than chance explains, even with 2 "
        "comparisons made here.",
        "Specificity is lowest in women: 19 of 20 healthy films are rightly not called covid "
        "(95.0 %, between 76.4 and 99.1 %); of the others, 20 of 20 (100.0 %). With so few "
        "patients, and 2 comparisons made here, that can be chance.",
    )
    assert slice_sentences(found)[2:] == (
        "By source, nothing can be compared: all films are from North.",
        "By view, nothing can be compared: all films are PA views.",
        "By age, nothing can be compared: no film has a recorded age.",
    )


def test_films_of_one_patient_are_no_more_than_a_patient() -> None:
    """The same counts of films, those of women of seven patients: what was clear is not."""
    shared = [replace(one, patients=7) if one.sex == "F" else one for one in SEXES]
    # Women's found and missed films are of the same seven people.
    predictions, films, patients = material(shared)
    patients = {film: f"{films[film].sex} {films[film].patient[-1]}" if films[film].sex == "F"
                else one for film, one in patients.items()}  # fmt: skip
    lowest = slices(predictions, films, patients).lowest[0]
    assert lowest.share.patients == 7
    assert lowest.share.right.trials == 20
    assert not lowest.clear
    expected = confint_proportions_2indep(19, 20, 0.6 * 7, 7, method="newcomb")
    assert lowest.interval == pytest.approx(expected)
    few = {film: "F 1" if films[film].sex == "F" else one for film, one in patients.items()}
    alone = slices(predictions, films, few)
    assert (alone.lowest, alone.comparable) == ((), frozenset())
    assert slice_sentences(alone)[0] == (
        "No group is large enough to be compared: that takes 5 patients in it, and 5 outside."
    )


def test_the_more_groups_are_looked_at_the_more_it_takes() -> None:
    """28 of 40 against 37 of 40 is clear alone, and not among many."""
    films = [
        Some(28, 0, 0, "F"), Some(12, 0, 1, "F"), Some(37, 0, 0, "M"), Some(3, 0, 1, "M"),
    ]  # fmt: skip
    alone = sliced(films).lowest[0]
    assert (alone.compared, alone.clear) == (1, True)
    by_age = [
        replace(one, films=one.films // 4 + (place < one.films % 4), age=age)
        for one in films
        for place, age in enumerate((10.0, 30.0, 50.0, 70.0))
    ]
    among = sliced(by_age).lowest[0]
    assert among.compared == 5, "four ages, and one of two sexes"
    assert (among.group.value, among.clear) == ("F", False)
    low, _ = among.interval
    assert low > 0, "its 95 % interval alone would have said so"
    assert confint_proportions_2indep(37, 40, 28, 40, method="newcomb", alpha=0.01)[0] < 0


def test_what_stands_for_one_class_only_cannot_be_compared() -> None:
    found = sliced(
        [Some(20, 0, 0, source="North", age=50.0), Some(20, 1, 1, source="South", view="unknown")]
    )
    assert found.lowest == ()
    assert slice_sentences(found) == (
        "No group is large enough to be compared: that takes 5 patients in it, and 5 outside.",
        "By source, nothing can be compared: all covid films are from North; all healthy films "
        "are from South.",
        "By view, nothing can be compared: all covid films are PA views; no healthy film has a "
        "recorded view.",
        "By sex, nothing can be compared: no film has a recorded sex.",
        "By age, nothing can be compared: all covid films are of people of 40–59 years; no "
        "healthy film has a recorded age.",
    )


def test_where_no_group_is_worse_that_is_said() -> None:
    halves = [Some(10, 0, 0, "F"), Some(10, 0, 0, "M")]
    assert slice_sentences(sliced(halves))[0] == (
        "In every group that can be compared, all covid films are found."
    )
    missed = [*halves, Some(10, 0, 1, "F"), Some(10, 0, 1, "M")]
    assert slice_sentences(sliced(missed))[0] == (
        "In no group that is large enough is sensitivity lower than outside it."
    )
    assert "there are no healthy films" in slice_sentences(sliced(missed))[-1]


def test_of_several_classes_the_others_are_one() -> None:
    found = sliced(
        [Some(6, 0, 0, "F"), Some(6, 1, 2, "F"), Some(6, 2, 0, "M"), Some(6, 0, 1, "M")],
        ("covid", "viral", "healthy"),
    )
    women, men = (one for one in found.rows if one.aspect == "sex")
    assert women.specificity is not None
    assert women.specificity.right.value == 1, "viral called healthy is not called covid"
    assert men.specificity is not None
    assert men.specificity.right.value == 0
    assert "0 of 6 other films are rightly not called covid" in slice_sentences(found)[1]


def test_films_are_called_as_the_run_decides() -> None:
    predictions, films, patients = material(SEXES)
    other = np.ones(len(predictions), dtype=np.int64)
    as_decided = Decided(other, np.zeros(len(predictions), bool), 0.9, "covid from 90 % on")
    found = slices(replace(predictions, decided=as_decided), films, patients)
    assert found.overall == {"sensitivity": 0, "specificity": 1}


def test_films_that_are_not_here_stand_in_no_group() -> None:
    predictions, films, patients = material(SEXES)
    first = str(predictions.film_ids[0])
    found = slices(
        predictions, {one: film for one, film in films.items() if one != first}, patients
    )
    assert found.missing == 1
    assert sum(one.films for one in found.rows if one.aspect == "sex") == 79
    assert slice_sentences(found)[-1] == (
        "1 film of the 80 is not in this data folder, and stands in no group."
    )
    none = slices(predictions, {}, patients)
    assert none.rows == ()
    assert slice_sentences(none) == (
        "The films that this run was tested on are not in this data folder, and so neither is "
        "what is recorded of them.",
    )


@pytest.mark.parametrize(
    ("aspect", "value", "name"),
    [("sex", "F", "women"), ("sex", "unknown", "not recorded"), ("age", "0–17", "0–17 years"),
     ("view", "AP", "AP"), ("source", "women", "women")],
)  # fmt: skip
def test_groups_are_called_by_words(aspect: str, value: str, name: str) -> None:
    assert slice_name(aspect, value) == name
