from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from core.datasets.removing import delete_dataset
from core.specs import RunSpec
from core.store import Store
from tests.pages.opening import everything_said, open_app
from tests.pages.runs import make_dataset


def button(app: AppTest, label: str) -> Button:
    return next(one for one in app.button if one.label == label)


def preset(app: AppTest, kind: str) -> AppTest:
    app.button_group("prep_preset").set_value(kind)
    return app.run()


def test_the_study_preset_fills_the_form(phantom_store: Store) -> None:
    app = open_app("prepare")
    assert not app.exception
    assert not app.error
    assert app.text_input("prep_name").value == "study"
    names = [one.value for one in app.text_input if one.label == "Class name"]
    assert names == ["covid", "healthy"]
    assert app.selectbox("prep_split_by").value == "study"
    table = app.table[0].value
    assert list(table.columns) == ["Train", "Validation", "Test", "Total"]
    assert table["Total"].tolist() == [20, 20, 40]


def test_the_recommended_preset_keeps_patients_apart(phantom_store: Store) -> None:
    app = preset(open_app("prepare"), "recommended")
    assert app.selectbox("prep_split_by").value == "patient"
    [shared] = [one.value for one in app.metric if "patients" in one.label]
    assert shared.startswith("0 of ")


def test_unknown_patients_are_never_said_to_be_apart(phantom_store: Store) -> None:
    with phantom_store.database.work(write=True) as work:
        work.execute("UPDATE films SET patient = ''")
        work.execute("UPDATE catalogue_version SET number = number + 1")
    app = preset(open_app("prepare"), "recommended")
    assert not app.exception
    [shared] = [one.value for one in app.metric if "patients" in one.label]
    assert shared == "not known"
    said = everything_said(app)
    assert "No test film shows a patient" not in said
    assert "Nobody knows the patients of" in said


@pytest.mark.parametrize("kind", ["four-classes", "adult-negatives"])
def test_presets_of_real_films_say_that_they_need_them(phantom_store: Store, kind: str) -> None:
    app = preset(open_app("prepare"), kind)
    assert not app.exception
    assert "need real films" in app.warning[0].value
    assert len([one for one in app.text_input if one.label == "Class name"]) == 2


def test_saving_writes_the_data_set_and_points_to_training(phantom_store: Store) -> None:
    app = preset(open_app("prepare"), "recommended")
    app.text_input("prep_name").set_value("my films").run()
    button(app, "Save data set").click().run()
    assert not app.exception
    assert not app.error
    stored = phantom_store.datasets.get("my films")
    assert stored.spec.preset == "recommended"
    assert stored.spec.split_by == "patient"
    assert "“my films” is saved." in everything_said(app)


def test_a_changed_preset_is_saved_as_custom(phantom_store: Store) -> None:
    app = open_app("prepare")
    app.selectbox("prep_balance").set_value("none").run()
    button(app, "Save data set").click().run()
    assert phantom_store.datasets.get("study").spec.preset == "custom"


def test_a_name_that_is_taken_is_explained(phantom_store: Store) -> None:
    app = open_app("prepare")
    button(app, "Save data set").click().run()
    button(app, "Save data set").click().run()
    assert "exists already" in app.error[0].value
    assert len(phantom_store.datasets.all()) == 1


def test_a_class_without_findings_is_asked_for(phantom_store: Store) -> None:
    app = open_app("prepare")
    button(app, "Add a class").click().run()
    assert "Choose at least one finding for class 3" in everything_said(app)
    assert not app.exception
    button(app, "Remove").click().run()
    assert len([one for one in app.text_input if one.label == "Class name"]) == 2


def test_another_class_can_be_made_the_positive_one(phantom_store: Store) -> None:
    app = open_app("prepare")
    button(app, "Make it the positive one").click().run()
    names = [one.value for one in app.text_input if one.label == "Class name"]
    assert names == ["healthy", "covid"]


def test_two_classes_with_the_same_films_are_explained(phantom_store: Store) -> None:
    app = open_app("prepare")
    findings = [one for one in app.multiselect if one.label == "Findings"]
    findings[1].set_value(findings[0].value).run()
    assert app.error
    assert not app.exception


def _lists(app: AppTest, label: str) -> list[Any]:
    return [one for one in app.multiselect if one.label == label]


def test_a_class_of_films_without_a_finding(phantom_store: Store) -> None:
    app = open_app("prepare")
    _lists(app, "Findings")[1].set_value([]).run()
    assert "Choose at least one finding for class 2." in everything_said(app)
    _lists(app, "But none of these")[1].set_value(["COVID-19"]).run()
    app.text_input("prep_name").set_value("Übung 肺炎").run()
    names = [one for one in app.text_input if one.label == "Class name"]
    names[1].set_value("ohne Ödem").run()
    assert [one.value for one in app.error] == []
    button(app, "Save data set").click().run()
    rest = phantom_store.datasets.get("übung 肺炎").spec.classes[1]
    assert (rest.name, rest.findings, rest.without) == ("ohne Ödem", (), ("COVID-19",))


def test_films_of_two_classes_are_counted(phantom_store: Store) -> None:
    films = phantom_store.catalogue.films(phantom_store.catalogue.frame()["film_id"].tolist()[:3])
    both = [
        dataclasses.replace(one, film_id=f"both-{one.film_id}", finding="COVID-19 + No finding")
        for one in films
    ]
    phantom_store.catalogue.save_source(phantom_store.catalogue.sources()[0], both)
    app = open_app("prepare")
    assert "would belong to two classes" not in everything_said(app)  # the study: no other finding
    for one in [one for one in app.checkbox if one.label == "And no other finding"]:
        one.set_value(False).run()
    assert "3 films would belong to two classes" in everything_said(app)


def test_the_preview_shows_variants(phantom_store: Store) -> None:
    app = open_app("prepare", part="Augmentation")
    assert not app.exception
    assert not app.error
    assert len(app.get("image")) == 2


def test_a_saved_data_set_can_be_exported_and_deleted(phantom_store: Store) -> None:
    button(app := open_app("prepare"), "Save data set").click().run()
    app = open_app("prepare", part="Saved data sets")
    app.button("pack_study").click().run()
    assert not app.exception
    assert app.get("download_button")
    app.button("delete_study").click().run()
    assert phantom_store.datasets.all() == []
    assert "No data set has been saved yet" in everything_said(app)


def test_what_was_packed_of_a_data_set_is_not_offered_of_another_of_its_name(
    phantom_store: Store,
) -> None:
    make_dataset(phantom_store)
    app = open_app("prepare", part="Saved data sets")
    app.button("pack_tiny").click().run()
    assert app.get("download_button")
    delete_dataset(phantom_store, "tiny")
    make_dataset(phantom_store, size=32)
    app.run()
    assert not app.get("download_button"), "that is the other one's zip file"
    assert "pack_tiny" in [one.key for one in app.button]


def test_a_data_set_in_use_cannot_be_deleted(phantom_store: Store) -> None:
    button(open_app("prepare"), "Save data set").click().run()
    phantom_store.runs.create(RunSpec(dataset="study", model="cnn"))
    app = open_app("prepare", part="Saved data sets")
    assert "A run is using it" in everything_said(app)
    assert "delete_study" not in [one.key for one in app.button]
