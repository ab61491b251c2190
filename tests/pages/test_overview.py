from __future__ import annotations

import pytest

from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Member, RunProgress, RunState, Store
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import make_dataset, make_run


def save_dataset(store: Store, name: str = "study") -> None:
    classes = tuple(
        ClassSpec(name=label, findings=(finding,))
        for label, finding in (("covid", "COVID-19"), ("healthy", "No finding"))
    )
    frame = store.catalogue.frame()
    members = [
        Member(film_id, int(finding == "No finding"), "train")
        for film_id, finding in frame[["film_id", "finding"]].astype(str).to_numpy().tolist()
    ]
    store.datasets.save(DatasetSpec(name=name, classes=classes), members)


def test_counts_are_those_of_the_store(phantom_store: Store) -> None:
    app = open_app()
    assert [one.value for one in app.metric] == ["40", "0", "0", "0"]
    assert "All films here are **artificial**" in everything_said(app)


def test_the_next_step_moves_on(phantom_store: Store) -> None:
    app = open_app()
    assert app.button("next").label == "Next: prepare data"
    save_dataset(phantom_store)
    app.run()
    assert app.button("next").label == "Next: train networks"
    app.button("next").click().run()
    assert app.title[0].value == "Train"


def test_a_waiting_run_is_shown_with_a_way_to_it(phantom_store: Store) -> None:
    save_dataset(phantom_store)
    run = phantom_store.runs.create(RunSpec(dataset="study", model="cnn"))
    phantom_store.runs.transition(run.run_id, RunState.TRAINING)
    told = RunProgress(stage="training", epoch=3, epochs=10, done=3, total=10)
    phantom_store.runs.beat(run.run_id, told)
    app = open_app()
    assert not app.exception
    assert "Under way" in everything_said(app)
    [bar] = app.get("progress")
    assert "epoch 3 of 10" in bar.proto.text
    assert bar.proto.value == 30


def test_no_run_no_bar(phantom_store: Store) -> None:
    assert "Under way" not in everything_said(open_app())


def test_repeats_are_one_result_with_mean_and_spread(
    phantom_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_dataset(phantom_store)
    for index, right in enumerate((0.9, 0.8)):
        repeat = {"group": "group-abcd", "kind": "folds", "index": index, "count": 3}
        test = {"accuracy": right, "sensitivity": None if index else 1.0}
        make_run(phantom_store, "done", spec={"repeat": repeat}, result={"test": test})
    make_run(phantom_store, "done", result={"test": {"accuracy": 0.5, "sensitivity": 0.25}})
    app = open_app()
    assert not app.exception
    said = everything_said(app)
    assert "**85.0 ± 7.1 %** of the test films right  \n**–** sensitivity" in said
    assert "**50.0 %** of the test films right  \n**25.0 %** sensitivity" in said
    links = [one.proto.label for one in app.get("page_link")]
    assert "**CNN (from scratch) on tiny · 3 folds (2 of 3 finished) · abcd**" in links
