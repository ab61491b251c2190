from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.showcase.kept import keep_showcase, showcase_folder
from core.specs import ClassSpec, DatasetSpec, RunSpec
from core.store import Member, RunProgress, RunState, Store
from tests.core.showcase.made_up import answered
from tests.pages.opening import as_read, everything_said, open_app
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


def test_the_doors_lead_on_as_far_as_the_folder_has_come(phantom_store: Store) -> None:
    def ways(app: AppTest) -> list[str]:
        doors = [one.proto for one in app.get("page_link")]
        return [one.page for one in doors if one.label in DOORS][:3]

    app = open_app()
    assert "No network has answered a film yet" in everything_said(app)
    assert ways(app) == ["classify", "demonstration", "prepare"]
    save_dataset(phantom_store)
    assert ways(app.run()) == ["classify", "demonstration", "train"]
    for source in phantom_store.catalogue.sources():
        phantom_store.catalogue.remove_source(source.name)
    assert ways(app.run()) == ["classify", "demonstration", "explore"]


def test_a_kept_answer_is_shown_with_its_words_and_another_film_is_a_click_away(
    phantom_store: Store,
) -> None:
    films = [answered(), answered(truth="healthy", answer="not_sure", probability=0.45)]
    keep_showcase(phantom_store, films, network="A <b>network", artificial=True)
    app = open_app()
    assert not app.exception
    [first] = words(app)
    assert "covid</div>" in first
    assert "90.0 %" in first
    said = everything_said(app)
    assert "Labelled **covid** in the data :material/check:" in said
    assert "came with ThoraxLens" in said
    assert "A <b>network" in as_read(said)
    app.button("home_next").click().run()
    [second] = words(app)
    assert "Not sure</div>" in second
    assert "Labelled **healthy** in the data ·" in everything_said(app)
    app.button("home_next").click().run()
    assert words(app) == [first]


def test_an_answer_of_a_run_leads_to_it_and_says_when_it_differs(phantom_store: Store) -> None:
    make_dataset(phantom_store)
    run = make_run(phantom_store, "done", result={"test": {"accuracy": 0.5}})
    [film] = phantom_store.catalogue.sample(1)
    one = answered(film.film_id, truth="healthy")
    keep_showcase(phantom_store, [one], network="Mine", artificial=False, run_id=run.run_id)
    app = open_app()
    assert "Labelled **healthy** in the data (differs)" in everything_said(app)
    links = [one.proto for one in app.get("page_link")]
    assert [one.query_string for one in links if one.label == "**Mine**"] == [
        f"run={run.run_id}&tab=result"
    ]
    assert "Audit: not audited yet" in [one.label.strip("*") for one in links]
    phantom_store.runs.delete(run.run_id)
    assert "No network has answered a film yet" in everything_said(app.run())


def test_a_kept_film_that_has_rotted_leaves_the_rest_of_the_page(phantom_store: Store) -> None:
    keep_showcase(phantom_store, [answered()], network="A", artificial=True)
    for one in showcase_folder(phantom_store.workspace).glob("*.npz"):
        one.write_bytes(b"torn")
    app = open_app()
    assert not app.exception
    assert "cannot be read" in everything_said(app)
    assert len(app.metric) == 4


def words(app: AppTest) -> list[str]:
    """The answers that stand large."""
    return [one.proto.body for one in app.get("html") if "The network answers" in one.proto.body]


DOORS = ("**Classify a film**", "**See why 100 % can be worthless**", "**Build your own**")
