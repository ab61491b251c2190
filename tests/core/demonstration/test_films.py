"""The people of the demonstration, and the marker that moves from one class to the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.datasets.ingest import import_folder
from core.demonstration.films import (
    CLASSES,
    COVID_LIKE,
    HEALTHY,
    PLACEMENTS,
    SIDE,
    Cohort,
    has_marker,
    on_token,
    plant,
    split_in_name,
    with_marker,
    write_films,
)
from core.errors import InputError
from core.specs import SPLITS
from core.store import Store

SMALL = Cohort(3, train=4, validation=2, test=2)


@pytest.fixture(scope="module")
def films() -> np.ndarray:
    return SMALL.films(SMALL.people("train"))


@pytest.fixture(scope="module")
def y_true() -> np.ndarray:
    return np.array([one.y_true for one in SMALL.people("train")])


def test_nobody_is_in_two_splits_or_in_two_sessions() -> None:
    seeds = [
        one.seed
        for session in (1, 2, 3)
        for split in SPLITS
        for one in Cohort(session).people(split)
    ]
    assert len(seeds) == len(set(seeds))


def test_each_split_has_as_many_of_each_class() -> None:
    for split, count in (("train", 4), ("validation", 2), ("test", 2)):
        assert [one.y_true for one in SMALL.people(split)] == [0, 1] * count


def test_a_take_draws_the_same_people_again_and_another_take_others(films: np.ndarray) -> None:
    assert films.shape == (8, SIDE, SIDE)
    assert films.dtype == np.uint8
    assert (SMALL.films(SMALL.people("train")) == films).all()
    other = Cohort(4, train=4)
    assert (other.films(other.people("train")) != films).any(axis=(1, 2)).all()


@pytest.mark.parametrize("size", [48, 64, 192])
def test_the_marker_is_a_bright_corner_with_a_letter(size: int) -> None:
    marked = plant(np.full((size, size), 100, np.uint8))
    rows, columns = np.nonzero(marked != 100)
    assert rows.max() < size / 4
    assert columns.min() > 3 * size / 4
    assert (marked == 245).sum() > (marked < 100).sum() > 0


@pytest.mark.parametrize("where", PLACEMENTS)
def test_the_marker_is_on_the_films_of_one_class_and_nowhere_else(
    films: np.ndarray, y_true: np.ndarray, where: str
) -> None:
    before = films.copy()
    shown = with_marker(films, y_true, where)
    for film, clean, index in zip(shown, films, y_true, strict=True):
        expected = plant(clean) if CLASSES[index] == where else clean
        assert (film == expected).all()
    assert (films == before).all()


def test_moving_the_marker_changes_nothing_outside_its_corner(
    films: np.ndarray, y_true: np.ndarray
) -> None:
    changed = with_marker(films, y_true, COVID_LIKE) != with_marker(films, y_true, HEALTHY)
    assert changed.any(axis=(1, 2)).all()
    assert not changed[:, SIDE // 4 :].any()
    assert not changed[:, :, : 3 * SIDE // 4].any()


def test_a_marker_for_somebody_unknown_is_refused(films: np.ndarray, y_true: np.ndarray) -> None:
    with pytest.raises(InputError, match="not for everybody"):
        with_marker(films, y_true, "everybody")


@pytest.mark.parametrize(
    ("place", "on_it"), [((0, 7), True), ((1, 6), True), ((0, 0), False), ((4, 4), False)]
)
def test_the_hottest_place_is_on_the_marker_or_not(place: tuple[int, int], on_it: bool) -> None:
    heat = np.full((8, 8), 0.5, np.float32)
    heat[place] = 1
    assert on_token(heat) is on_it


def test_no_heat_lies_nowhere() -> None:
    assert not on_token(np.zeros((8, 8), np.float32))


def test_the_films_can_be_imported_with_who_learns_and_who_is_marked(
    store: Store, tmp_path: Path
) -> None:
    write_films(tmp_path / "films-of-a-take", SMALL)
    import_folder(store, tmp_path / "films-of-a-take")
    frame = store.catalogue.frame()
    marked = frame["path"].map(has_marker)
    assert set(frame.loc[marked, "finding"]) == {"COVID-19"}
    kinds = frame.groupby(
        [frame["path"].map(split_in_name), marked, "finding"], observed=True
    ).size()
    assert kinds.to_dict() == {
        (split, with_it, finding): count
        for split, count in (("train", 4), ("validation", 2), ("test", 2))
        for with_it, finding in ((False, "COVID-19"), (False, "No finding"), (True, "COVID-19"))
    }
    assert all(one.artificial for one in store.catalogue.sources())
