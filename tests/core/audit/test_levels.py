"""Leaks, levels and verdicts, where the answer can be counted on paper."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from core.audit import associations, leaks
from core.audit.check_result import CheckResult, after_holm
from core.audit.leak_findings import inflation, of_leaks
from core.audit.leaks import Leaks, find_leaks, near_duplicates, perceptual_hashes
from core.audit.probes import balanced, level_of, why_not
from core.audit.report import Finding, Level
from core.audit.split_inflation import split_inflation
from core.audit.verdict import gravest, judge_findings
from core.evaluation.predictions import Predictions
from tests.core.audit.conftest import CLASSES, Make, pictures


def test_hashes_count_no_brightness_and_half_of_their_bits_are_set() -> None:
    films = pictures(3, np.random.default_rng(2))
    films = np.clip(films, 30, 220)
    codes = perceptual_hashes(films)
    assert codes.shape == (6, 4)
    assert np.bitwise_count(codes).sum(axis=1).tolist() == [127] * 6  # of 255, above their median
    assert (perceptual_hashes(films + 20) == codes).all()


def test_pictures_are_the_same_when_at_most_64_of_256_bits_differ(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    film = pictures(1, np.random.default_rng(2))[:1]
    films = film.repeat(5, axis=0)
    other = (films[0].astype(int) + np.where(np.arange(96) % 32 < 16, 30, -30)).clip(0, 255)
    films[4] = other.astype(np.uint8)
    codes = np.zeros((5, 4), np.uint64)
    codes[1, 0] = codes[2, 0] = np.uint64(2**64 - 1)  # 64 bits
    codes[2, 3] = np.uint64(1)  # one more
    monkeypatch.setattr(leaks, "perceptual_hashes", lambda _: codes)
    train = np.array([0, 4])
    expected = [(1, 0), (3, 0)]  # 4 has the code of 0, but does not correlate with it
    assert near_duplicates(films, np.array([1, 2, 3]), train) == expected
    monkeypatch.setattr(leaks, "_BLOCK", 2)
    assert near_duplicates(films, np.array([1, 2, 3]), train) == expected


def test_pairs_are_as_alike_as_their_pictures_correlate_the_most_alike_first(make: Make) -> None:
    names = [f"p{place}" for place in range(80)]
    names[41], names[45], names[47] = names[1], names[5], names[1]
    material = make(patient=names)
    found = find_leaks(material)
    rows = [
        cv2.resize(one, (64, 64), interpolation=cv2.INTER_AREA).ravel() for one in material.films[:]
    ]
    expected = {
        (f"p{a:04d}", f"p{b:04d}"): round(float(np.corrcoef(rows[a], rows[b])[0, 1]), 4)
        for a, b in ((41, 1), (45, 5), (47, 1))
    }
    told = {(one.test_film, one.train_film): one.likeness for one in found.pairs}
    assert told == pytest.approx(expected, abs=1.1e-4)
    assert all(one == round(one, 4) for one in told.values())
    likeness = [one.likeness for one in found.pairs]
    assert likeness == sorted(likeness, reverse=True)
    assert {one.test_class for one in found.pairs} == {"healthy"}
    assert np.flatnonzero(found.patient).tolist() == [1, 5, 7]


def test_200_pairs_are_kept(make: Make) -> None:
    names = [f"p{place}" for place in range(80)]
    names[0:15] = names[40:55] = ["one"] * 15
    assert len(find_leaks(make(patient=names)).pairs) == 200  # of 225


def leaked(test: int, *which: int) -> Leaks:
    found = np.zeros(test, bool)
    found[list(which)] = True
    return Leaks(found, np.zeros(test, bool), ())


@pytest.mark.parametrize(
    ("count", "level"), [(0, "no_shortcut_found"), (1, "caution"), (19, "caution"),
                         (20, "do_not_believe")]
)  # fmt: skip
def test_leaks_in_half_of_the_test_films_make_it_no_test(
    make: Make, count: int, level: Level
) -> None:
    [shared, alike] = of_leaks(make(), leaked(40, *range(count)))
    assert (shared.value, shared.level) == (count / 40, level)
    assert shared.details == {"films": count, "test_films": 40}
    assert (alike.value, alike.level) == (0, "no_shortcut_found")
    assert alike.interval == pytest.approx((0, 3.8414588 / 43.8414588))  # z² / (n + z²)


def test_inflation_is_newcombes_difference_of_five_films_and_more(make: Make) -> None:
    material = make()
    rows = material.rows("test")
    truth = material.labels[rows]
    said = truth.copy()
    said[5:20] = 1 - truth[5:20]  # 5 of 5 with a leak are right, 20 of 35 without
    predictions = Predictions(
        CLASSES, material.table["film_id"].to_numpy()[rows], np.full(40, "test"), truth,
        np.eye(2)[said],
    )  # fmt: skip
    one = inflation(material, leaked(40, *range(5)), predictions)
    # Wilson: 5 of 5 is 0.5655–1, 20 of 35 is 0.4086–0.7204.
    gap, low, high = 1 - 20 / 35, 1 - 0.565518, 0.720449 - 20 / 35
    assert one.value == pytest.approx(gap)
    up = 20 / 35 - 0.408619
    assert one.interval == pytest.approx((gap - np.hypot(low, high), gap + up), abs=1e-4)
    assert one.level == "no_shortcut_found"
    few = inflation(material, leaked(40, *range(4)), predictions)
    assert few.level == "not_checked"
    assert "4 films with a leak and 36 films without are too few" in few.say("not_checked", 0)[0]
    none = inflation(material, leaked(40), predictions)
    assert "no test film has a leak" in none.say("not_checked", 0)[0]
    many = inflation(material, leaked(40, *range(36)), predictions)
    assert many.level == "not_checked"


def test_balanced_accuracy_counts_classes_alike_and_ties_in_part() -> None:
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]])
    labels = np.array([0, 0, 1, 1, 1, 1])
    value, (low, high), accuracy = balanced(shares, labels, np.arange(6).astype(str))
    assert value == (0.75 + 0.5) / 2  # 1½ of 2, 2 of 4
    assert accuracy == pytest.approx(3.5 / 6)
    assert 0 < low < value < high < 1
    # The same films of two patients a class say less.
    few = balanced(shares, labels, np.array(list("aabbbb")))
    assert few[0] == value
    assert few[1][0] < low


@pytest.mark.parametrize(
    ("value", "low", "level"),
    [
        (0.81, 0.68, "do_not_believe"), (0.79, 0.68, "caution"), (0.81, 0.67, "caution"),
        (0.68, 0.51, "caution"), (0.67, 0.51, "no_shortcut_found"),
        (0.68, 0.5, "no_shortcut_found"), (0.9, 0.5, "no_shortcut_found"),
    ],
)  # fmt: skip
def test_levels_go_by_the_skill_above_guessing(value: float, low: float, level: Level) -> None:
    """Of two classes, a skill of 0.6 is 80 % and one of 0.35 is 67.5 %; of four classes 70 %."""
    assert level_of(value, (low, 1), 0.5) == level
    shift = [0.25 + 0.75 * (one - 0.5) / 0.5 for one in (value, low)]
    if low != 0.5:
        assert level_of(shift[0], (shift[1], 1), 0.25) == level


def test_why_no_classifier_can_be_tried(make: Make) -> None:
    # A perfect classifier has 1 of 924 arrangements of 12 films, 1 of 3,432 of 14.
    few = "12 films to test on are too few to tell anything from chance"
    assert (why_not(make(12)), why_not(make(14))) == (few, "")
    three = make(20, split=lambda table: np.where(table.index < 6, "train", "test"))
    assert why_not(three) == ""
    two = make(20, split=lambda table: np.where(table.index < 5, "train", "test"))
    assert why_not(two) == (
        "there are too few training films of healthy whose patients are kept apart"
    )
    one_sided = make(
        20, split=lambda t: np.where((t.index < 20) | (t["label"] == 1), "train", "test")
    )
    assert why_not(one_sided).startswith("there are too few test films of healthy")


def test_associations_are_strong_from_a_half_and_weak_from_a_fifth(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """J. Cohen, 1988: of Cramér's V, 0.5 is large."""
    told: list[Level] = []
    for v in (0.5, 0.49, 0.2, 0.19):
        monkeypatch.setattr(associations, "association", lambda *_, v=v: (v, (0.1, 0.6), 0.001))
        told.append(associations.associations(make())[0].level)
    assert told == ["do_not_believe", "caution", "caution", "no_shortcut_found"]


def test_five_patients_a_class_can_be_compared_and_four_cannot(make: Make) -> None:
    def known(films: int) -> str:
        keep = lambda table: table["sex"].where(table.index < 2 * films, "unknown")  # noqa: E731
        return next(one for one in associations.associations(make(sex=keep)) if
                    one.check == "class_by_sex").level  # fmt: skip

    assert known(5) == "no_shortcut_found"
    assert known(4) == "not_checked"


def test_a_corrected_p_of_one_in_a_hundred_may_be_chance() -> None:
    def one(p: float | None) -> Finding:
        check = CheckResult("a", "A", 0.7, (0.6, 0.8), "caution", p, lambda *_: ("", ""))
        [found] = after_holm([check])
        return found

    assert one(0.0099).level == "caution"
    assert one(0.01).level == "no_shortcut_found"
    assert one(0.004).details == {"p": 0.004, "p_corrected": 0.004}
    assert (one(None).level, one(None).details) == ("caution", {})


def finding(check: str, level: Level, value: float | None, what: str = "") -> Finding:
    details = {"what": what, "chance": 0.5} if what else {}
    return Finding(check=check, title=check, value=value, interval=(0.4, 0.8), level=level,
                   sentence=".", clause=check if level in ("caution", "do_not_believe") else "",
                   details=details)  # fmt: skip


def test_a_verdict_names_four_reasons_at_most() -> None:
    found = [
        finding("leak", "do_not_believe", 0.7), finding("other", "do_not_believe", 0.8),
        finding("border", "do_not_believe", 0.9, "b"),
        finding("files", "do_not_believe", 0.95, "f"),
        finding("class_by_sex", "do_not_believe", 0.9),
        finding("class_by_view", "do_not_believe", 0.6),
        finding("class_by_age", "caution", 0.3), finding("class_by_source", "caution", 0.3),
    ]  # fmt: skip
    said = "Do not believe this result: {}."
    assert judge_findings(found, test_films=9)[1] == said.format(
        "class_by_source; class_by_age; files; other"
    )
    assert judge_findings(found[:2], test_films=9)[1] == said.format("other")
    assert judge_findings(found[2:6], test_films=9)[1] == said.format(
        "class_by_view; class_by_sex; files"
    )
    # Sex at caution is no reason beside a graver one; age is.
    mild = [finding("class_by_sex", "caution", 0.3), finding("border", "do_not_believe", 0.9, "b")]
    assert judge_findings(mild, test_films=9)[1] == said.format("border")
    assert judge_findings([*mild, found[6]], test_films=9)[1] == said.format("class_by_age; border")


def test_nothing_tried_is_no_clean_bill() -> None:
    untried = [finding("border", "not_checked", None, "b")]
    assert judge_findings(untried, test_films=3)[0] == "caution"
    assert "3 films to test on are too few" in judge_findings(untried, test_films=3)[1]
    assert gravest(untried) == "no_shortcut_found"
    assert gravest([*untried, finding("leak", "caution", 0.1)]) == "caution"
    assert judge_findings(
        [*untried, finding("border", "no_shortcut_found", 0.0, "b")], test_films=3
    )[0] == ("no_shortcut_found")


def test_five_patients_a_class_are_needed_to_deal_films_out_in_five_parts() -> None:
    def people(patients: int) -> CheckResult:
        who = np.repeat(np.arange(2 * patients), 3)
        rng = np.random.default_rng(0)
        looks = rng.normal(0, 3, (2 * patients, 10))[who] + rng.normal(0, 0.1, (len(who), 10))
        return split_inflation(looks, (who % 2).astype(np.int64), who.astype(str), torn=True)

    assert people(4).level == "not_checked"
    five = people(5)
    assert five.value == pytest.approx(five.details["one_by_one"] - five.details["by_patient"])
    assert five.interval is not None
    assert five.interval[0] <= five.value <= five.interval[1]
    # Each film is answered twice, so a share right is a number of half films of 30.
    assert (60 * five.details["one_by_one"]) % 1 == pytest.approx(0, abs=1e-9)
