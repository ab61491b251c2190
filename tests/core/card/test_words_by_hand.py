"""What a card says of a run whose every number was chosen here."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from core.audit.report import AuditReport, Finding
from core.audit.status import AuditStatus
from core.card.claim import _BALANCED, _PREPARED, FOR_AUTHORS, items
from core.card.document import Picture
from core.card.sections import model_card
from core.card.training_sentences import (
    settings_sentence,
    software_sentence,
    split_sentences,
    training_sentences,
)
from core.evaluation.decision import Decision
from core.evaluation.metrics import evaluate
from core.models.preprocess import KINDS
from core.specs import Balance, RepeatSpec
from tests.core.card.made import (
    NAMES,
    POINT,
    answers,
    facts,
    films,
    members,
    section,
    tables,
    words,
)


def test_the_head_names_network_data_set_day_and_run() -> None:
    card = model_card(facts())
    assert card.title == "Model card: VGG16 (photographs) on pairs"
    assert card.subtitle == "Run 20260101-000000-abcd, trained on 01 January 1971"
    plain = facts()
    unknown = replace(plain, run=replace(plain.run, finished_at=None))
    assert model_card(unknown).subtitle == "Run 20260101-000000-abcd"
    assert [one.title for one in card.sections] == [
        "What it is for", "Results on the test films", "By source, view, sex and age",
        "The threshold", "Shortcuts and leaks", "Films from elsewhere", "The films",
        "What to keep in mind",
        "The network and its training", "CLAIM checklist",
    ]  # fmt: skip
    assert words(facts(), "What it is for").startswith(
        "Tells covid from healthy on single chest X-ray films. For teaching"
    )


def test_groups_are_counted_by_hand() -> None:
    told = facts()
    [table] = tables(told, "By source, view, sex and age")
    assert table.rows[:2] == (
        ("Source: south", "6 (6 patients)", "–", "83.3 % (43.6–97.0 %)"),
        ("Source: north", "4 (4 patients)", "75.0 % (30.1–95.4 %)", "–"),
    )
    assert [row[0] for row in table.rows[2:]] == [
        "View: PA", "Sex: women", "Age: 18–39 years", "Age: 60–79 years",
    ]  # fmt: skip
    assert words(told, "By source, view, sex and age").startswith(
        "No group is large enough to be compared"
    )
    by_threshold = facts(POINT)
    [table] = tables(by_threshold, "By source, view, sex and age")
    assert table.rows[1][2] == "100.0 % (51.0–100.0 %)", "0.4 is covid from 0.35 on"


def test_results_are_counted_by_hand() -> None:
    """By the larger probability: 3 of 4 covid films found, 1 of 6 others an alarm."""
    told = facts()
    [table] = tables(told, "Results on the test films")
    assert table.head == ("Measure", "Films", "Value", "95 % interval")
    assert table.numeric == 1
    assert [row[:3] for row in table.rows] == [
        ("Accuracy: films called rightly", "8 of 10", "80.0 %"),
        ("Sensitivity: covid films found", "3 of 4", "75.0 %"),
        ("Specificity: other films not called covid", "5 of 6", "83.3 %"),
        ("Precision: films called covid that are so", "3 of 4", "75.0 %"),
        ("Precision: films called healthy that are so", "5 of 6", "83.3 %"),
        ("F1 of covid", "–", "75.0 %"),
        ("Area under the ROC curve", "–", "91.7 %"),  # 22 of 24 pairs in order
        ("Area under the precision–recall curve", "–", "91.7 %"),
    ]
    assert table.rows[0][3] == "49.0–94.3 %"
    assert table.rows[-1][3] == "–"
    assert words(told, "Results on the test films") == (
        "10 films that took no part in training or in the choice of the epoch. Each film gets the "
        "most probable class. Intervals are 95 %: Wilson's for shares, a bootstrap over patients "
        "for F1 and areas."
    )
    assert "for F1 and areas. So it is." in words(
        facts(resampled="So it is."), "Results on the test films"
    )
    assert any(isinstance(one, Picture) for one in section(told, "Results on the test films").parts)
    none = evaluate(answers().of("nowhere"))
    assert words(facts(test=none), "Results on the test films") == "This run has no test films."


def test_the_threshold_is_told_with_what_came_of_it() -> None:
    told = facts(POINT)
    said = words(told, "The threshold")
    assert said.startswith(
        "Chosen by a person, on the validation films, so that 95 % of the covid films are found: a "
        "film is called covid from a probability of 0.350 on, and between 0.300 and 0.500 the "
        "answer is “not sure”. On validation, it finds 2 of 2 covid films"
    )
    assert said.endswith(
        "On the test films it finds 4 of 4 and raises 2 false alarms on 6 other films. "
        "Probabilities were calibrated with the temperature 1.00. With each film's most probable "
        "class instead, it would find 3 and raise 1 false alarm."
    )
    assert told.unsure == 3  # 0.4, 0.3 and 0.45
    assert (
        " For 3 films near the threshold the answer is “not sure”; here they count for their "
        "side of the threshold."
    ) in words(told, "Results on the test films")
    one = facts(POINT.model_copy(update={"not_sure": (0.35, 0.45)}))
    assert "For 1 film near" in words(one, "Results on the test films")
    # Without validation films, nothing is promised.
    bare = replace(told, raw=answers().of("test"))
    assert "On validation" not in words(bare, "The threshold")
    assert words(facts(), "The threshold") == (
        "It has no threshold of its own: each film gets its most probable class."
    )
    broken = facts(decision=Decision(NAMES, problem="it is damaged"))
    assert "no threshold of its own (it is damaged): each" in words(broken, "The threshold")


def test_films_are_counted_by_split_class_and_what_is_known_of_them() -> None:
    splits, aspects = tables(facts(), "The films")
    assert splits.head == ("Class", "Training", "Validation", "Test", "Patients")
    assert splits.rows == (("covid", "3", "2", "4", "9"), ("healthy", "3", "2", "6", "11"))
    assert (splits.numeric, aspects.numeric) == (1, 2)
    assert aspects.head == ("Known of them", "Value", "covid", "healthy")
    assert aspects.rows == (
        ("Source", "north", "9 (100 %)", "0 (0 %)"),
        ("Source", "south", "0 (0 %)", "11 (100 %)"),
        ("View", "PA", "9 (100 %)", "11 (100 %)"),
        ("Sex", "women", "9 (100 %)", "11 (100 %)"),
        ("Age", "18–39 years", "0 (0 %)", "11 (100 %)"),
        ("Age", "60–79 years", "9 (100 %)", "0 (0 %)"),
    )
    ids = members()["patient"].to_numpy(object)
    some = films(patient=["" if at < 2 else one for at, one in enumerate(ids)])
    [split, _] = tables(facts(films=some), "The films")
    assert split.rows[0][-1] == "7, and 2 films of unknown ones"
    said = words(facts(films=some), "The films")
    assert "The patients of 2 of the 20 films are not known, so whether one is in two" in said
    deleted = facts(films=None)
    assert words(deleted, "The films") == (
        "The data set was deleted; only its predictions are left."
    )


def test_the_audit_and_what_to_keep_in_mind() -> None:
    finding = Finding(check="c", title="Class and source", value=0.5, interval=None,
                      level="caution", sentence="They differ.")  # fmt: skip
    report = AuditReport(run="r", dataset="d", verdict="no_shortcut_found", sentence="None found.",
                         findings=(finding,))  # fmt: skip
    told = facts(audited=AuditStatus(report))
    assert (model_card(told).level, model_card(told).verdict) == ("good", "None found.")
    [table] = tables(told, "Shortcuts and leaks")
    assert table.rows == (("Class and source", "caution", "They differ."),)
    stale = facts(audited=AuditStatus(report, "It is old."))
    assert (model_card(stale).level, model_card(stale).verdict) == (
        "unknown", "None found. It is old.",
    )  # fmt: skip
    bad = facts(audited=AuditStatus(report.model_copy(update={"verdict": "caution"}), "Old."))
    assert model_card(bad).level == "caution"
    assert words(facts(), "What to keep in mind") == (
        "The classes differ. It has not been tested on films from another source. One training "
        "with one seed: another seed gives somewhat other numbers."
    )
    random = facts(spec={"weights": "random"})
    assert "Its frozen part has random weights" in words(random, "What to keep in mind")
    repeat = RepeatSpec(group="g", kind="folds", index=1, count=5)
    fold = facts(spec={"repeat": repeat})
    assert "One training with one seed" not in words(fold, "What to keep in mind")
    assert words(fold, "The films").startswith("Fold 2 of 5, grouped by patient.")


def test_the_training_in_sentences() -> None:
    told = facts(spec={"batch_size": 16, "dropout": 0.25, "early_stopping": None,
                       "class_weighting": False, "optimizer": "adam"})  # fmt: skip
    rate = told.run.spec.learning_rate
    assert training_sentences(told) == (
        f"Adam, learning rate {rate:g} ({told.run.spec.schedule}), batches of 16, 7 epochs, "
        "dropout 0.25, categorical cross-entropy."
    )
    more = facts(spec={"early_stopping": 5, "class_weighting": True, "fine_tune": 2,
                       "fine_tune_epochs": 9, "fine_tune_learning_rate": 1e-5})  # fmt: skip
    assert training_sentences(more).endswith(
        ", early stopping after 5 epochs without gain, classes weighted; then the last 2 blocks "
        "for up to 9 epochs at 1e-05."
    )
    said = words(told, "The network and its training")
    assert said.startswith(
        "VGG16, 14,747,650 parameters, 32,962 of them trained, on films of 224 × 224 pixels. "
        "Before this training, its weights had learnt from photographs (ImageNet)."
    )
    assert "Kept is epoch 4, the one with the lowest validation loss." in said
    assert settings_sentence(told) in said
    assert settings_sentence(facts(films=None)).endswith("}; the data set was deleted")
    assert "device: cpu." in software_sentence(told)


def test_the_checklist_is_filled_by_the_run() -> None:
    told = {one.number: one.filled for one in items(facts())}
    assert list(told) == list(range(1, 45))
    assert told[7] == "Sources: north, south."
    assert told[8] == (
        "covid: finding COVID-19 or SARS; view PA, AP. healthy: finding No finding; source south."
    )
    assert told[9] == (
        "Films resized to 224 × 224 pixels, grey levels less the mean of ImageNet's photographs, "
        "in the order blue, green, red."
    )
    assert set(_PREPARED) == set(KINDS)
    assert told[10] == "The same number of films in each class, drawn by chance."
    assert set(_BALANCED) == set(get_args(Balance))
    assert told[22].endswith("14,747,650 parameters, 32,962 of them trained.")
    assert told[24] == "Weights at the start: photographs (hash 0123456789abcdef…); seed 0."
    assert told[26] == "The epoch with the lowest validation loss (epoch 4)."
    assert told[32].startswith("10 test films that took no part")
    assert told[35] == "6 train, 4 validation, 10 test films."
    assert told[37].startswith("Accuracy 80.0 %;")
    assert told[39].startswith("1 film of covid missed, 1 film called so by mistake;")
    assert [number for number, filled in told.items() if not filled] == [
        2, 3, 4, 13, 15, 17, 18, 21, 30, 33, 34, 41, 43, 44,
    ]  # fmt: skip
    rows = tables(facts(), "CLAIM checklist")[0].rows
    assert rows[1] == ("2", "Structured abstract", FOR_AUTHORS)
    assert "This run fills 30 of them;" in words(facts(), "CLAIM checklist")
    gone = {one.number: one.filled for one in items(facts(films=None))}
    assert {number for number in (7, 8, 10, 16, 19, 20, 36) if gone[number]} == set()
    random = {one.number: one.filled for one in items(facts(spec={"weights": "random"}))}
    assert random[24] == "Weights at the start: random; seed 0."


@pytest.mark.parametrize(
    ("split_by", "unknown", "folds", "said"),
    [
        ("patient", False, False, "Patients."), ("study", False, False, "Films."),
        ("study", False, True, "Patients."),
        ("patient", True, False, "Films: the patients of some are not known."),
    ],
)  # fmt: skip
def test_at_which_level_the_splits_are_apart(
    split_by: str, unknown: bool, folds: bool, said: str
) -> None:
    repeat = {"repeat": RepeatSpec(group="g", kind="folds", index=0, count=5)} if folds else {}
    known = films(patient="") if unknown else films()
    assert known.spec.split_by == "patient"
    dataset = {**known.dataset, "split_by": split_by}
    told = facts(spec=repeat, films=known.model_copy(update={"dataset": dataset}))
    assert {one.number: one.filled for one in items(told)}[20] == said


def test_how_films_were_split_says_where_patients_are_unknown() -> None:
    some = films(patient=["", *["p"] * 19])
    every = films(patient="")
    known = "At random, grouped by patient and stratified by class: no patient is in two splits."
    assert split_sentences(facts()) == f"{known} Seed 5."
    where = "At random, stratified by class, and grouped by patient where the patient is known."
    two = "so whether one is in two splits is not known either. Seed 5."
    assert split_sentences(facts(films=some)) == (
        f"{where} The patients of 1 of the 20 films are not known, {two}"
    )
    assert split_sentences(facts(films=every)) == (
        f"{where} The patients of these films are not known, {two}"
    )
    study = {"dataset": {**some.dataset, "split_by": "study"}}
    assert split_sentences(facts(films=some.model_copy(update=study))) == (
        "At random within each class, as the study did: films of one patient may be in several "
        "splits. Seed 5."
    )
    assert split_sentences(facts(films=None)) == ""
