"""``compare`` and ``operating-point`` over runs written straight into the store."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import RunState, Store


def finished(store: Store, wrong: int) -> str:
    """A run on 80 validation and the same 80 test films, ``wrong`` of the latter not right."""
    run = store.runs.create(RunSpec(dataset="study", model="cnn"))
    score = np.repeat([0.9, 0.1], 40)
    tested = score.copy()
    tested[:wrong] = 0.1
    both = np.concatenate([score, tested])
    Predictions(
        ("covid", "healthy"),
        np.array([f"{number:032x}" for number in range(160)]),
        np.array(["validation"] * 80 + ["test"] * 80),
        np.repeat([0, 1, 0, 1], 40),
        np.column_stack([both, 1 - both]),
    ).save(RunFiles(store.workspace.run_folder(run.run_id)).create().predictions)
    store.runs.transition(run.run_id, RunState.DONE)
    return run.run_id


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    assert main([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_compare_tells_intervals_and_each_run_against_the_others(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = finished(store, 0), finished(store, 6)
    perfect, other = told(capsys, "compare", first, second)
    assert perfect["intervals"]["accuracy"] == pytest.approx([0.954, 1], abs=5e-4)
    assert perfect["intervals"]["average_precision"] is None
    assert perfect["summary"]["roc_auc_low"] == pytest.approx(0.950, abs=5e-4)
    (against,) = other["against"]
    assert against["run"] == first
    assert (against["only_this_right"], against["only_that_right"]) == (0, 6)
    assert against["p_value"] == pytest.approx(0.031, abs=5e-4)
    assert against["accuracy_difference"] == pytest.approx(-6 / 80)
    low, high = against["accuracy_difference_interval"]
    assert low < -6 / 80 < high < 0
    assert against["told_apart"]
    mirrored = perfect["against"][0]
    assert mirrored["accuracy_difference_interval"] == pytest.approx([-high, -low])


def test_compare_says_in_the_terminal_what_cannot_be_told_apart(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = finished(store, 0), finished(store, 2)
    assert main(["compare", first, second]) == 0
    said = capsys.readouterr().out
    assert f"cannot be told apart on 80 films; 4 more errors of {second} would be needed" in said


def test_a_point_is_chosen_stored_and_told_again(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(store, 2)
    chosen = told(capsys, "operating-point", run, "--sensitivity", "0.9")
    kept = OperatingPoint.load_if_readable(
        RunFiles(store.workspace.run_folder(run)).operating_point
    )
    assert kept is not None
    assert (kept.threshold, kept.target_sensitivity) == (chosen["threshold"], 0.9)
    assert chosen["promised"]
    assert chosen["test"]["false_negatives"] == 2
    assert chosen["test"]["sensitivity_interval"] == pytest.approx([0.835, 0.986], abs=5e-4)
    assert told(capsys, "operating-point", run) == chosen
    assert not told(capsys, "operating-point", run, "--sensitivity", "0.95")["promised"]


def test_every_command_goes_by_the_run_s_rule_and_names_it(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(store, 3)
    files = RunFiles(store.workspace.run_folder(run))
    (plain,) = told(capsys, "compare", run)
    assert (plain["threshold"], plain["decision"]["rule"]) == (None, "most_probable")
    assert plain["false_negatives"] == 3
    # From 0.05 on everything is covid: what was missed is found, and the rest are false alarms.
    OperatingPoint(
        positive="covid",
        target_sensitivity=0.95,
        threshold=0.05,
        not_sure=(0.05, 0.5),
        temperature=1.0,
        chosen_by="program",
    ).save(files.operating_point)
    (ruled,) = told(capsys, "compare", run)
    assert (ruled["threshold"], ruled["decision"]["chosen_by"]) == (0.05, "program")
    assert (ruled["false_negatives"], ruled["false_positives"]) == (0, 40)
    assert ruled["not_sure"] == 43
    assert ruled["most_probable"]["confusion"] == plain["confusion"]
    assert ruled["summary"]["decision"].startswith("covid from 5.0 % on (chosen by the program")
    (listed,) = told(capsys, "runs")
    assert listed["test"]["confusion"] == ruled["confusion"]
    assert listed["decision"] == ruled["decision"]
    (asked,) = told(capsys, "compare", run, "--most-probable")
    assert asked["confusion"] == plain["confusion"]
    assert asked["decision"]["rule"] == "most_probable"
    (high,) = told(capsys, "compare", run, "--threshold", "0.95")
    assert (high["threshold"], high["false_negatives"], high["not_sure"]) == (0.95, 40, 0)
    assert (
        "not allowed"
        in told(capsys, "compare", run, "--threshold", "0.5", "--most-probable", code=2)["error"]
    )


def test_a_threshold_can_be_forgotten_and_looking_stores_none(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished(store, 2)
    files = RunFiles(store.workspace.run_folder(run))
    looked = told(capsys, "operating-point", run)
    assert (looked["stored"], looked["chosen_by"]) == (False, None)
    assert (looked["wanted_sensitivity"], looked["decision"]["rule"]) == (0.95, "most_probable")
    assert not files.operating_point.exists()
    chosen = told(capsys, "operating-point", run, "--sensitivity", "0.95")
    assert (chosen["stored"], chosen["chosen_by"]) == (True, "person")
    assert chosen["threshold"] == looked["threshold"]
    assert not told(capsys, "operating-point", run, "--most-probable")["stored"]
    assert not files.operating_point.exists()


def test_what_has_no_point_is_said(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = store.runs.create(RunSpec(dataset="study", model="cnn")).run_id
    assert "is queued" in told(capsys, "operating-point", waiting, code=2)["error"]
    run = finished(store, 0)
    said = told(capsys, "operating-point", run, "--sensitivity", "2", code=2)["error"]
    assert "above 0 and at most" in said


def test_a_run_is_described_from_the_shell_and_says_so_in_the_list(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = finished(store, 0), finished(store, 6)
    given = told(capsys, "describe", first, "--title", "Mine", "--tags", "paper, slow", "--star")
    assert given == {"runs": [first], "title": "Mine", "star": True, "tags": ["paper", "slow"],
                     "notes": ""}  # fmt: skip
    told(capsys, "describe", first, "--tags", "", "--notes", "Once.")
    known = {one["run"]: one for one in told(capsys, "runs")}
    assert [known[first][key] for key in ("title", "star", "tags", "notes")] == [
        "Mine", True, [], "Once.",
    ]  # fmt: skip
    told(capsys, "describe", second, "--title", "MINE", code=2)
    told(capsys, "describe", "gone", "--no-star", code=2)
    assert known[second]["title"] == ""
