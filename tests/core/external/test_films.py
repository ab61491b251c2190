"""Which films test a run: nothing it has learnt from, and everything left out has a reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError
from core.evaluation.predictions import Predictions
from core.external.films import ExternalFilms, choose_films
from core.specs import ClassSpec, DatasetSpec
from core.store import Film


def spec(**changes: Any) -> DatasetSpec:
    covid = ClassSpec(name="covid", findings=("COVID-19",), sources=("home",), views=("PA",))
    healthy = ClassSpec(name="healthy", findings=("No finding",))
    return DatasetSpec(name="study", classes=(covid, healthy)).changed(**changes)


def film(number: int, source: str, finding: str, **changes: Any) -> dict[str, Any]:
    return {
        "film_id": f"f{number:02d}",
        "source": source,
        "path": f"/{source}/{number}.png",
        "patient": f"{source}/{number}",
        "finding": finding,
        "view": "PA",
        **changes,
    }


HOME = [film(0, "home", "COVID-19"), film(1, "home", "No finding"), film(2, "home", "No finding")]


def run_on(*splits: str) -> Predictions:
    """What a run says of the films f00, f01 … in these splits."""
    count = len(splits)
    return Predictions(
        ("covid", "healthy"),
        np.array([f"f{number:02d}" for number in range(count)]),
        np.array(splits),
        np.array([0] + [1] * (count - 1)),
        np.full((count, 2), 0.5),
    )


def chosen(rows: list[dict[str, Any]], source: str = "away", **changes: Any) -> ExternalFilms:
    return choose_films(
        pd.DataFrame(HOME + rows), spec(**changes), run_on("train", "validation", "test"), source
    )


def reasons(found: ExternalFilms) -> dict[str, int]:
    return {str(one["reason"]): int(str(one["films"])) for one in found.left_out}


def test_films_are_mapped_by_finding_whatever_source_and_view_the_class_asked_for() -> None:
    found = chosen(
        [
            film(10, "away", "No finding"),
            film(11, "away", "COVID-19", view="AP"),
            film(12, "away", "Pneumonia"),
            film(13, "away", "unknown"),
            film(14, "away", "COVID-19", view="Lateral"),
            film(15, "elsewhere", "COVID-19"),
        ]
    )
    assert found.films["film_id"].tolist() == ["f10", "f11"]
    assert found.films["truth"].tolist() == [1, 0]
    assert {one["finding"]: one["class"] for one in found.mapped} == {
        "No finding": "healthy",
        "COVID-19": "covid",
    }
    assert reasons(found) == {
        "the finding “Pneumonia” belongs to no class of the run": 1,
        "no finding is recorded": 1,
        "a lateral view, and the run knows frontal films only": 1,
    }
    assert not found.learnt_from
    assert not found.warnings


def test_films_and_patients_of_the_training_are_left_out_and_the_source_is_no_stranger() -> None:
    found = chosen(
        [
            film(10, "home", "No finding", patient="home/0"),
            film(11, "home", "No finding", patient="home/1"),
            film(12, "home", "No finding", patient="home/12"),
        ],
        source="home",
    )
    # f02 was in the run's test: never learnt from, and said to be in both columns.
    assert found.films["film_id"].tolist() == ["f02", "f12"]
    assert reasons(found) == {
        "the run has learnt from the film itself": 2,
        "the run has learnt from another film of the patient": 2,
    }
    assert found.learnt_from
    assert "not external to this run: 2 of the 2 films" in found.warnings[0]
    assert any("the run's own test films as well" in one for one in found.warnings)


def test_films_without_a_patient_are_not_one_patient() -> None:
    rows = [film(10, "away", "No finding", patient=""), film(11, "away", "No finding", patient="")]
    home = [{**one, "patient": ""} for one in HOME]
    found = choose_films(
        pd.DataFrame(home + rows), spec(), run_on("train", "train", "test"), "away"
    )
    assert len(found.films) == 2


def test_only_negatives_are_said_to_be_so() -> None:
    found = chosen([film(10, "away", "No finding")])
    assert found.warnings == (
        "away has no covid film that could be used: what needs one has no number there.",
    )


def test_a_finding_that_only_its_source_puts_into_a_class_is_left_out() -> None:
    classes = (
        ClassSpec(name="here", findings=("No finding",), sources=("home",)),
        ClassSpec(name="there", findings=("No finding",), sources=("other",)),
    )
    predictions = run_on("train", "train", "test")
    run = Predictions(
        ("here", "there"),
        predictions.film_ids,
        predictions.split,
        predictions.y_true,
        predictions.probabilities,
    )
    frame = pd.DataFrame([*HOME, film(10, "away", "No finding")])
    found = choose_films(frame, spec(classes=classes), run, "away")
    assert found.films.empty
    assert reasons(found) == {"the finding “No finding” belongs to several classes of the run": 1}


def test_training_films_that_are_gone_cannot_be_checked_and_that_is_said() -> None:
    frame = pd.DataFrame([*HOME[1:], film(10, "away", "No finding"), film(11, "away", "COVID-19")])
    found = choose_films(frame, spec(), run_on("train", "train", "test"), "away")
    assert "1 films that the run learnt from are no longer" in found.warnings[0]


def test_another_source_or_another_data_set_is_refused() -> None:
    with pytest.raises(InputError, match=r"no films of a source “nowhere”\. There are: home"):
        chosen([], source="nowhere")
    other = spec().classes[0].changed(name="sick")
    with pytest.raises(InputError, match="has other classes now"):
        chosen([], source="home", classes=(other, spec().classes[1]))


def test_of_unknown_patients_of_a_source_that_was_learnt_from_it_says_so() -> None:
    home = [film(10, "home", "No finding", patient=""), film(11, "home", "No finding", patient="")]
    found = chosen(home, "home")
    assert any("Nobody knows the patients of 2 of the films" in one for one in found.warnings)


def test_nobody_calls_films_drawn_that_the_run_learnt_from_elsewhere() -> None:
    rows = pd.DataFrame([film(10, "away", "No finding"), film(11, "phantoms", "No finding")])
    run = run_on("train", "validation", "test")

    def drawn(source: str, was_artificial: bool | None) -> bool:
        found = choose_films(
            rows, spec(), run, source, ("phantoms",), was_artificial=was_artificial
        )
        return any("Artificial films are tested" in one for one in found.warnings)

    assert [drawn("away", one) for one in (None, False, True)] == [False, False, True]
    assert [drawn("phantoms", one) for one in (None, False, True)] == [False, True, False]


def test_a_film_that_was_set_apart_since_has_been_learnt_from_all_the_same() -> None:
    apart = {
        "f00": Film("f00", "home", "/home/0.png", "home/0", "COVID-19", view="Lateral"),
        "f02": Film("f02", "home", "/home/2.png", "home/2", "No finding"),
    }
    rows = [HOME[1], film(10, "home", "COVID-19", patient="home/0"),
            film(11, "home", "No finding", view="Lateral")]  # fmt: skip
    found = choose_films(
        pd.DataFrame(rows),
        spec(),
        run_on("train", "validation", "test"),
        "home",
        look_up=lambda film_ids: [apart[one] for one in film_ids if one in apart],
    )
    assert found.films["film_id"].tolist() == ["f11"]
    assert reasons(found)["the run has learnt from another film of the patient"] == 1
    assert "2 of the 2 films that it learnt from come from there" in found.warnings[0]
    assert not any("no longer in the catalogue" in one for one in found.warnings)
