"""Shares of neighbours of one kind, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.statistics.neighbours import commonest_other, same_kind

# Six films on a line; who is nearest to whom, the nearest first.
LINE = np.array([[1, 2, 3], [0, 2, 3], [1, 3, 0], [4, 2, 5], [3, 5, 2], [4, 3, 2]])
ALONE = np.arange(6)


def test_shares_and_chance_by_hand() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    found = same_kind(LINE, labels, ALONE, 2)
    # The third has one of its own kind (row 1) and one of the other (row 3), the fourth likewise.
    assert found.share.tolist() == [1, 1, 0.5, 0.5, 1, 1]
    assert found.chance.tolist() == [0.4] * 6  # 2 of the 5 others
    assert found.mean_share == pytest.approx(5 / 6)
    assert found.counted == 6


def test_films_of_one_patient_are_no_neighbours() -> None:
    labels = np.array([0, 0, 0, 1, 1, 1])
    patients = np.array([7, 7, 2, 3, 4, 5])
    found = same_kind(LINE, labels, patients, 2)
    # The first sees rows 2 and 3 instead of 1 and 2, the second likewise.
    assert found.share.tolist() == [0.5, 0.5, 0.5, 0.5, 1, 1]
    assert found.chance.tolist() == [1 / 4, 1 / 4, 2 / 5, 2 / 5, 2 / 5, 2 / 5]


def test_what_nobody_knows_counts_nowhere() -> None:
    labels = np.array([0, -1, 0, 1, 1, 1])
    found = same_kind(LINE, labels, ALONE, 2)
    assert np.isnan(found.share[1])
    assert found.share[[0, 2, 3]].tolist() == [0.5, 0.5, 0.5]  # row 0: rows 2 and 3
    assert found.chance[0] == 1 / 4
    assert found.counted == 5


def test_within_a_stratum_only_its_own_are_compared() -> None:
    labels = np.array([0, 0, 1, 1, 1, 1])
    strata = np.array([0, 0, 0, 1, 1, 1])
    found = same_kind(LINE, labels, ALONE, 2, strata)
    # The second stratum has one kind only: nothing can be said of its films.
    assert np.isnan(found.share[3:]).all()
    assert found.share[:3].tolist() == [0.5, 0.5, 0.0]
    assert found.chance[:3].tolist() == [0.5, 0.5, 0.0]


def test_without_neighbours_there_is_no_share() -> None:
    found = same_kind(LINE, np.zeros(6, int), np.zeros(6, int), 2)
    assert found.counted == 0
    assert np.isnan(found.mean_share)
    assert np.isnan(found.mean_chance)


def test_labels_dealt_out_at_random_reach_chance() -> None:
    rng = np.random.default_rng(0)
    films, kinds = 2000, 3
    neighbours = np.array([rng.choice(np.delete(np.arange(films), row), 10, replace=False)
                           for row in range(films)])  # fmt: skip
    found = same_kind(neighbours, rng.integers(0, kinds, films), np.arange(films), 10)
    assert found.mean_share == pytest.approx(found.mean_chance, abs=0.01)


def test_the_share_of_the_commonest_other_kind_by_hand() -> None:
    labels = np.array([0, 0, 1, 1, 2, 2])
    # Row 0 sees 0 and 1, row 1 likewise, row 2 sees 0 and 1, row 3 sees 2 and 1, row 4 sees 1 and
    # 2, row 5 sees 2 and 1.
    assert commonest_other(LINE, labels, ALONE, 2).tolist() == [0.5] * 6
    # With all three: row 0 sees 0, 1, 1; row 1 the same; row 2 sees 0, 1, 0; row 3 sees 2, 1, 2;
    # row 4 sees 1, 2, 1; row 5 sees 2, 1, 1.
    assert commonest_other(LINE, labels, ALONE, 3).tolist() == pytest.approx([2 / 3] * 6)
    assert commonest_other(LINE, labels, np.zeros(6, int), 2).tolist() == [0] * 6
    assert commonest_other(LINE, np.array([0, 0, -1, 1, 1, 1]), ALONE, 2)[0] == 0.5
