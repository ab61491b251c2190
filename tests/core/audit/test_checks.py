"""The checks on films alone: what is planted is named, what is not planted is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.audit.audit_data import AuditData
from core.audit.audit_sentences import probe_sentence
from core.audit.check_result import after_holm
from core.audit.checks import data_checks
from core.audit.lungs import SIDE, find_lungs, typical_lungs
from core.audit.network_sentences import heat_sentence, untrained_sentence
from core.audit.report import Finding, Level
from core.audit.verdict import judge_findings
from tests.core.audit.conftest import Make, pictures


def findings(material: AuditData) -> dict[str, Finding]:
    return {one.check: one for one in after_holm(data_checks(material)[0])}


def by_class(covid: Any, healthy: Any) -> object:
    return lambda table: np.where(table["label"] == 0, covid, healthy)


def test_nothing_is_found_where_nothing_is(make: Make) -> None:
    material = make()
    found = findings(material)
    assert {one.level for one in found.values()} == {"no_shortcut_found"}
    verdict, sentence = judge_findings(list(found.values()), test_films=40)
    assert verdict == "no_shortcut_found"
    assert "on 40 test films a weak shortcut can still hide" in sentence


def test_a_source_for_each_class_is_the_worst_case(make: Make) -> None:
    found = findings(make(source=by_class("north", "south")))
    one = found["class_by_source"]
    assert one.level == "do_not_believe"
    assert "which is the worst case: all 40 covid films from north" in one.sentence
    assert one.value == pytest.approx(1, abs=0.03)
    verdict, sentence = judge_findings(list(found.values()), test_films=40)
    assert verdict == "do_not_believe"
    assert "each class comes from a source of its own" in sentence


def test_ages_that_only_the_publisher_tells_count(make: Make) -> None:
    """Kaggle's films state no age; its publisher says that all show small children."""
    found = findings(
        make(
            layout=by_class("ieee8023", "kaggle"),
            age=lambda table: np.where(table["label"] == 0, table["age"], np.nan),
        )
    )
    one = found["class_by_age"]
    assert one.level == "do_not_believe"
    assert "100 % of the healthy films whose age is known but none of the covid" in one.sentence
    assert "Kermany" in one.sentence


def test_an_age_that_only_one_class_states_is_said(make: Make) -> None:
    one = findings(make(age=lambda table: np.where(table["label"] == 0, table["age"], np.nan)))
    age = one["class_by_age"]
    assert age.level == "caution"
    assert "100 % of the covid films and 0 % of the healthy films" in age.sentence


def test_an_age_that_nobody_states_is_no_reason(make: Make) -> None:
    age = findings(make(age=np.nan))["class_by_age"]
    assert (age.level, age.value, age.clause) == ("not_checked", None, "")


def test_file_sizes_that_tell_the_classes_apart_are_found(make: Make) -> None:
    found = findings(make(width=by_class(1024, 900)))
    assert found["file_facts"].level == "do_not_believe"
    assert found["file_facts"].value == 1
    assert found["grey_levels"].level == "no_shortcut_found"


@pytest.mark.parametrize("planted", ["border", "corner", "brightness"])
def test_what_differs_beside_the_lungs_is_found(make: Make, planted: str) -> None:
    films = pictures(40, np.random.default_rng(5))
    covid = films[::2]
    if planted == "border":
        covid[:, :3] = 0
    elif planted == "corner":
        covid[:, 4:12, 82:90] = 250
    else:
        covid[:] = np.clip(covid.astype(int) + 40, 0, 255)
    found = findings(make(films=films))
    seen = [found[one] for one in ("grey_levels", "middle_blacked_out", "border_only")]
    assert any(one.level == "do_not_believe" for one in seen)
    assert found["file_facts"].level == "no_shortcut_found"


def test_what_differs_in_the_lungs_alone_is_no_shortcut(make: Make) -> None:
    """Disease shows in the lungs: no check for the verdict may see it."""
    films = pictures(40, np.random.default_rng(5))
    films[::2, 35:55, 22:36] = 200
    films[::2, 35:55, 60:74] = 200
    found = findings(make(films=films))
    assert not [one.check for one in found.values() if one.clause]


@pytest.mark.parametrize(
    ("p", "told"),
    [
        (0.002, "That is no chance (p = 0.002), but too little to explain a good result."),
        (0.05, "that little may be chance (p = 0.050"),
    ],
)
def test_a_classifier_that_gets_a_little_right_is_told_by_its_p(p: float, told: str) -> None:
    sentence, clause = probe_sentence(
        "the border", 0.62, (0.55, 0.69), p, test=160, chance=0.5, level="no_shortcut_found"
    )
    assert told in sentence
    assert not clause


@pytest.mark.parametrize(
    ("more", "easy", "level", "told"),
    [
        (True, True, "no_shortcut_found", "the run learnt more than that"),
        (False, False, "no_shortcut_found", "not shown to have learnt more, and neither"),
        (False, True, "no_shortcut_found", "nothing says that a shortcut makes it so"),
        (False, True, "do_not_believe", "the run shows no more than that"),
    ],
)
def test_a_network_that_never_learnt_is_held_against_the_run(
    more: bool, easy: bool, level: Level, told: str
) -> None:
    sentence, clause = untrained_sentence(
        "VGG16", 0.6, (0.5, 0.7), 0.62, 80, 0.4, more=more, easy=easy, level=level
    )
    assert told in sentence
    assert bool(clause) == (level != "no_shortcut_found")


@pytest.mark.parametrize(
    ("own", "told"), [(0, "found by"), (3, "masks of 3 of 8 films"), (8, "each film's own mask")]
)
def test_it_is_told_whose_lungs_the_heat_was_held_against(own: int, told: str) -> None:
    details = dict.fromkeys(
        ("lungs", "lungs_area", "edges", "edges_area", "random_lungs", "random_edges"), 0.3
    )
    known = {**details, "own_masks": own, "films": 8}
    assert told in heat_sentence(known, (0.2, 0.4), "no_shortcut_found")[0]


def test_too_few_test_films_are_no_clean_bill(make: Make) -> None:
    found = findings(make(4, width=by_class(1024, 900)))
    assert found["file_facts"].level == "not_checked"
    verdict, sentence = judge_findings(list(found.values()), test_films=4)
    assert verdict == "caution"
    assert "could not be audited" in sentence


def test_probes_learn_nothing_from_the_patients_they_are_tried_on(make: Make) -> None:
    material = make(patient=lambda table: pd.Series([f"p{i % 40}" for i in range(80)]))
    assert len(material.apart()) == 0
    found = findings(material)
    assert found["grey_levels"].level == "not_checked"
    assert found["shared_patients"].value == 1
    assert found["shared_patients"].level == "do_not_believe"


def test_unknown_patients_are_a_finding_and_never_a_flat_none(make: Make) -> None:
    """Half of the films are of nobody known: no test film is said to be of a new patient."""
    some = make(patient=lambda table: table["patient"].where(table.index % 4 < 2, ""))
    found = findings(some)
    unknown, shared = found["unknown_patients"], found["shared_patients"]
    assert (unknown.value, unknown.level) == (0.5, "caution")
    assert "obody knows the patients of 40 of the 80 films" in unknown.sentence
    assert (shared.value, shared.level) == (None, "not_checked")
    assert "cannot be known" in shared.sentence
    verdict, sentence = judge_findings(list(found.values()), test_films=40)
    assert verdict != "no_shortcut_found"
    assert "nobody knows the patients" in sentence
    assert found["grey_levels"].value is not None  # they are not one patient either


def test_known_patients_are_no_finding(make: Make) -> None:
    found = findings(make())
    assert "unknown_patients" not in found
    assert found["shared_patients"].value == 0


def test_dark_lungs_are_found_and_a_blank_film_gets_typical_ones() -> None:
    film = pictures(1, np.random.default_rng(0))[0]
    assert 0.15 < find_lungs(film).mean() < 0.4
    blank = np.full((SIDE, SIDE), 120, np.uint8)
    np.testing.assert_array_equal(find_lungs(blank), typical_lungs())
