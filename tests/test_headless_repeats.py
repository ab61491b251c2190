"""``python -m core``: repeats as one document, and runs beside each other."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from core.__main__ import main
from core.commands import following
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.specs import RunSpec
from core.store import Run, RunResult, RunState, SplitNumbers, Store
from tests.core.runs.jobs_at_hand import no_dispatcher


def _finish(store: Store, run: Run, wrong: int) -> None:
    """As if the run had been trained: the first ``wrong`` of four test films are missed."""
    scores = np.array([0.1] * wrong + [0.9] * (2 - wrong) + [0.2, 0.3])
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    Predictions(
        ("covid", "healthy"), list("abcd"), ["test"] * 4, [0, 0, 1, 1],
        np.stack([scores, 1 - scores], axis=1),
    ).save(files.predictions)  # fmt: skip
    store.runs.transition(run.run_id, RunState.DONE, result=RunResult(test=SplitNumbers(loss=0.5)))


@pytest.fixture
def queued(phantom_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A data set, and a launcher that starts no process."""
    no_dispatcher(monkeypatch)
    assert main(["prepare", "demo", "--image-size", "32"]) == 0
    return phantom_store


def test_repeats_are_one_document(
    queued: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(store: Store, run_id: str) -> Run:
        _finish(store, store.runs.get(run_id), wrong=int(run_id == first(store)))
        return store.runs.get(run_id)

    def first(store: Store) -> str:
        return store.runs.all()[-1].run_id

    monkeypatch.setattr(following, "wait_for", wait)
    capsys.readouterr()
    assert main(["train", "demo", "--model", "cnn", "--seeds", "3", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["count"], document["finished"]) == ("seeds", 3, 3)
    assert document["mean"]["sensitivity"] == pytest.approx(5 / 6)
    assert document["mean"]["loss"] == 0.5
    assert document["sd"]["specificity"] == 0
    assert [run["spec"]["repeat"]["index"] for run in document["runs"]] == [0, 1, 2]
    assert main(["compare", document["group"], document["runs"][0]["run"], "--json"]) == 0
    group, single = json.loads(capsys.readouterr().out)
    assert group["mean"] == document["mean"]
    assert group["confusion"] == [[pytest.approx(5 / 3), pytest.approx(1 / 3)], [0, 2]]
    assert single["false_negatives"] == 1
    # Another seed, in words: the group to compare by, its mean and its spread.
    assert main(["train", "demo", "--model", "cnn", "--seeds", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "-seeds-" in lines[4]
    assert lines[4].endswith(": 2 of 2 seeds finished")
    assert [line.split() for line in lines[5:7]] == [
        ["test", "films", "mean", "sd"], ["accuracy", "1.0", "0.0"],
    ]  # fmt: skip


def test_compare_says_when_numbers_answer_different_questions(
    queued: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    run, other = (
        queued.runs.create(RunSpec(dataset="demo", model="cnn", weights="random")) for _ in "ab"
    )
    _finish(queued, run, wrong=0)
    _finish(queued, other, wrong=0)
    file = RunFiles(queued.workspace.run_folder(other.run_id)).predictions
    films = Predictions.load(file)
    capsys.readouterr()
    assert main(["compare", run.run_id, run.run_id, other.run_id]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert len([line for line in printed.out.splitlines() if run.run_id in line]) == 1
    replace(films, film_ids=np.array([f"x{one}" for one in films.film_ids])).save(file)
    assert main(["compare", run.run_id, other.run_id]) == 0
    assert "tested on different films" in capsys.readouterr().err


def test_a_repeat_that_failed_shows_in_the_exit_code(
    queued: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(store: Store, run_id: str) -> Run:
        run = store.runs.get(run_id)
        if run.repeat == "fold 2 of 2":
            store.runs.transition(run_id, RunState.FAILED, reason="No memory.")
        else:
            _finish(store, run, wrong=0)
        return store.runs.get(run_id)

    monkeypatch.setattr(following, "wait_for", wait)
    capsys.readouterr()
    assert main(["train", "demo", "--model", "cnn", "--folds", "2", "--json"]) == 1
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert [run["state"] for run in document["runs"]] == ["done", "failed"]
    assert document["finished"] == 1
    assert document["sd"]["accuracy"] is None, "one run has no spread"
    assert "fold 2 of 2, failed: No memory." in printed.err


def test_queued_repeats_have_no_numbers_yet(
    queued: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    arguments = ["train", "demo", "--model", "cnn", "--folds", "2", "--no-wait", "--json"]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document["mean"].values()) == {None}
    assert main(["compare", document["group"]]) == 2
    assert "None of the repeats" in capsys.readouterr().err
