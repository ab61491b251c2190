"""The cache of a frozen network's vectors, with an average instead of a network."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled
from core.features import vectors
from core.features.shards import SUFFIX, record_of
from core.features.source import FeatureSource, Variant
from core.features.vectors import BATCH, FeatureVectors, Pass, features
from core.specs import AugmentSpec

FILMS = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)
ROWS = np.arange(50)
SOURCE = FeatureSource(FILMS, [f"film{n}" for n in range(50)], "vgg16", "abc", "rescale", 3)
SHIFTS = Variant(AugmentSpec(), seed=3, number=0)


class Average:
    """Stands in for a backbone: the mean of each channel. Counts the films it saw."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, films: np.ndarray) -> np.ndarray:
        self.shapes.append(films.shape)
        values: np.ndarray = films.mean(axis=(1, 2))
        return values


def quiet(done: int, already: int) -> None:
    """A progress that nobody looks at."""


def test_vectors_are_those_of_the_films(tmp_path: Path) -> None:
    network = Average()
    told: list[tuple[int, int]] = []
    found = features(tmp_path, SOURCE, ROWS, Variant(), network, lambda *n: told.append(n))
    np.testing.assert_allclose(
        found[:], (FILMS / 255).mean(axis=(1, 2))[:, None].repeat(3, 1), 1e-5
    )
    assert found[:].dtype == np.float32
    np.testing.assert_array_equal(found.take(ROWS[::-1])[ROWS[:3]], found[:][[49, 48, 47]])
    assert set(network.shapes) == {(BATCH, 8, 8, 3)}, "one shape, so one traced graph"
    assert told == [(done, 0) for done in (8, 16, 24, 32, 40, 48, 50)]


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    first = features(tmp_path, SOURCE, ROWS, SHIFTS, Average(), quiet)
    network, told = Average(), []
    second = features(tmp_path, SOURCE, ROWS, SHIFTS, network, lambda *n: told.append(n))
    assert network.shapes == []
    assert told == [(50, 50)]
    np.testing.assert_array_equal(first[:], second[:])


@pytest.mark.parametrize("variant", [Variant(), SHIFTS])
def test_an_interrupted_pass_goes_on_where_it_was(tmp_path: Path, variant: Variant) -> None:
    expected = features(tmp_path / "whole", SOURCE, ROWS, variant, Average(), quiet)

    def stop(done: int, already: int) -> None:
        if done >= 32:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        features(tmp_path, SOURCE, ROWS, variant, Average(), stop)
    file = max(tmp_path.glob(f"*{SUFFIX}"))
    with file.open("ab") as stream:
        stream.write(b"torn")  # as a process leaves it that is killed while it writes
    network = Average()
    told: list[tuple[int, int]] = []
    found = features(tmp_path, SOURCE, ROWS, variant, network, lambda *n: told.append(n))
    assert len(network.shapes) == 3
    assert told == [(32, 32), (40, 32), (48, 32), (50, 32)]
    np.testing.assert_array_equal(found[:], expected[:])


def test_what_other_data_sets_left_is_used_whatever_the_order(tmp_path: Path) -> None:
    """Films are known by their hash: a fold or another data set shares what it has."""
    features(tmp_path, SOURCE, ROWS[:30], SHIFTS, Average(), quiet)
    backwards = replace(SOURCE, films=FILMS[::-1], film_ids=SOURCE.film_ids[::-1])
    network = Average()
    told: list[tuple[int, int]] = []
    found = features(tmp_path, backwards, ROWS, SHIFTS, network, lambda *n: told.append(n))
    assert len(network.shapes) == 3
    assert told == [(30, 30), (38, 30), (46, 30), (50, 30)]
    expected = features(tmp_path / "afresh", SOURCE, ROWS, SHIFTS, Average(), quiet)
    np.testing.assert_array_equal(found[::-1], expected[:])


def test_everything_that_changes_the_numbers_changes_the_name() -> None:
    changed = [
        SOURCE.key(SHIFTS),
        SOURCE.key(replace(SHIFTS, seed=4)),
        SOURCE.key(replace(SHIFTS, number=1)),
        SOURCE.key(replace(SHIFTS, spec=AugmentSpec(rotation=3))),
        replace(SOURCE, backbone="other weights").key(Variant()),
        replace(SOURCE, preprocessing="caffe").key(Variant()),
        replace(SOURCE, films=FILMS[:, :4, :4]).key(Variant()),
    ]
    assert len({SOURCE.key(Variant()), *changed}) == len(changed) + 1


def test_augmented_views_differ_from_the_film_and_from_each_other() -> None:
    variants = [Variant(), SHIFTS, replace(SHIFTS, number=1), replace(SHIFTS, seed=9)]
    seen = {variant.apply(FILMS[0], "film0").tobytes() for variant in variants}
    assert len(seen) == 4
    np.testing.assert_array_equal(SHIFTS.apply(FILMS[0], "film5"), SHIFTS.apply(FILMS[0], "film5"))


def test_two_runs_that_need_the_same_vectors_compute_them_once(tmp_path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()
    first, second = Average(), Average()

    def slow(films: np.ndarray) -> np.ndarray:
        inside.set()
        assert go_on.wait(20)
        return first(films)

    results: list[FeatureVectors] = []
    one = threading.Thread(
        target=lambda: results.append(features(tmp_path, SOURCE, ROWS, Variant(), slow, quiet))
    )
    one.start()
    assert inside.wait(20)

    def stop_asked(done: int, already: int) -> None:
        go_on.set()  # called while waiting for the other run: a stop would be heard here

    results.append(features(tmp_path, SOURCE, ROWS, Variant(), second, stop_asked))
    one.join(20)
    assert (len(first.shapes), len(second.shapes)) == (7, 0)
    np.testing.assert_array_equal(results[0][:], results[1][:])


@pytest.mark.parametrize("damage", ["cut", "text", "nan", "empty"])
def test_of_a_damaged_shard_the_films_are_computed_again(tmp_path: Path, damage: str) -> None:
    before = features(tmp_path, SOURCE, ROWS, Variant(), Average(), quiet)[:]
    whole = max(tmp_path.glob(f"*{SUFFIX}"), key=lambda one: one.stat().st_size)
    records = np.fromfile(whole, dtype=record_of(3))
    lost = len(records)
    assert 1 < lost < 16
    if damage == "nan":
        records["vector"][1] = np.nan
        records.tofile(whole)
    elif damage == "empty":  # as some systems leave what was written last before the power failed
        records[-1:] = np.zeros(1, dtype=records.dtype)
        records.tofile(whole)
    elif damage == "text":
        whole.write_bytes(b"no vectors" * 30)
    else:
        whole.write_bytes(whole.read_bytes()[: records.itemsize + 5])
        lost -= 1
    network, told = Average(), []
    again = features(tmp_path, SOURCE, ROWS, Variant(), network, lambda *n: told.append(n))
    np.testing.assert_array_equal(again[:], np.array(before))
    assert len(network.shapes) == -(-lost // BATCH)
    assert told[-1] == (50, 50 - lost)
    untouched = Average()
    features(tmp_path, SOURCE, ROWS, Variant(), untouched, quiet)
    assert untouched.shapes == []


def test_films_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    class Broken:
        shape = FILMS.shape

        def __getitem__(self, place: int) -> np.ndarray | None:
            return None if place % 10 == 7 else FILMS[place]

    broken = replace(SOURCE, films=Broken())
    told: list[tuple[int, int]] = []
    work = Pass(tmp_path, broken, ROWS, Variant(), Average(), lambda *n: told.append(n))
    work.carry_out()
    assert work.found.tolist() == [row for row in range(50) if row % 10 != 7]
    whole = features(tmp_path / "whole", SOURCE, ROWS, Variant(), Average(), quiet)
    np.testing.assert_array_equal(work.vectors()[:], whole[work.found])
    assert told[-1] == (50, 5)
    # Once their files are back, only they are computed.
    network = Average()
    features(tmp_path, SOURCE, ROWS, Variant(), network, quiet)
    assert len(network.shapes) == 1


def test_many_vectors_stay_on_disk_and_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = features(tmp_path, SOURCE, ROWS, Variant(), Average(), quiet)
    monkeypatch.setattr(vectors, "IN_MEMORY", 0)
    large = features(tmp_path, SOURCE, ROWS, Variant(), Average(), quiet)
    for file in tmp_path.glob(f"*{SUFFIX}"):
        file.unlink()  # a clean-up takes nothing from those that have begun
    some = np.array([49, 3, 3, 20])
    np.testing.assert_array_equal(large[some], small[some])
    np.testing.assert_array_equal(large.take(some)[:], small[some])
    assert large[np.empty(0, np.int64)].shape == (0, 3)
