"""Occlusion: where the square lies, what it covers, and a map worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.occlusion import (
    CELLS,
    LEAST,
    PLACES,
    covered_films,
    heat_of_falls,
    mean_falls,
    why_no_fall,
)


def test_the_square_goes_over_the_whole_film_in_its_mean_grey() -> None:
    film = np.zeros((28, 28), np.uint8)
    film[:14] = 200  # the mean is 100
    films = covered_films(film)
    assert films.shape == (PLACES, 28, 28) == (169, 28, 28)
    assert films.dtype == np.uint8
    changed = films != film
    # Cells of 2 pixels, two of them a side: 16 pixels, of which none was 100 before.
    assert (changed.sum(axis=(1, 2)) == 16).all()
    assert (films[changed] == 100).all()
    assert np.argwhere(changed[0])[[0, -1]].tolist() == [[0, 0], [3, 3]]
    assert np.argwhere(changed[1])[[0, -1]].tolist() == [[0, 2], [3, 5]]
    assert np.argwhere(changed[-1])[[0, -1]].tolist() == [[24, 24], [27, 27]]
    assert changed.any(axis=0).all()


def test_sides_that_are_no_multiple_of_the_cells_are_covered_to_the_edge() -> None:
    film = np.full((31, 31), 40, np.uint8)
    film[:15] = 80
    changed = covered_films(film) != film
    assert changed.any(axis=0).all()
    # The last of 14 edges before the film's is at 31 · 12 / 14 = 26.6, so at 27.
    assert np.argwhere(changed[-1])[[0, -1]].tolist() == [[27, 27], [30, 30]]


def test_a_film_smaller_than_the_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer pixels"):
        covered_films(np.zeros((13, 40), np.uint8))


def test_a_map_worked_out_by_hand() -> None:
    """One place of the square matters, the upper left: it takes 0.4 of the first class's 0.9. Its
    four cells lie under 1, 2, 2 and 4 squares, of which that one is one."""
    whole = np.array([0.9, 0.1])
    covered = np.tile(whole, (PLACES, 1))
    covered[0] = [0.5, 0.5]
    falls = mean_falls(whole, covered)
    assert falls.shape == (2, CELLS, CELLS)
    np.testing.assert_allclose(falls[0, :2, :2], [[0.4, 0.2], [0.2, 0.1]])
    np.testing.assert_allclose(falls[1], -falls[0])
    assert np.count_nonzero(np.abs(falls[0]) > 1e-12) == 4
    np.testing.assert_allclose(heat_of_falls(falls[0])[:2, :2], [[1, 0.5], [0.5, 0.25]])
    assert not heat_of_falls(falls[1]).any()
    assert "0.1 percentage points, wherever it lies" in why_no_fall(falls[1])


def test_what_nobody_could_tell_from_nothing_is_no_heat() -> None:
    falls = np.zeros((CELLS, CELLS))
    falls[3, 3] = LEAST
    assert heat_of_falls(falls)[3, 3] == 1
    falls[3, 3] = LEAST / 2
    assert not heat_of_falls(falls).any()
    falls[3, 3] = np.nan
    assert not heat_of_falls(falls).any()
    assert "not finite" in why_no_fall(falls)
