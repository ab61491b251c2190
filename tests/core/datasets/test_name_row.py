"""Names in little memory: the same names in the same order, and each found where it stands."""

from __future__ import annotations

import sys

import pytest

from core.datasets.importers import name_row
from core.datasets.importers.name_row import ByHash, NameRow

# Of a byte that is no text, and of letters that take one to four bytes each.
NAMES = ["a.png", "", "TB/ä.png", "TB/肺.png", "TB/🫁.png", "b\udce4.png"]


def test_names_come_back_as_they_were_and_in_their_order() -> None:
    row = NameRow(NAMES)
    assert (len(row), list(row)) == (6, NAMES)
    assert [row[place] for place in range(-6, 6)] == NAMES * 2
    assert (row[1:4], row[::-2]) == (NAMES[1:4], NAMES[::-2])
    with pytest.raises(IndexError):
        row[6]
    assert not list(NameRow([]))
    assert "a" not in NameRow([])


def test_a_name_is_found_where_it_stands_and_no_other_is() -> None:
    row = NameRow([*NAMES, "a.png"])
    assert [row.place_of(name) for name in NAMES] == list(range(6))
    assert row.place_of("TB/a.png") is None
    assert [one in row for one in ("TB/肺.png", "TB/", 3)] == [True, False, False]


def test_two_names_with_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_row, "hash", len, raising=False)
    row = NameRow(["aa", "bb", "c"])
    assert [row.place_of(name) for name in ("aa", "bb", "c", "dd")] == [0, 1, 2, None]
    noted = ByHash([("aa", 7), ("c", 1), ("bb", 5), ("aa", 3)])
    assert list(noted.under("aa")) == [7, 5, 3]


def test_names_take_less_than_half_of_a_lists_memory() -> None:
    names = [f"COVID-19/{number:08}_000.png" for number in range(10_000)]
    row = NameRow(names)
    held = sys.getsizeof(row._text) + sys.getsizeof(row._ends)
    assert held < (sys.getsizeof(names) + sum(map(sys.getsizeof, names))) / 2
