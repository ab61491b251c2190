"""A card from a stored run: every number on it is the run's own."""

from __future__ import annotations

import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.audit.report import AuditReport, Finding, Verdict, audit_folder
from core.audit.status import audit_basis
from core.card.claim import FOR_AUTHORS, items
from core.card.document import Table
from core.card.facts import ExternalTest, Facts, gather_facts
from core.card.html import to_html
from core.card.sections import model_card
from core.errors import InputError, NotFoundError
from core.evaluation.metrics import evaluate
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.evaluation.uncertainty import share_intervals
from core.external.report import compare_sides, judge_side
from core.runs.config import RunConfig
from core.runs.files import RunFiles
from core.statistics.proportions import wilson
from core.store import Run, Store
from core.workspace import ENVIRONMENT_VARIABLE
from tests.pages.runs import RESULT, make_dataset, make_run

SURE, UNSURE = 0.9, 0.4  # probability of the true class


@pytest.fixture
def run(phantom_store: Store) -> Run:
    """A finished run whose every fourth film is called wrongly."""
    make_dataset(phantom_store, size=32)
    counts = {"total_params": 1000, "trainable_params": 100}
    run = make_run(phantom_store, "done", epochs=3, result=RESULT | counts)
    members = phantom_store.datasets.members("tiny")
    truth = members["class_index"].to_numpy(int)
    right = np.where(np.arange(len(members)) % 4 > 0, SURE, UNSURE)
    first = np.where(truth == 0, right, 1 - right)
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id)).create()
    names = phantom_store.datasets.get("tiny").spec.class_names
    ids, split = (members[column].to_numpy(str) for column in ("film_id", "split"))
    both = np.stack([first, 1 - first], axis=1)
    Predictions(names, ids, split, truth, both).save(files.predictions)
    RunConfig(
        run_id=run.run_id,
        model="cnn",
        classes=names,
        image_size=32,
        preprocessing="rescale",
        dropout=0.3,
        seed=0,
        weights="random",
        backbone_hash="",
    ).save(files.config)
    return run


@pytest.fixture
def facts(phantom_store: Store, run: Run) -> Facts:
    return gather_facts(phantom_store, run.run_id)


def table(facts: Facts, title: str) -> dict[str, tuple[str, ...]]:
    """The first table of a section, by its first column."""
    section = next(one for one in model_card(facts).sections if one.title == title)
    found = next(part for part in section.parts if isinstance(part, Table))
    return {row[0]: row[1:] for row in found.rows}


def words(facts: Facts, title: str) -> str:
    section = next(one for one in model_card(facts).sections if one.title == title)
    return " ".join(part for part in section.parts if isinstance(part, str))


def test_results_are_those_of_the_test_films(facts: Facts) -> None:
    rows = table(facts, "Results on the test films")
    test = facts.predictions.of("test")
    right = int((test.probabilities.argmax(axis=1) == test.y_true).sum())
    interval = wilson(right, len(test))
    assert interval
    told = rows["Accuracy: films called rightly"]
    assert told[0] == f"{right} of {len(test)}"
    assert told[2] == f"{100 * interval[0]:.1f}–{100 * interval[1]:.1f} %"
    assert rows["Area under the ROC curve"][1] != "–"


def test_films_are_counted_by_class_and_split(facts: Facts) -> None:
    rows = table(facts, "The films")
    assert set(rows) == {"covid", "healthy"}
    for index, name in enumerate(facts.predictions.classes):
        for place, split in enumerate(("train", "validation", "test")):
            films = facts.predictions.of(split)
            assert rows[name][place] == str(int((films.y_true == index).sum()))
        assert int(rows[name][3]) > 0


def test_without_an_audit_the_card_says_that_nobody_looked(facts: Facts) -> None:
    card = model_card(facts)
    assert card.level == "unknown"
    assert "Nobody has looked for shortcuts" in card.verdict
    assert "All films are artificial" in words(facts, "What to keep in mind")
    assert "not tested on any other source" in words(facts, "Films from elsewhere").lower()


def test_the_audit_speaks_first(phantom_store: Store, run: Run) -> None:
    finding = Finding(
        check="source",
        title="Class and source",
        value=1.0,
        interval=(0.9, 1.0),
        level="do_not_believe",
        sentence="Too alike.",
    )
    report = AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict="do_not_believe",
        sentence="Do not believe it.",
        findings=(finding,),
        basis=audit_basis(phantom_store, run),
    )
    report.save_in(audit_folder(phantom_store.workspace.run_folder(run.run_id)))
    facts = gather_facts(phantom_store, run.run_id)
    card = model_card(facts)
    assert (card.level, card.verdict) == ("bad", "Do not believe it.")
    assert table(facts, "Shortcuts and leaks")["Class and source"] == (
        "speaks against",
        "Too alike.",
    )
    filled = {one.number: one.filled for one in items(facts)}
    assert "Do not believe it." in filled[30]


def test_of_several_classes_each_has_its_recall(facts: Facts) -> None:
    films = facts.predictions
    spread = np.insert(films.probabilities, 1, 0.0, axis=1)
    names = (films.classes[0], "viral", films.classes[1])
    more = Predictions(names, films.film_ids, films.split, films.y_true * 2, spread)
    test = evaluate(more.of("test"))
    told = replace(facts, predictions=more, test=test, intervals=share_intervals(test))
    row = table(told, "Results on the test films")[f"Recall: {names[2]} films called so"]
    assert row[0] == f"{test.confusion[2, 2]} of {test.confusion[2].sum()}"
    assert not [one for one in table(facts, "Results on the test films") if "Recall" in one]


@pytest.mark.parametrize(
    ("verdict", "level"), [("no_shortcut_found", "unknown"), ("do_not_believe", "bad")]
)
def test_an_old_audit_is_told_to_be_old(
    phantom_store: Store, run: Run, verdict: Verdict, level: str
) -> None:
    report = AuditReport(
        run=run.run_id,
        dataset="tiny",
        verdict=verdict,
        sentence="So it is.",
        findings=(),
        basis=audit_basis(phantom_store, run),
    )
    report.save_in(audit_folder(phantom_store.workspace.run_folder(run.run_id)))
    phantom_store.datasets.delete("tiny")
    facts = gather_facts(phantom_store, run.run_id)
    card = model_card(facts)
    assert card.level == level
    told = (
        "So it is. This audit is old: since then its data set has been deleted, so it cannot be "
        "audited again."
    )
    assert card.verdict == told
    assert told in {one.number: one.filled for one in items(facts)}[30]


def test_an_external_test_is_told(facts: Facts) -> None:
    test = facts.predictions.of("test")
    own = judge_side(test, test.film_ids)
    worse = replace(test, probabilities=test.probabilities[:, ::-1], decided=None)
    found = compare_sides("Another hospital", own, judge_side(worse, test.film_ids))
    told = replace(facts, external=(ExternalTest(found),))
    assert "Another hospital" in to_html(model_card(told))
    assert (
        table(told, "Films from elsewhere")["Sensitivity"][0]
        != (table(told, "Films from elsewhere")["Sensitivity"][1])
    )
    assert "not been tested" not in words(told, "What to keep in mind")
    assert {one.number: one.filled for one in items(told)}[33] == "Tested on: Another hospital."
    old = replace(facts, external=(ExternalTest(found, "This test is old: since then …."),))
    assert "This test is old" in words(old, "Films from elsewhere")
    assert "This test is old" not in words(told, "Films from elsewhere")
    assert told.decision.sentence() in words(told, "Films from elsewhere")


def test_every_item_of_the_checklist_is_there_once(facts: Facts) -> None:
    every = items(facts)
    assert [one.number for one in every] == list(range(1, 45))
    rows = table(facts, "CLAIM checklist")
    assert rows["44"][1] == FOR_AUTHORS
    assert "CNN" in rows["22"][1]
    assert rows["20"][1] == "Patients."
    assert sum(cells[1] == FOR_AUTHORS for cells in rows.values()) == sum(
        not one.filled for one in every
    )


# Number of the item → a few words of what the run says to it.
ANSWERS = {
    1: "convolutional",
    5: "Retrospective", 6: "To tell", 7: "Sources", 9: "resized", 10: "same number",
    11: "identifiers", 12: "not recorded", 14: "finding", 16: "finding", 20: "Patients",
    22: "parameters",
    24: "Weights at the start", 26: "lowest validation loss", 27: "one network", 28: "Sensitivity",
    29: "95 % intervals", 31: "Heat maps", 32: "no part in training", 36: "films above",
    37: "Accuracy", 38: "intervals", 39: "missed", 40: "What to keep in mind", 42: "All settings",
}  # fmt: skip


def test_each_item_has_its_own_answer(facts: Facts) -> None:
    filled = {one.number: one.filled for one in items(facts) if one.filled}
    for number, words_of_it in ANSWERS.items():
        assert words_of_it in filled.pop(number), number
    # The rest is said by functions with tests of their own; 30 and 33 need an audit and films.
    assert set(filled) <= {8, 19, 23, 25, 30, 33, 35}


def test_unknown_patients_are_said_wherever_patients_are_spoken_of(
    phantom_store: Store, run: Run
) -> None:
    with phantom_store.database.work(write=True) as work:
        work.execute("UPDATE films SET patient = ''")
    facts = gather_facts(phantom_store, run.run_id)
    assert "The patients of these films are not known" in words(facts, "The films")
    assert "no patient is in two splits" not in to_html(model_card(facts))
    assert {row[-1] for row in table(facts, "The films").values()} == {"unknown"}
    assert "each is drawn as if it were of another" in words(facts, "Results on the test films")
    assert "Nobody knows the patients of any film" in words(facts, "What to keep in mind")
    assert {one.number: one.filled for one in items(facts)}[20].startswith("Films")


def test_a_deleted_data_set_leaves_the_results(phantom_store: Store, run: Run) -> None:
    phantom_store.datasets.delete("tiny")
    facts = gather_facts(phantom_store, run.run_id)
    assert "was deleted" in words(facts, "The films")
    assert "of" in table(facts, "Results on the test films")["Accuracy: films called rightly"][0]
    assert to_html(model_card(facts))


def trained(store: Store, run: Run, **changes: Any) -> str:
    """The words on training of a run with other results and settings."""
    spec = changes.pop("spec", {})
    told = replace(run, result=run.result.model_copy(update=changes), spec=run.spec.changed(**spec))
    facts = replace(gather_facts(store, run.run_id), run=told)
    said = words(facts, "The network and its training")
    assert said.count("learning rate") == {one.number: one.filled for one in items(facts)}[
        25
    ].count("learning rate"), "card and checklist say the same"
    return said


def test_the_learning_rate_is_the_one_that_was_used(phantom_store: Store, run: Run) -> None:
    asked = run.spec.learning_rate
    plain = trained(phantom_store, run, learning_rate=asked)
    assert f"learning rate {asked:g} (constant)" in plain
    searched = {"find_learning_rate": True}
    found = trained(phantom_store, run, learning_rate=0.0123, spec=searched)
    assert "learning rate 0.0123 (found by trying many; constant)" in found
    assert f"learning rate {asked:g}" not in found
    none = trained(phantom_store, run, learning_rate=asked, spec=searched)
    assert f"learning rate {asked:g} (as asked for" in none
    # An old run: without a search the one asked for was used; what a search found is not known.
    assert f"learning rate {asked:g} (constant)" in trained(phantom_store, run)
    assert "learning rate not recorded" in trained(phantom_store, run, spec=searched)


def test_the_software_is_what_the_run_noted(phantom_store: Store, run: Run) -> None:
    noted = {
        "thoraxlens": "9.8.7", "python": "3.1.4", "keras": "2.7.1", "torch": "1.6.1",
        "numpy": "1.4.1",
    }  # fmt: skip
    said = trained(phantom_store, run, software=noted, backend="torch", precision_mode="bfloat16")
    assert (
        "Trained with ThoraxLens 9.8.7, Python 3.1.4, Keras 2.7.1, NumPy 1.4.1, PyTorch 1.6.1; "
        "arithmetic: bfloat16" in said
    )
    old = trained(phantom_store, run, backend="jax")
    assert (
        "Trained with ThoraxLens not recorded, Python not recorded, Keras not recorded, "
        "JAX not recorded, NumPy not recorded; arithmetic: not recorded" in old
    )
    assert platform.python_version() not in old


def test_a_fold_is_told_with_its_own_films(phantom_store: Store, run: Run) -> None:
    """The data set was dealt out otherwise than this run was."""
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id))
    films = Predictions.load(files.predictions)
    turned = {"train": "test", "validation": "train", "test": "validation"}
    replace(films, split=np.array([turned[one] for one in films.split])).save(files.predictions)
    facts = gather_facts(phantom_store, run.run_id)
    rows = table(facts, "The films")
    for index, name in enumerate(facts.predictions.classes):
        for place, split in enumerate(("train", "validation", "test")):
            there = facts.predictions.of(split)
            assert rows[name][place] == str(int((there.y_true == index).sum()))


def test_results_are_by_the_run_s_own_rule_which_is_named(phantom_store: Store, run: Run) -> None:
    files = RunFiles(phantom_store.workspace.run_folder(run.run_id))
    plain = gather_facts(phantom_store, run.run_id)
    assert "Each film gets the most probable class." in words(plain, "Results on the test films")
    assert "no threshold of its own" in words(plain, "The threshold")
    point = OperatingPoint(
        positive="covid",
        target_sensitivity=0.855,
        threshold=0.35,
        not_sure=(0.3, 0.5),
        temperature=1.0,
        chosen_by="program",
    )
    point.save(files.operating_point)
    facts = gather_facts(phantom_store, run.run_id)
    said = words(facts, "Results on the test films")
    assert "A film is called covid from 35.0 % on (chosen by the program" in said
    test = facts.raw.of("test")
    called = np.where(test.probabilities[:, 0] >= np.float32(0.35), 0, 1)
    right = int((called == test.y_true).sum())
    row = table(facts, "Results on the test films")["Accuracy: films called rightly"]
    assert row[0] == f"{right} of {len(test)}"
    assert facts.plain.accuracy != facts.test.accuracy, "the rule must matter in this test"
    unsure = int(((test.probabilities[:, 0] >= 0.3) & (test.probabilities[:, 0] < 0.5)).sum())
    assert unsure == facts.unsure > 0
    assert f"For {unsure} film" in said
    assert "so that 85.5 % of the covid films are found" in words(facts, "The threshold")


def test_only_a_finished_run_has_a_card(phantom_store: Store) -> None:
    with pytest.raises(NotFoundError):
        gather_facts(phantom_store, "nonsense")
    make_dataset(phantom_store, size=32)
    waiting = make_run(phantom_store, "cancelled")
    with pytest.raises(InputError, match="only a finished run"):
        gather_facts(phantom_store, waiting.run_id)


def test_the_command_writes_both(
    phantom_store: Store,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(phantom_store.workspace.root))
    page, paper = tmp_path / "card.html", tmp_path / "card.pdf"
    assert main(["card", run.run_id, "--html", str(page), "--pdf", str(paper), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["html"] == str(page)
    assert run.run_id in page.read_text(encoding="utf-8")
    assert paper.read_bytes().startswith(b"%PDF")
    assert main(["card", run.run_id]) != 0
    assert main(["card", run.run_id, "--html", str(tmp_path / "no" / "card.html")]) != 0
    assert "cannot be written" in capsys.readouterr().err
