from __future__ import annotations

import json

import pytest

from core.errors import SpecError
from core.specs import AugmentSpec, ClassSpec, DatasetSpec, RunSpec

CLASSES = (
    {"name": "covid", "findings": ["COVID-19"], "views": ["PA"]},
    {"name": "healthy", "findings": ["No finding"]},
)


def test_a_spec_survives_json() -> None:
    spec = DatasetSpec.build(name="study", classes=CLASSES, split_by="study", seed=7)
    assert DatasetSpec.from_json(spec.to_json()) == spec
    run = RunSpec.build(dataset="study", model="cnn", augment=AugmentSpec(rotation=20))
    assert RunSpec.from_json(run.to_json()) == run


def test_specs_are_frozen_and_changed_gives_a_validated_copy() -> None:
    spec = DatasetSpec.build(name="study", classes=CLASSES)
    assert spec.changed(seed=3).seed == 3
    assert spec.seed == 0
    with pytest.raises(SpecError, match="seed"):
        spec.changed(seed=-1)
    with pytest.raises(Exception, match="frozen"):
        spec.seed = 4  # type: ignore[misc]


def test_a_stored_spec_may_use_the_names_of_before() -> None:
    spec = DatasetSpec.build(name="set", classes=CLASSES, split_by="study")
    spec = spec.changed(classes=(spec.classes[0].changed(source_splits=("train",)), CLASSES[1]))
    run = RunSpec.build(dataset="set", model="vgg16", augmented_copies=3)
    for one, old in ((spec, {"split": "study"}), (run, {"views": 3})):
        document = one.as_dict()
        assert document.items() >= old.items(), "other programs may read the old name"
        now = json.loads(one.to_json())
        assert not now.keys() & old.keys()
        before = {key: value for key, value in document.items() if key in old or key in now}
        for name in old:
            del before[{"split": "split_by", "views": "augmented_copies"}[name]]
        for part in before.get("classes", ()):
            del part["source_splits"]
            assert "subsets" in part
        assert type(one).from_json(json.dumps(before)) == one
        with pytest.raises(SpecError, match="no such setting"):
            type(one).build(**before)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"name": "../up"}, "letters"),
        ({"name": ""}, "letters"),
        ({"classes": CLASSES[:1]}, "2"),
        ({"classes": (CLASSES[0], {**CLASSES[1], "name": "COVID"})}, "same name"),
        ({"classes": (CLASSES[0], {"name": "x", "findings": []})}, "findings"),
        ({"test_fraction": 1.0}, "test fraction"),
        ({"image_size": 8}, "image size"),
        ({"split_by": "coin"}, "split by"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_contradiction_is_a_plain_sentence(fields: dict[str, object], word: str) -> None:
    with pytest.raises(SpecError, match=word) as caught:
        DatasetSpec.build(**{"name": "study", "classes": CLASSES, **fields})
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [{"epochs": 0}, {"learning_rate": 0}, {"device": "tpu"}, {"dropout": 1}, {"batch_size": 0}],
)
def test_run_spec_refuses_what_cannot_train(fields: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=next(iter(fields)).replace("_", " ")):
        RunSpec.build(dataset="study", model="cnn", **fields)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"epochs": 0}, "epochs: choose a number of at least 1"),
        ({"epochs": 1.5}, "epochs: choose a whole number"),
        (
            {"learning_rate": float("nan")},
            "^This run .* used: learning rate: choose",
        ),
        ({"device": "tpu"}, "device: choose auto, cpu or gpu:N"),
        ({"optimizer": "best"}, "optimizer: choose 'nadam'"),
        ({"speed": 9}, "speed: there is no such setting"),
    ],
)
def test_wrong_fields_are_told_without_jargon(fields: dict[str, object], says: str) -> None:
    with pytest.raises(SpecError, match=says) as raised:
        RunSpec.build(**{"dataset": "d", "model": "cnn", **fields})
    assert "Input should" not in str(raised.value)


def test_class_names_are_told_what_they_may_be() -> None:
    with pytest.raises(SpecError, match=r"^This class .* name: use letters and digits .*“/”"):
        ClassSpec.build(name="a/b", findings=["COVID-19"])
    with pytest.raises(SpecError, match=r"^This class .*choose findings that its films have"):
        ClassSpec.build(name="Größe")


@pytest.mark.parametrize(
    "name", ["肺炎", "Ödem", "Обзор", "العربية", "नमस्ते", "ไทย", "한국어", "Zenker's (2)", "می‌خواهم"]
)
def test_names_may_be_in_any_script(name: str) -> None:
    other = {"name": "other", "findings": ["x"]}
    spec = DatasetSpec.build(name=name, classes=({"name": name, "findings": ["y"]}, other))
    assert (spec.name, spec.class_names[0]) == (name, name)
    assert DatasetSpec.from_json(spec.to_json()) == spec


def test_a_name_is_kept_composed_and_with_single_blanks() -> None:
    assert (
        ClassSpec(name="  O\u0308dem\u3000 der\tLunge ", findings=("x",)).name == "Ödem der Lunge"
    )


@pytest.mark.parametrize(
    "name",
    ["a/b", "a\\b", "..", ".x", "-x", "=1", "a\x00b", "a\u202eb", "a\u2066b", "a\u200bb", "\u3164",
     " ", "x" * 41, "a\ue000b", "a:b", "<b>", "a|b", "\udce4", "\u200d"],
)  # fmt: skip
def test_a_name_that_could_harm_or_cannot_be_seen_is_refused(name: str) -> None:
    with pytest.raises(SpecError, match="name: ") as raised:
        ClassSpec.build(name=name, findings=["x"])
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("first", "second"),
    [("covid", "COVID"), ("Straße", "STRASSE"), ("Ödem", "O\u0308dem"), ("covid", "ｃｏｖｉｄ"),
     ("Ödem", "ödem"), ("می‌خواهم", "میخواهم")],
)  # fmt: skip
def test_two_names_that_people_take_for_the_same_are_refused(first: str, second: str) -> None:
    classes = [{"name": first, "findings": ["x"]}, {"name": second, "findings": ["y"]}]
    with pytest.raises(SpecError, match="same name"):
        DatasetSpec.build(name="set", classes=classes)


def test_a_class_is_made_of_findings_to_have_and_not_to_have() -> None:
    one = ClassSpec.build(name="a", findings=["A"], without=["B"], alone=True)
    assert ClassSpec.from_json(one.to_json()) == one
    assert ClassSpec.build(name="rest", without=["A"]).findings == ()
    with pytest.raises(SpecError, match="at once"):
        ClassSpec.build(name="a", findings=["A"], without=["A"])
    with pytest.raises(SpecError, match="no others"):
        ClassSpec.build(name="a", without=["A"], alone=True)


def test_a_class_of_an_old_data_set_means_exactly_its_findings() -> None:
    spec = DatasetSpec.build(name="study", classes=CLASSES)
    old = json.loads(spec.to_json())
    for one in old["classes"]:
        del one["without"], one["alone"]
    loaded = DatasetSpec.from_json(json.dumps(old))
    assert all(one.alone and not one.without for one in loaded.classes)
    assert [one.findings for one in loaded.classes] == [("COVID-19",), ("No finding",)]
    assert DatasetSpec.from_json(loaded.to_json()) == loaded
    for place, name in (("name", "a  b "), ("classes", "c  d ")):
        odd = {**old, "name": name} if place == "name" else old
        if place == "classes":
            odd["classes"][0]["name"] = name
        kept = DatasetSpec.from_json(json.dumps(odd))
        assert name in (kept.name, kept.class_names[0]), "predictions go by the name as it was"
    for broken in ("", "[]", "3", '{"classes": 1}', '{"classes": [1]}'):
        with pytest.raises(SpecError):
            DatasetSpec.from_json(broken)
