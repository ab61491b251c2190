"""Plans: the study's counts, disjoint patients, determinism, and what is said about them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.datasets import bias_checks
from core.datasets.bias_checks import age_groups
from core.datasets.choosing import belongs
from core.datasets.prepare import (
    MEMBER_COLUMNS,
    DatasetPlan,
    in_two_classes,
    plan,
    plan_document,
    save_dataset,
)
from core.errors import FilmError, InputError, SpecError
from core.images.film_array import film_array
from core.specs import SPLITS, ClassSpec, DatasetSpec
from core.store import Store
from core.store.catalogue import CATEGORIES

CLASSES = (
    ClassSpec(name="covid", findings=("COVID-19",)),
    ClassSpec(name="healthy", findings=("No finding",)),
)


def films(
    finding: str, count: int, patients: Sequence[str] | None = None, **columns: Any
) -> pd.DataFrame:
    """``count`` rows of a catalogue frame; each film of its own patient unless told."""
    ids = [f"{finding}-{columns.get('source', '')}-{number:05d}" for number in range(count)]
    rows = pd.DataFrame(
        {
            "film_id": ids,
            "source": "hospital",
            "path": [f"/{one}.png" for one in ids],
            "patient": ids if patients is None else list(patients),
            "finding": finding,
            "view": "PA",
            "sex": "F",
            "age": np.nan,
            "source_split": "",
            "source_finding": "",
        }
    )
    return rows.assign(**columns)


def catalogue(*parts: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True).astype(dict.fromkeys(CATEGORIES, "category"))


def spec(**fields: Any) -> DatasetSpec:
    return DatasetSpec.build(**{"name": "set", "classes": CLASSES, "split_by": "study"} | fields)


def of_class(made: DatasetPlan, name: str) -> dict[str, int]:
    return {split: made.counts[split][name] for split in SPLITS}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (198, {"train": 118, "validation": 40, "test": 40}),  # the study
        (197, {"train": 117, "validation": 40, "test": 40}),
        (15, {"train": 9, "validation": 3, "test": 3}),  # 0.2 · 15 is 3, not 4
        (3, {"train": 1, "validation": 1, "test": 1}),
    ],
)
def test_the_studys_counts(count: int, expected: dict[str, int]) -> None:
    frame = catalogue(films("COVID-19", count), films("No finding", 1341))
    made = plan(frame, spec())
    assert of_class(made, "covid") == expected
    assert of_class(made, "healthy") == expected
    assert made.shared_patients == 0
    assert list(made.members.columns) == list(MEMBER_COLUMNS)
    assert made.members["film_id"].is_unique


@pytest.mark.parametrize("split", ["study", "patient"])
def test_same_films_and_spec_give_the_same_members(split: str) -> None:
    rng = np.random.default_rng(0)
    frame = catalogue(
        films("COVID-19", 60, [f"p{one}" for one in rng.integers(0, 40, 60)]),
        films("No finding", 200),
    )
    first = plan(frame, spec(split_by=split)).members
    mixed = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    pd.testing.assert_frame_equal(plan(mixed, spec(split_by=split)).members, first)
    other = plan(frame, spec(split_by=split, seed=1)).members
    assert set(other["film_id"]) != set(first["film_id"])  # other healthy films are drawn


def test_balance() -> None:
    frame = catalogue(films("COVID-19", 20), films("No finding", 100))
    for balance in ("none", "class_weights"):
        made = plan(frame, spec(balance=balance))
        assert of_class(made, "healthy") == {"train": 60, "validation": 20, "test": 20}
        assert of_class(made, "covid") == {"train": 12, "validation": 4, "test": 4}
        assert any("5.0 times as many healthy" in one for one in made.warnings) == (
            balance == "none"
        )


@pytest.mark.parametrize("seed", range(5))
def test_patient_split_keeps_patients_apart_and_fractions_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # As in the real collection: 136 patients with 1 to 8 films, 198 films in all.
    owners = np.concatenate([np.arange(136), rng.integers(0, 40, 62)])
    frame = catalogue(
        films("COVID-19", 198, [f"cohen/{one}" for one in owners]), films("No finding", 1341)
    )
    made = plan(frame, spec(split_by="patient", seed=seed))
    splits_of_patient = made.members.groupby("patient")["split"].nunique()
    assert splits_of_patient.max() == 1
    assert made.shared_patients == 0
    for name in ("covid", "healthy"):
        for split, target in (("train", 118), ("validation", 40), ("test", 40)):
            assert abs(of_class(made, name)[split] - target) <= 2


def test_a_patient_with_films_in_both_classes_stays_in_one_split() -> None:
    names = [f"p{number}" for number in range(30)]
    frame = catalogue(films("COVID-19", 30, names), films("No finding", 30, names))
    made = plan(frame, spec(split_by="patient"))
    assert made.members.groupby("patient")["split"].nunique().max() == 1
    assert of_class(made, "covid") == of_class(made, "healthy")


def test_three_patients_are_enough_however_unequal() -> None:
    owners = ["many"] * 50 + ["one", "other"]
    frame = catalogue(films("COVID-19", 52, owners), films("No finding", 52))
    made = plan(frame, spec(split_by="patient"))
    assert all(made.counts[split]["covid"] >= 1 for split in SPLITS)
    assert of_class(made, "covid")["train"] == 50


def test_films_of_unknown_patients_are_patients_of_their_own() -> None:
    frame = catalogue(films("COVID-19", 20, [""] * 20), films("No finding", 20))
    made = plan(frame, spec(split_by="patient"))
    assert of_class(made, "covid") == {"train": 12, "validation": 4, "test": 4}
    for split in ("patient", "study"):  # either way, nobody can say that no patient is in both
        made = plan(frame, spec(split_by=split))
        assert (made.shared_patients, made.known_to_be_shared, made.unknown_patients) == (
            None, 0, 20,
        )  # fmt: skip
        said = plan_document(made)
        assert said["shared_patients"] is None
        assert (said["films_of_unknown_patients"], said["patients"]) == (20, 20)
        assert any("the patients of 20 of the 40 films" in one for one in made.warnings)


def test_of_known_patients_some_may_be_shared_beside_unknown_ones() -> None:
    frame = catalogue(films("COVID-19", 40, ["a", "b"] * 20), films("No finding", 40, [""] * 40))
    made = plan(frame, spec())
    assert (made.shared_patients, made.known_to_be_shared) == (None, 8)
    assert any("100 % of the covid test films share a patient" in one for one in made.warnings)


def test_where_all_patients_are_known_it_says_so() -> None:
    made = plan(catalogue(films("COVID-19", 20), films("No finding", 20)), spec())
    assert (
        plan_document(made)["shared_patients"],
        plan_document(made)["films_of_unknown_patients"],
    ) == (0, 0)
    assert not any("Nobody knows" in one for one in made.warnings)


def test_shared_patients_are_counted_and_told() -> None:
    # Two patients with many films each: in the study's split both are everywhere.
    frame = catalogue(films("COVID-19", 40, ["a", "b"] * 20), films("No finding", 40))
    made = plan(frame, spec())
    assert made.shared_patients == 8
    assert any("100 % of the covid test films share a patient" in one for one in made.warnings)


@pytest.mark.parametrize(
    ("classes", "fields", "message"),
    [
        ([("sars", ("SARS",), ())], {}, r"No film fits “sars” \(finding SARS\)"),
        ([("c", ("COVID-19",), ("AP",))], {}, r"No film fits “c” .*20 would if the view"),
        ([("rare", ("MERS",), ())], {}, "“rare” has 2 films; a class needs at least 3"),
        ([("c", ("COVID-19",), ()), ("d", ("MERS", "COVID-19"), ())], {},
         "20 of the 20 films of “c” belong to “d” as well and are left out; no films would"),
        ([("c", ("COVID-19",), ())], {"test_fraction": 0.95}, "20 films of “c”.* 0 would train"),
        ([("two", ("SARS-2",), ())], {"split_by": "patient"},
         "“two” come from 2 patients only; a split by patient needs at least 3"),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_is_said(
    classes: list[tuple[str, tuple[str, ...], tuple[str, ...]]],
    fields: dict[str, Any],
    message: str,
) -> None:
    frame = catalogue(
        films("COVID-19", 20),
        films("No finding", 20),
        films("MERS", 2),
        films("SARS-2", 20, ["a", "b"] * 10),
    )
    made = [ClassSpec(name=name, findings=some, views=views) for name, some, views in classes]
    with pytest.raises(SpecError, match=message):
        plan(frame, spec(classes=(*made, CLASSES[1]), **fields))


def test_no_films_at_all() -> None:
    with pytest.raises(SpecError, match="Import films that do"):
        plan(catalogue(films("COVID-19", 0)), spec())


def test_filters_hold_together() -> None:
    frame = catalogue(
        films("COVID-19", 10, source="a", source_split="train"),
        films("COVID-19", 10, source="b", view="AP", source_split="test"),
        films("No finding", 10),
    )
    one = ClassSpec(name="c", findings=("COVID-19",), sources=("b",), views=("AP",),
                    source_splits=("test",))  # fmt: skip
    members = plan(frame, spec(classes=(one, CLASSES[1]))).members
    assert set(members.loc[members["class_name"] == "c", "source"]) == {"b"}


def test_shares_add_up_and_say_what_differs() -> None:
    frame = catalogue(
        films("COVID-19", 50, source="a", age=[30.0] * 10 + [70.0] * 40, sex="M"),
        films("No finding", 50, source="b", age=4.0, view="unknown", sex=["M"] * 25 + ["F"] * 25),
    )
    made = plan(frame, spec())
    for table in made.shares.values():
        assert list(table.index) == ["covid", "healthy"]
        assert np.allclose(table.sum(axis=1), 1)
    assert made.shares["age group"].loc["covid"].to_dict() == pytest.approx(
        {"0–17": 0, "18–39": 0.2, "60–79": 0.8}
    )
    assert made.shares["sex"].loc["healthy", "F"] == 0.5
    assert made.warnings == (
        "Every covid film comes from a and every healthy film from b: a network can pass by "
        "telling the sources apart.",
        "100 % of the covid films but 50 % of the healthy films show men: a network may learn "
        "that instead.",
        "By age group the classes have nothing in common: covid is 18–39 or 60–79, healthy is "
        "0–17. A network can pass by telling those apart.",
        "No healthy film has a recorded view: whether the classes differ in that cannot be "
        "checked.",
        "Only 20 test films: even if every one is right, the true accuracy may be as low as "
        "83.9 % (95 % interval).",
    )


def test_alike_classes_of_a_large_set_get_no_warning() -> None:
    frame = catalogue(films("COVID-19", 1000, age=50.0), films("No finding", 1000, age=50.0))
    assert plan(frame, spec()).warnings == ()


def test_shares_are_the_same_however_many_films_are_counted_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    members = pd.DataFrame(
        {
            "class_name": pd.Series(rng.choice(["ill", "healthy"], 50), dtype="str"),
            "source": rng.choice(["one", "another"], 50),
            "view": pd.Series(rng.choice(["PA", "AP", "unknown"], 50), dtype="category"),
            "sex": rng.choice(["F", "M"], 50),
            "age": rng.choice([np.nan, 5.0, 40.0, 90.0], 50),
        }
    )
    monkeypatch.setattr(bias_checks, "_AT_ONCE", 7)
    for aspect, table in bias_checks.shares(members, ("ill", "healthy")).items():
        values = age_groups(members["age"]) if aspect == "age group" else members[aspect]
        whole = pd.crosstab(members["class_name"], values.astype(str), normalize="index")
        for name in ("ill", "healthy"):
            assert table.loc[name].to_dict() == whole.loc[name].to_dict()


def test_age_groups_at_their_edges() -> None:
    ages = pd.Series([0, 17.9, 18, 39, 40, 60, 80, 101, np.nan])
    assert age_groups(ages).tolist() == [
        "0–17", "0–17", "18–39", "18–39", "40–59", "60–79", "80+", "80+", "unknown",
    ]  # fmt: skip


def test_a_hundred_thousand_films_plan_in_seconds() -> None:
    owners = [f"p{number // 2}" for number in range(50_000)]
    frame = catalogue(films("COVID-19", 50_000, owners), films("No finding", 50_000))
    started = time.process_time()
    made = plan(frame, spec(split_by="patient"))
    assert time.process_time() - started < 20
    assert of_class(made, "covid") == {"train": 30_000, "validation": 10_000, "test": 10_000}


def phantom_plan(store: Store, name: str = "set") -> DatasetPlan:
    return plan(store.catalogue.frame(), spec(name=name, split_by="patient", image_size=32))


def test_saving_keeps_members_in_order_and_their_array(phantom_store: Store) -> None:
    made = phantom_plan(phantom_store)
    stored = save_dataset(phantom_store, made)
    assert stored.counts == made.counts
    assert stored.spec == made.spec
    members = phantom_store.datasets.members("set")
    assert members["film_id"].tolist() == made.members["film_id"].tolist()
    assert members["split"].tolist() == made.members["split"].tolist()
    # The array is there already, so no film is opened now.
    array = film_array(
        phantom_store.workspace,
        members["film_id"].tolist(),
        ["/gone.png"] * len(members),
        32,
    )
    assert array.shape == (40, 32, 32)
    assert json.loads(json.dumps(plan_document(made)))["counts"] == stored.counts
    with pytest.raises(InputError, match="“set” exists already"):
        save_dataset(phantom_store, phantom_plan(phantom_store, "SET"))


def test_nothing_is_saved_when_a_film_is_gone(phantom_store: Store) -> None:
    made = phantom_plan(phantom_store)
    made.members.loc[3, "path"] = "/not/there.png"
    with pytest.raises(FilmError, match=r"1 film of this data set .*there\.png"):
        save_dataset(phantom_store, made)
    assert phantom_store.datasets.all() == []


def test_a_class_takes_films_by_each_of_their_findings() -> None:
    frame = catalogue(
        films("Cardiomegaly", 10), films("Cardiomegaly + Edema", 5), films("Edema + Mass", 4),
        films("No finding", 20), films("unknown", 7),
    )  # fmt: skip
    heart = ClassSpec(name="heart", findings=("Cardiomegaly",))
    rest = ClassSpec(name="rest", without=("Cardiomegaly",))
    made = plan(frame, spec(classes=(heart, rest), balance="none"))
    assert sum(of_class(made, "heart").values()) == 15
    assert sum(of_class(made, "rest").values()) == 24  # of the unknown nobody can say
    assert made.in_two_classes == 0
    alone = ClassSpec(name="heart", findings=("Cardiomegaly",), alone=True)
    dry = ClassSpec(name="dry", findings=("Cardiomegaly", "Mass"), without=("Edema",))
    both = ClassSpec(name="both", findings=("Edema + Cardiomegaly",))
    silent = ClassSpec(name="silent", findings=("unknown",), without=("Edema",))
    for one, number in ((alone, 10), (dry, 10), (both, 5), (silent, 7)):
        assert int(belongs(frame, one).sum()) == number


def test_a_film_of_two_classes_is_left_out_of_both_and_counted() -> None:
    frame = catalogue(
        films("Cardiomegaly", 10), films("Cardiomegaly + Edema", 5), films("Edema", 8)
    )
    pair = [ClassSpec(name=one, findings=(one,)) for one in ("Cardiomegaly", "Edema")]
    made = plan(frame, spec(classes=pair, balance="none"))
    assert (len(made.members), made.in_two_classes) == (18, 5)
    assert not made.members["finding"].str.contains("+", regex=False).any()
    assert plan_document(made)["films_in_two_classes"] == 5
    assert in_two_classes(5) == "5 films would belong to two classes, and are left out of both."
    few = catalogue(films("Cardiomegaly", 2), films("Cardiomegaly + Edema", 5), films("Edema", 8))
    with pytest.raises(SpecError, match="5 of the 7 films of “Cardiomegaly” belong to “Edema” as"):
        plan(few, spec(classes=pair))


def test_an_old_data_set_means_the_films_that_it_meant() -> None:
    frame = catalogue(films("COVID-19", 10), films("COVID-19 + ARDS", 5), films("No finding", 8))
    old = json.loads(spec().to_json())
    for one in old["classes"]:
        del one["without"], one["alone"]
    made = plan(frame, DatasetSpec.from_json(json.dumps(old)))
    assert sum(of_class(made, "covid").values()) == 8
    assert set(made.members["finding"]) == {"COVID-19", "No finding"}
