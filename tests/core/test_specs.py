from __future__ import annotations

import pytest

from core.errors import SpecError
from core.specs import AugmentSpec, ClassSpec, DatasetSpec, RunSpec

CLASSES = (
    {"name": "covid", "findings": ["COVID-19"], "views": ["PA"]},
    {"name": "healthy", "findings": ["No finding"]},
)


def test_a_spec_survives_json() -> None:
    spec = DatasetSpec.build(name="study", classes=CLASSES, split="study", seed=7)
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
        ({"split": "coin"}, "split"),
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
    with pytest.raises(
        SpecError,
        match=r"^This class .* name: use letters from a to z.*findings: choose at least 1",
    ):
        ClassSpec.build(name="Größe", findings=())
