"""Covering the hottest part: which part that is, the random ones beside it, and their numbers."""

from __future__ import annotations

import numpy as np
import pytest

from core.explain.covering import RANDOM_PARTS, Covering, covered_parts, hottest_part


def test_the_hottest_fifth_by_hand() -> None:
    """25 places of heats 1 to 25 over 25: five are the hottest fifth."""
    heat = (np.arange(1, 26, dtype=np.float32) / 25).reshape(5, 5)
    part = hottest_part(heat, (5, 5))
    assert np.argwhere(part).tolist() == [[4, column] for column in range(5)]


def test_of_a_map_with_less_warmth_only_what_is_warm_is_covered() -> None:
    heat = np.zeros((10, 10), np.float32)
    heat[2, 3:6] = 1
    assert np.argwhere(hottest_part(heat, (10, 10))).tolist() == [[2, 3], [2, 4], [2, 5]]


@pytest.mark.parametrize("level", [0, 1])
def test_a_map_as_warm_everywhere_has_no_hottest_part(level: float) -> None:
    assert not hottest_part(np.full((3, 3), level, np.float32), (30, 30)).any()


def test_many_places_as_hot_as_each_other_are_a_fifth_all_the_same() -> None:
    heat = np.ones((10, 10), np.float32)
    heat[9] = 0.5
    assert hottest_part(heat, (10, 10)).sum() == 20


def test_the_random_parts_are_as_large_and_lie_elsewhere_each_time_the_same() -> None:
    film = np.full((20, 20), 90, np.uint8)
    film[:, 10:] = 110  # the mean is 100, which no pixel has
    part = np.zeros((20, 20), bool)
    part[4:8, 6:11] = True
    films = covered_parts(film, part)
    assert films.shape == (1 + RANDOM_PARTS, 20, 20)
    covered = films == 100
    np.testing.assert_array_equal(covered[0], part)
    np.testing.assert_array_equal(films[0][~part], film[~part])
    assert covered.sum(axis=(1, 2)).tolist() == [20] * (1 + RANDOM_PARTS)
    assert len({one.tobytes() for one in covered}) > RANDOM_PARTS / 2
    np.testing.assert_array_equal(films, covered_parts(film, part))


def test_the_numbers_by_hand() -> None:
    test = Covering.of(0.2, 0.9, np.array([0.3, 0.8, 0.9, 0.6, 0.9]))
    assert test.randoms == (0.8, 0.9, 0.6, 0.9)
    assert test.fall == pytest.approx(0.6)
    assert test.random_fall == pytest.approx(0.1)  # 0.9 less 3.2 / 4
    assert test.random_falls == pytest.approx((0.0, 0.3))
    assert test.beats_random
    assert not Covering.of(0.2, 0.9, np.array([0.6, 0.8, 0.6])).beats_random


@pytest.mark.parametrize(
    ("hottest", "randoms", "verdict"),
    [
        (0.3, (0.8, 0.85), "It rests on what is warm here."),
        (0.5, (0.4, 0.9), "It rests little more on what is warm here than on the rest."),
        (0.8, (0.4, 0.5), "It does not rest on what is warm here."),
        (0.95, (0.99, 0.98), "It does not rest on what is warm here."),  # both make it surer
        (0.895, (0.9, 0.893), "It rests on no single part."),
        (0.895, (0.5, 0.6), "It does not rest on what is warm here."),
        (0.3, (0.9, 0.895), "It rests on what is warm here."),
    ],
)
def test_what_follows_is_said(hottest: float, randoms: tuple[float, ...], verdict: str) -> None:
    said = Covering(0.2, 0.9, hottest, randoms).in_words()
    assert said.endswith(f"). {verdict}")
    assert "the hottest fifth covered" in said


def test_the_words_by_hand() -> None:
    assert Covering(0.0712, 0.9, 0.3, (0.8, 0.85)).in_words() == (
        "With the warm part (7.1 %) covered, its probability is 30.0 % instead of 90.0 %; with a "
        "random part as large, 82.5 % on average (80.0 to 85.0 %). It rests on what is warm here."
    )
