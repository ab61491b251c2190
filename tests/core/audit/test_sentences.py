"""Every sentence of an audit as docs/audit.md has it, with numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from core import text
from core.audit import audit_sentences, network_sentences
from core.audit.report import Level

HALF = (0.4, 0.6)
APART = {"covid": {"north": 30, "south": 0}, "healthy": {"north": 0, "south": 10}}


def association(name: str, counts: dict[str, dict[str, int]], **changes: Any) -> tuple[str, str]:
    told = {"apart": False, "published": [], "level": "do_not_believe"} | changes
    return audit_sentences.association_sentence(
        name, counts, 0.555, (0.1234, 0.789), 0.0042, **told
    )


def test_a_p_is_told_to_three_digits() -> None:
    p_value = text.p_value
    assert (p_value(0.00099), p_value(0.001)) == ("p < 0.001", "p = 0.001")


def test_a_source_for_each_class() -> None:
    sentence, clause = association("source", APART, apart=True)
    assert clause == (
        "each class comes from a source of its own (all 30 covid films from north and all 10 "
        "healthy films from south)"
    )
    assert sentence == (
        "Each class comes from one source, which is the worst case: all 30 covid films from north "
        "and all 10 healthy films from south (Cramér's V 0.56, 0.12–0.79; p = 0.004). Whatever "
        "differs between the sources tells the classes apart."
    )
    # A view of each class's own is told as a difference: it is no source.
    views = {"covid": {"AP": 30}, "healthy": {"PA": 10}}
    assert association("view", views, apart=True)[1].startswith("by view, 100 % of the healthy")


def test_values_that_differ_are_told_from_the_class_that_has_more() -> None:
    counts = {"covid": {"F": 10, "M": 30, "unknown": 60}, "healthy": {"F": 30, "M": 10}}
    sentence, clause = association("sex", counts)
    told = "by sex, 75 % of the covid films whose sex is known but 25 % of the healthy films"
    assert clause == f"{told} show men (Cramér's V 0.56 of 1)"
    assert sentence == (f"B{told[1:]} show men (Cramér's V 0.56, 0.12–0.79; p = 0.004).")
    women = {"covid": {"F": 9, "M": 1}, "healthy": {"F": 10, "M": 90}, "viral": {"F": 1, "M": 9}}
    # 90 % against 10 % twice: the first two classes and “M” are told, by name.
    assert association("sex", women)[1].startswith(
        "by sex, 90 % of the healthy films whose sex is known but 10 % of the covid films show men"
    )
    published = ["children (Kermany)", "adults (Cohen)"]
    ages = {"covid": {"60–79": 4, "0–17": 0}, "healthy": {"60–79": 0, "0–17": 5}}
    sentence, clause = association("age", ages, published=published)
    assert clause.endswith(
        "100 % of the covid films whose age is known but none of the healthy films show patients "
        "aged 60–79 (Cramér's V 0.56 of 1, partly as their publisher says)"
    )
    assert sentence.endswith(
        " Where films do not say, their publisher does: children (Kermany); adults (Cohen)."
    )
    sources = {"covid": {"north": 3, "south": 1}, "healthy": {"north": 1, "south": 3}}
    assert association("source", sources)[1] == (
        "by source, 75 % of the healthy films but 25 % of the covid films come from south "
        "(Cramér's V 0.56 of 1)"
    )


def test_values_that_do_not_differ_speak_against_nothing() -> None:
    same = {"covid": {"AP": 3, "unknown": 2, "PA": 0}, "healthy": {"AP": 5, "PA": 0}}
    assert association("view", same) == ("All films have the same view, AP.", "")
    told = association("source", APART, level="no_shortcut_found", apart=True, published=["So"])
    assert told == (
        "The classes hardly differ in source (Cramér's V 0.56, 0.12–0.79; p = 0.004). Where films "
        "do not say, their publisher does: So.",
        "",
    )


def test_what_is_recorded_of_too_few() -> None:
    shares = {"covid": 1.0, "healthy": 0.25}
    assert audit_sentences.not_recorded_sentence("age", shares) == (
        "The age is recorded for too few films (100 % of covid and 25 % of healthy), so whether "
        "the classes differ in it cannot be checked."
    )
    clause = (
        "the age is recorded for 100 % of the covid films and 25 % of the healthy films, so a "
        "difference in age cannot be ruled out"
    )
    assert audit_sentences.recorded_for_one_sentence("age", shares, 0.734) == (
        f"T{clause[1:]}. That alone goes with the class (Cramér's V 0.73): look at what the "
        "sources say of their patients.",
        clause,
    )


@pytest.mark.parametrize(
    ("level", "low", "p", "rest", "clause"),
    [
        ("caution", 0.6, 0.0002, "; guessing gives 50 % (p < 0.001).", True),
        ("no_shortcut_found", 0.5, 0.0002, ": no better than guessing (guessing gives 50 %).",
         False),
        ("no_shortcut_found", 0.51, 0.0099, "; guessing gives 50 %. That is no chance (p = 0.010),"
         " but too little to explain a good result.", False),
        ("no_shortcut_found", 0.51, 0.01, "; guessing gives 50 %. When so many things are tried, "
         "that little may be chance (p = 0.010, the number of checks allowed for).", False),
    ],
)  # fmt: skip
def test_a_classifier_without_lungs(
    level: Level, low: float, p: float, rest: str, clause: bool
) -> None:
    told = audit_sentences.probe_sentence(
        "the border", 0.7, (low, 0.8), p, test=40, chance=0.5, level=level
    )
    got = f"70 % ({100 * low:.0f}–80 %)"
    assert told == (
        f"A classifier that sees only the border gets {got} of 40 test films right, the classes "
        f"counted alike{rest}",
        f"a classifier that sees only the border gets {got} right" if clause else "",
    )


def test_what_could_not_be_measured() -> None:
    assert audit_sentences.probe_missing_sentence("the border", "too few") == (
        "What a classifier gets that sees only the border could not be measured: too few."
    )
    assert audit_sentences.no_inflation_sentence("no test film has a leak") == (
        "By how much leaks flatter the result cannot be told: no test film has a leak."
    )
    assert network_sentences.network_missing_sentence("It is gone.") == (
        "This could not be checked: It is gone."
    )
    assert audit_sentences.no_shared_patients_known_sentence().startswith(
        "Whether a patient has films both in"
    )
    assert network_sentences.no_split_inflation_sentence().startswith(
        "What tearing patients apart is worth"
    )


def test_the_verdicts() -> None:
    assert (
        audit_sentences.verdict_sentence("do_not_believe", ["a", "b"])
        == "Do not believe this result: a; b."
    )
    assert audit_sentences.verdict_sentence("caution", ["a"]) == "Be careful with this result: a."
    assert audit_sentences.verdict_clean_sentence(5, "borders", 0.55, (0.45, 0.65), 0.5, 80) == (
        "No shortcut was found: of 5 classifiers that never saw the lungs, the best (it saw "
        "borders) gets 55 % (45–65 %) right where guessing gives 50 %; on 80 test films a weak "
        "shortcut can still hide."
    )
    assert audit_sentences.nothing_checked_sentence(1) == (
        "Be careful with this result: 1 film to test on are too few to tell a shortcut from "
        "chance, so it could not be audited."
    )


def test_leaks() -> None:
    assert audit_sentences.unknown_patients_sentence(3, 1200) == (
        "Nobody knows the patients of 3 of the 1,200 films, so some may be in training and in "
        "test: no split can keep apart what is not known.",
        "nobody knows the patients of 3 of the 1,200 films, so some may be in training and in test",
    )
    assert "the patients of the films, so" in audit_sentences.unknown_patients_sentence(7, 7)[1]
    assert audit_sentences.shared_patients_sentence(0, 40, HALF) == (
        "No patient has films both in training and among the 40 test films.", "",
    )  # fmt: skip
    clause = "25 % of the test films (10 of 40) show a patient who is in training too"
    assert audit_sentences.shared_patients_sentence(10, 40, HALF) == (
        f"{clause} (40–60 %): recognising the patient is enough there.", clause,
    )  # fmt: skip
    assert audit_sentences.near_duplicates_sentence(0, 40, HALF) == (
        "None of the 40 test films is nearly the same picture as a training film.", "",
    )  # fmt: skip
    clause = "25 % of the test films (10 of 40) are nearly the same picture as a training film"
    assert audit_sentences.near_duplicates_sentence(10, 40, HALF) == (
        f"{clause} (40–60 %).",
        clause,
    )


def test_how_far_leaks_flatter() -> None:
    told = (
        "Of the test films with a leak 18 of 20 are right, of those without 12 of 20: a difference "
        "of +30 points"
    )
    assert audit_sentences.leak_inflation_sentence((18, 20), (12, 20), 0.3, (0.02, 0.52)) == (
        f"{told} (+2 to +52). The leaks flatter the result.",
        "test films with a leak are right 30 points more often than the others",
    )
    assert audit_sentences.leak_inflation_sentence((18, 20), (12, 20), 0.3, (0.0, 0.52)) == (
        f"{told} (0 to +52), so on so few films no inflation can be shown.", "",
    )  # fmt: skip
    mine = ("films split one by one", 0.9, (0.8, 0.95), 80)
    theirs = ("patients kept together", 0.7, (0.6, 0.8), 60)
    assert audit_sentences.other_split_sentence(mine, theirs) == (
        "The same network gets 90 % (80–95 %) of 80 test films with films split one by one and "
        "70 % (60–80 %) of 60 test films with patients kept together.",
        "",
    )


def test_the_runs_own_network() -> None:
    of = "62 % (40–60 %) of 80 test films right, the classes counted alike"
    told = network_sentences.own_network_sentence(
        "dark films", 0.62, HALF, 80, 0.5, "no_shortcut_found"
    )
    assert told == (
        f"The run's own network, shown dark films, gets {of}, which is near guessing (guessing "
        "gives 50 %). It was not trained on such films, so this alone does not clear it.",
        "",
    )
    assert network_sentences.own_network_sentence("dark films", 0.62, HALF, 80, 0.5, "caution") == (
        f"The run's own network, shown dark films, still gets {of}; guessing gives 50 %.",
        "the network itself still gets 62 % right on dark films",
    )


def test_where_the_heat_lies() -> None:
    details = {
        "lungs": 0.31, "lungs_area": 0.35, "edges": 0.42, "edges_area": 0.28,
        "random_lungs": 0.33, "random_edges": 0.27, "own_masks": 3, "films": 8,
    }  # fmt: skip
    told = (
        "31 % (40–60 %) of the heat lies in the lungs, which are 35 % of the film; 42 % lies at "
        "the border and in the corners, which are 28 %. With random weights it is 33 % and 27 %"
    )
    how = (
        " Where the lungs are: by the masks of 3 of 8 films, else found by their darkness, roughly."
    )
    assert network_sentences.heat_sentence(details, HALF, "no_shortcut_found") == (
        f"{told}.{how}",
        "",
    )
    assert network_sentences.heat_sentence(details, HALF, "caution") == (
        f"{told}: the answers rest on other places than they should.{how}",
        "only 31 % of its heat lies in the lungs and 42 % at the edges of the film",
    )


def test_a_network_with_random_weights() -> None:
    sentence, clause = network_sentences.untrained_sentence(
        "VGG16", 0.6, HALF, 0.65, 80, 0.4, more=False, easy=True, level="caution"
    )
    assert sentence == (
        "VGG16 with random weights, which has learnt nothing about films, and a logistic "
        "regression get 60 % (40–60 %) of 80 test films right; the run gets 65 %, both by the "
        "most probable class (McNemar p = "
        "0.400): the run shows no more than that."
    )
    assert clause == "a network with random weights gets 60 % (40–60 %) right too"


def test_ways_to_deal_out_films() -> None:
    told = (
        "A logistic regression on these films gets 90 % right with films split one by one and 70 % "
        "with patients kept together: +20.0 points"
    )
    some, none = (0.051, 0.302), (0.0, 0.3)
    assert network_sentences.split_inflation_sentence(0.9, 0.7, 0.2, some, torn=True) == (
        f"{told} (+5.1 to +30.2). That much is recognising patients.",
        "tearing patients apart alone is worth 20.0 points",
    )
    assert network_sentences.split_inflation_sentence(0.9, 0.7, 0.2, some, torn=False) == (
        f"{told} (+5.1 to +30.2). The run's own split keeps patients together, as it should.", "",
    )  # fmt: skip
    assert network_sentences.split_inflation_sentence(0.9, 0.7, 0.2, none, torn=True) == (
        f"{told} (0.0 to +30.0), so tearing patients apart makes no difference that shows.", "",
    )  # fmt: skip
    lot, _ = network_sentences.split_inflation_sentence(
        0.9, 0.7, 0.2, none, torn=True, drawn=10_000
    )
    assert "regression on 10,000 of these films, drawn by lot, gets 90 % right" in lot
