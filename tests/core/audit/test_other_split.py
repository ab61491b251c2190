"""The same network on films that were split the other way."""

from __future__ import annotations

import numpy as np
import pytest

from core.audit.leak_findings import other_split
from core.datasets import prepare
from core.datasets.presets import recommended_spec
from core.evaluation.predictions import Predictions
from core.runs.files import RunFiles
from core.store import Run, Store
from tests.pages.runs import make_run


def dataset(store: Store, name: str, split_by: str) -> None:
    spec = recommended_spec(store.catalogue, name, seed=0)
    spec = spec.changed(image_size=32, split_by=split_by)
    prepare.save_dataset(store, prepare.plan(store.catalogue.frame(), spec))


def finished(store: Store, name: str, wrong: int, **spec: object) -> Run:
    """A run that calls so many of its test films wrongly."""
    run = make_run(store, "done", spec={"dataset": name, **spec})
    members = store.datasets.members(name)
    truth = members["class_index"].to_numpy(int)
    split = members["split"].to_numpy(str)
    called = truth.copy()
    test = np.flatnonzero(split == "test")[:wrong]
    called[test] = 1 - truth[test]
    files = RunFiles(store.workspace.run_folder(run.run_id)).create()
    ids = members["film_id"].to_numpy(str)
    Predictions(("covid", "healthy"), ids, split, truth, np.eye(2)[called]).save(files.predictions)
    return run


@pytest.fixture
def own(phantom_store: Store) -> Run:
    dataset(phantom_store, "one by one", "study")
    dataset(phantom_store, "by patient", "patient")
    return finished(phantom_store, "one by one", 1)


def test_both_are_told_with_their_test_films(phantom_store: Store, own: Run) -> None:
    assert other_split(phantom_store, own) == []
    first = finished(phantom_store, "by patient", 0)
    other = finished(phantom_store, "by patient", 4)  # the newest counts
    members = phantom_store.datasets.members("by patient")
    theirs = int((members["split"] == "test").sum())
    mine = int((phantom_store.datasets.members("one by one")["split"] == "test").sum())
    [one] = other_split(phantom_store, own)
    assert one.details["run"] == other.run_id != first.run_id
    assert one.value == pytest.approx(1 - 4 / theirs)
    assert one.interval is not None
    assert one.interval[0] < (one.value or 0) < one.interval[1]
    assert one.details["accuracies"] == {
        "study": pytest.approx(1 - 1 / mine), "patient": one.value,
    }  # fmt: skip
    assert (one.level, one.p) == ("no_shortcut_found", None)
    sentence, clause = one.say(one.level, 0)
    assert clause == ""
    assert f"of {mine} test films with films split one by one and " in sentence
    assert sentence.endswith(f"of {theirs} test films with patients kept together.")


def test_another_network_other_weights_or_a_fold_is_not_the_same(
    phantom_store: Store, own: Run
) -> None:
    finished(phantom_store, "one by one", 0)  # split the same way
    finished(phantom_store, "by patient", 0, model="vgg16")
    fold = {"group": "g", "kind": "folds", "index": 0, "count": 5}
    finished(phantom_store, "by patient", 0, repeat=fold)
    make_run(phantom_store, "training", spec={"dataset": "by patient"})
    assert other_split(phantom_store, own) == []
    same = finished(phantom_store, "by patient", 0)
    assert [one.details["run"] for one in other_split(phantom_store, own)] == [same.run_id]
    repeat = finished(phantom_store, "one by one", 0, repeat=fold)
    assert other_split(phantom_store, repeat) == []
    phantom_store.datasets.delete("one by one")
    assert other_split(phantom_store, own) == []


def test_one_whose_answers_cannot_be_read_keeps_no_other_run_from_its_audit(
    phantom_store: Store, own: Run
) -> None:
    older = finished(phantom_store, "by patient", 0)
    newer = finished(phantom_store, "by patient", 4)
    RunFiles(phantom_store.workspace.run_folder(newer.run_id)).predictions.write_bytes(b"rot")
    assert [one.details["run"] for one in other_split(phantom_store, own)] == [older.run_id]
    RunFiles(phantom_store.workspace.run_folder(older.run_id)).predictions.unlink()
    assert other_split(phantom_store, own) == []
