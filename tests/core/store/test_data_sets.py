"""Data sets: kept as they were saved, under a name that means one thing."""

from __future__ import annotations

import pytest

from core.errors import InputError, NotFoundError
from core.specs import DatasetSpec
from core.store import Member, Store
from tests.core.store.made import SPEC, fill_catalogue, film_numbered


def test_a_data_set_keeps_order_counts_and_labels(store: Store) -> None:
    fill_catalogue(store)
    members = [Member(film_numbered(n).film_id, n % 2, "train" if n else "test") for n in (3, 0, 1)]
    store.datasets.save(SPEC, members)
    stored = store.datasets.get("STUDY")
    assert stored.spec == SPEC
    assert stored.counts["train"] == {"covid": 0, "healthy": 2}
    frame = store.datasets.members("study")
    assert list(frame["film_id"]) == [one.film_id for one in members]
    assert list(frame["class_name"]) == ["healthy", "covid", "healthy"]


def test_a_data_set_is_never_overwritten(store: Store) -> None:
    store.datasets.save(SPEC, [])
    with pytest.raises(InputError, match="exists already"):
        store.datasets.save(SPEC.changed(name="Study"), [])


def test_members_outlive_their_source(store: Store) -> None:
    fill_catalogue(store)
    store.datasets.save(SPEC, [Member(film_numbered(1).film_id, 0, "train")])
    store.catalogue.remove_source("hospital")
    frame = store.datasets.members("study")
    assert len(frame) == 1
    assert frame["path"].isna().all()


def test_deleting_a_data_set_frees_its_name(store: Store) -> None:
    store.datasets.save(SPEC, [])
    store.datasets.delete("study")
    assert store.datasets.all() == []
    with pytest.raises(NotFoundError):
        store.datasets.get("study")
    with pytest.raises(NotFoundError):
        store.datasets.delete("study")


def test_the_spelling_of_a_data_sets_name_makes_no_difference(store: Store) -> None:
    classes = ({"name": "a", "findings": ["x"]}, {"name": "b", "findings": ["y"]})
    store.datasets.save(DatasetSpec.build(name="Ödem Обзор", classes=classes), [])
    for same in ("ödem обзор", "ÖDEM ОБЗОР", "O\u0308dem  Обзор", "Ödem Обзор"):
        assert store.datasets.get(same).name == "Ödem Обзор"
        with pytest.raises(InputError, match="“Ödem Обзор” exists already"):
            store.datasets.save(DatasetSpec.build(name=same, classes=classes), [])
    for other in ("Odem Обзор", "\udce4", "' OR 1 --"):
        with pytest.raises(NotFoundError):
            store.datasets.get(other)
    store.datasets.delete("ödem обзор")
    assert store.datasets.all() == []


def test_films_that_a_data_set_has_lost_are_counted_whatever_its_spelling(store: Store) -> None:
    classes = ({"name": "a", "findings": ["x"]}, {"name": "b", "findings": ["y"]})
    store.datasets.save(DatasetSpec.build(name="Ödem", classes=classes), [Member("0", 0, "train")])
    assert [store.datasets.lost(one) for one in ("Ödem", "ÖDEM", "O\u0308dem", "other")] == [
        1, 1, 1, 0,
    ]  # fmt: skip
