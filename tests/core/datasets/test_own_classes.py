"""Classes written in a line."""

from __future__ import annotations

import json

import pytest

from core.__main__ import main
from core.datasets.own_classes import own_classes
from core.datasets.phantom import PHANTOM_SOURCE
from core.datasets.prepare import plan
from core.datasets.presets import preset
from core.errors import SpecError
from core.store import Store
from tests.core.datasets.test_presets import add


@pytest.fixture
def ward(store: Store) -> Store:
    add(store, "ward", "chestxray14", ("Cardiomegaly", "PA", 6), ("Mass", "AP", 6),
        ("Cardiomegaly + Edema", "AP", 4), ("No finding", "PA", 9), ("肺炎", "PA", 4),
        ("unknown", "PA", 5))  # fmt: skip
    add(store, PHANTOM_SOURCE, "phantom", ("COVID-19", "PA", 9), ("No finding", "PA", 9))
    return store


def sizes(store: Store, *texts: str, **more: str) -> list[int]:
    spec = own_classes(store.catalogue, "own", 0, texts, **more)
    made = plan(store.catalogue.frame(), spec.changed(balance="none"))
    return [int((made.members["class_index"] == index).sum()) for index in range(len(texts))]


def test_has_any_of_and_has_none_of(ward: Store) -> None:
    assert sizes(ward, "heart=Cardiomegaly", "rest=not cardiomegaly") == [10, 19]
    assert sizes(ward, "dry=Cardiomegaly,not Edema", "m=Mass") == [6, 6]
    assert sizes(ward, "h=only Cardiomegaly", "both=Edema+Cardiomegaly") == [6, 4]
    assert sizes(ward, "none=NO_FINDING", "m=mass ") == [9, 6]  # however it is spelled
    assert sizes(ward, "肺炎=肺炎", "Ödem=Mass|Edema") == [4, 10]
    assert sizes(ward, "heart=Cardiomegaly", "rest=not Cardiomegaly", view="PA") == [6, 13]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("heart", "“heart” is no class. Write"),
        ("=Mass", "is no class"),
        ("x=", "is no class"),
        ("x=Hernia", "No film has the finding “Hernia”. There are: Cardiomegaly, Edema, Mass"),
        ("x=not Hernia", "No film has the finding “Hernia”"),
        ("x=Mass+Edema", "No film has the finding “Mass"),
        ("a/b=Mass", "cannot hold “/”"),
        ("x=Mass,not Mass", "at once"),
    ],
)
def test_what_is_no_class_is_said(ward: Store, text: str, says: str) -> None:
    with pytest.raises(SpecError, match=says.replace("+", r"\+")):
        own_classes(ward.catalogue, "own", 0, [text, "y=Mass"])


def test_a_preset_with_a_finding_of_ones_own_takes_films_with_others_too(ward: Store) -> None:
    spec = preset("recommended", ward.catalogue, "x", 0, positive="cardiomegaly", view="any")
    made = plan(ward.catalogue.frame(), spec.changed(balance="none"))
    assert int((made.members["class_index"] == 0).sum()) == 10


def test_several_findings_are_no_finding_of_a_preset(ward: Store) -> None:
    for text in ("Mass|Edema", "Mass, Edema"):
        with pytest.raises(SpecError, match=r"more than one finding\. Make a class"):
            preset("recommended", ward.catalogue, "x", 0, positive=text)
    both = preset("recommended", ward.catalogue, "x", 0, positive="edema + cardiomegaly")
    assert both.classes[0].findings == ("Cardiomegaly + Edema",)


def test_the_study_leaves_out_films_with_a_second_finding(store: Store) -> None:
    add(store, "cohen", "ieee8023", ("COVID-19", "PA", 8), ("COVID-19 + ARDS", "PA", 5))
    add(store, "kaggle", "kaggle", ("No finding", "unknown", 12), source_split="train")
    made = plan(store.catalogue.frame(), preset("study", store.catalogue, "study", 0))
    assert len(made.members) == 16


def test_the_shell_takes_names_in_any_script(
    ward: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("THORAXLENS_DATA", str(ward.workspace.root))
    words = ["prepare", "Обзор", "--class", "Ödem=Edema", "--class", "心臓=Cardiomegaly"]
    assert main([*words, "--json"]) == 2  # all four films with Edema have both
    said = json.loads(capsys.readouterr().out)["error"]
    assert "4 of the 4 films of “Ödem” belong to “心臓” as well" in said
    assert main(["prepare", "x", "--class", "a=Mass", "--preset", "study", "--json"]) == 2
    assert "without a preset" in json.loads(capsys.readouterr().out)["error"]
