"""The cache of a frozen network's vectors, with an average instead of a network."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import Cancelled
from core.specs import AugmentSpec
from core.training.features import BATCH, Source, View, features

FILMS = np.random.default_rng(0).integers(0, 256, (50, 8, 8), dtype=np.uint8)
ROWS = np.arange(50)
SOURCE = Source(FILMS, [f"film{n}" for n in range(50)], "vgg16", "abc", "rescale", 3)
SHIFTS = View(AugmentSpec(), seed=3, number=0)


class Average:
    """Stands in for a backbone: the mean of each channel. Counts the films it saw."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, films: np.ndarray) -> np.ndarray:
        self.shapes.append(films.shape)
        return films.mean(axis=(1, 2))


def quiet(done: int, already: int) -> None:
    """A progress that nobody looks at."""


def test_vectors_are_those_of_the_films(tmp_path: Path) -> None:
    network = Average()
    told: list[tuple[int, int]] = []
    vectors = features(tmp_path, SOURCE, ROWS, View(), network, lambda *n: told.append(n))
    np.testing.assert_allclose(vectors, (FILMS / 255).mean(axis=(1, 2))[:, None].repeat(3, 1), 1e-5)
    assert vectors.dtype == np.float32
    assert set(network.shapes) == {(BATCH, 8, 8, 3)}, "one shape, so one traced graph"
    assert told == [(done, 0) for done in (8, 16, 24, 32, 40, 48, 50)]


def test_a_second_run_computes_nothing(tmp_path: Path) -> None:
    first = features(tmp_path, SOURCE, ROWS, SHIFTS, Average(), quiet)
    network, told = Average(), []
    second = features(tmp_path, SOURCE, ROWS, SHIFTS, network, lambda *n: told.append(n))
    assert network.shapes == []
    assert told == [(50, 50)]
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("view", [View(), SHIFTS])
def test_an_interrupted_pass_goes_on_where_it_was(tmp_path: Path, view: View) -> None:
    expected = features(tmp_path / "whole", SOURCE, ROWS, view, Average(), quiet)

    def stop(done: int, already: int) -> None:
        if done >= 32:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        features(tmp_path, SOURCE, ROWS, view, Average(), stop)
    part = next(tmp_path.glob("*.part"))
    with part.open("ab") as stream:
        stream.write(b"torn")  # as a process leaves it that is killed while it writes
    network = Average()
    told: list[tuple[int, int]] = []
    vectors = features(tmp_path, SOURCE, ROWS, view, network, lambda *n: told.append(n))
    assert len(network.shapes) == 3
    assert told == [(40, 32), (48, 32), (50, 32)]
    np.testing.assert_array_equal(vectors, expected)
    assert not list(tmp_path.glob("*.part"))


def test_a_part_that_is_too_long_is_made_again(tmp_path: Path) -> None:
    key = SOURCE.key(View(), ROWS)
    (tmp_path / f"{key}.part").write_bytes(b"\0" * 10_000)
    vectors = features(tmp_path, SOURCE, ROWS, View(), Average(), quiet)
    assert (vectors > 0).all()


def test_everything_that_changes_the_numbers_changes_the_name() -> None:
    changed = [
        SOURCE.key(View(), ROWS[:-1]),
        SOURCE.key(SHIFTS, ROWS),
        SOURCE.key(replace(SHIFTS, seed=4), ROWS),
        SOURCE.key(replace(SHIFTS, number=1), ROWS),
        SOURCE.key(replace(SHIFTS, spec=AugmentSpec(rotation=3)), ROWS),
        replace(SOURCE, backbone="other weights").key(View(), ROWS),
        replace(SOURCE, preprocessing="caffe").key(View(), ROWS),
        replace(SOURCE, films=FILMS[:, :4, :4]).key(View(), ROWS),
        replace(SOURCE, film_ids=SOURCE.film_ids[::-1]).key(View(), ROWS),
    ]
    assert len({SOURCE.key(View(), ROWS), *changed}) == len(changed) + 1


def test_augmented_views_differ_from_the_film_and_from_each_other() -> None:
    views = [View(), SHIFTS, replace(SHIFTS, number=1), replace(SHIFTS, seed=9)]
    seen = {view.apply(FILMS[0], 0).tobytes() for view in views}
    assert len(seen) == 4
    np.testing.assert_array_equal(SHIFTS.apply(FILMS[0], 5), SHIFTS.apply(FILMS[0], 5))


def test_two_runs_that_need_the_same_vectors_compute_them_once(tmp_path: Path) -> None:
    inside, go_on = threading.Event(), threading.Event()
    first, second = Average(), Average()

    def slow(films: np.ndarray) -> np.ndarray:
        inside.set()
        assert go_on.wait(20)
        return first(films)

    results: list[np.ndarray] = []
    one = threading.Thread(
        target=lambda: results.append(features(tmp_path, SOURCE, ROWS, View(), slow, quiet))
    )
    one.start()
    assert inside.wait(20)

    def stop_asked(done: int, already: int) -> None:
        go_on.set()  # called while waiting for the other run: a stop would be heard here

    results.append(features(tmp_path, SOURCE, ROWS, View(), second, stop_asked))
    one.join(20)
    assert (len(first.shapes), len(second.shapes)) == (7, 0)
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("damage", ["cut", "text", "nan"])
def test_a_damaged_file_is_computed_again(tmp_path: Path, damage: str) -> None:
    expected = features(tmp_path, SOURCE, ROWS, View(), Average(), quiet)
    [whole] = tmp_path.glob("*.npy")
    if damage == "nan":
        np.save(whole, np.full_like(expected, np.nan))
    else:
        whole.write_bytes(whole.read_bytes()[:200] if damage == "cut" else b"no array")
    network = Average()
    again = features(tmp_path, SOURCE, ROWS, View(), network, quiet)
    np.testing.assert_array_equal(again, expected)
    assert network.shapes
