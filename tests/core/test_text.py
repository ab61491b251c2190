"""How numbers are written: no percentage says all or none of what is neither."""

from __future__ import annotations

import math
import random

import numpy as np
import pandas as pd
import pytest

from core import text


@pytest.mark.parametrize(
    ("share", "digits", "said"),
    [
        (0.975, 1, "97.5 %"),
        (0.9625, 1, "96.3 %"),
        (0.125, 0, "13 %"),
        (0.285, 0, "29 %"),
        (1.0, 1, "100.0 %"),
        (1.0, 0, "100 %"),
        (0.0, 1, "0.0 %"),
        (0, 0, "0 %"),
        (0.9996, 1, "99.9 %"),
        (0.99951, 0, "99.9 %"),
        (199 / 200, 0, "99.5 %"),
        (199 / 200, 1, "99.5 %"),
        (0.996, 0, "99.6 %"),
        (0.0004, 1, "0.1 %"),
        (0.0004, 0, "0.1 %"),
        (0.004, 0, "0.4 %"),
        (0.9999999, 2, "99.99 %"),
        (1.0004, 1, "100.1 %"),
        (-0.0004, 1, "-0.1 %"),
        (1 - 1e-15, 0, "100 %"),
        (1e-17, 1, "0.0 %"),
        (None, 1, "–"),
        (math.nan, 1, "–"),
        (math.inf, 1, "–"),
        (np.float32(0.25), 0, "25 %"),
        (np.float64("nan"), 1, "–"),
        (pd.NA, 1, "–"),
    ],
)
def test_a_share_as_a_percentage(share: float, digits: int, said: str) -> None:
    assert text.percent(share, digits) == said


def test_only_all_are_100_percent_and_only_none_are_0() -> None:
    for digits in (0, 1, 2):
        for whole in (*range(1, 40), 200, 1_000, 2_001, 112_120, 10_000_000):
            for part in {0, 1, whole // 2, whole - 1, whole}:
                said = text.percent_of(part, whole, digits)
                number = float(said.removesuffix(" %"))
                assert (number == 100) == (part == whole), said
                assert (number == 0) == (part == 0), said
                assert abs(number - 100 * part / whole) <= max(0.5 / 10**digits, 0.1) + 1e-9


def test_more_is_never_written_as_less() -> None:
    draw = random.Random(1)
    shares = sorted(
        [draw.random() ** power for power in (1, 4, 16) for _ in range(300)]
        + [1 - draw.random() ** power for power in (4, 16) for _ in range(300)]
        + [0.0, 1.0]
    )
    for digits in (0, 1, 2):
        said = [float(text.in_percent(one, digits)) for one in shares]
        assert said == sorted(said)
        for share, number in zip(shares, said, strict=True):
            ends = text.interval((share, share), digits)
            assert ends == f"{text.in_percent(share, digits)}–{text.in_percent(share, digits)} %"
            if digits:
                column = text.percent_number(share, digits)
                assert column is not None
                assert float(f"{column:.{digits}f}") == number


def test_an_interval_says_which_end_is_all_or_none() -> None:
    assert text.interval((0.913, 0.993)) == "91.3–99.3 %"
    assert text.interval((0.7, 0.9999)) == "70.0–99.9 %"
    assert text.interval((0.0001, 1.0)) == "0.1–100.0 %"
    assert text.interval((0.913, 0.993), joint=" and ") == "91.3 and 99.3 %"
    assert text.interval((0.91, 0.997), 0) == "91–99.7 %"
    assert text.interval(None) == text.interval((0.5, math.nan)) == "–"


def test_what_a_network_says_is_never_certain() -> None:
    assert text.probability(np.float32(1)) == "99.9 %"
    assert text.probability(0.0) == "0.1 %"
    assert text.probability(0.44) == "44.0 %"
    assert text.probability(math.nan) == text.probability(None) == "–"


def test_a_difference_keeps_its_side_of_0() -> None:
    assert text.points(0.04) == "+4.0"
    assert text.points(-0.123, 0) == "-12"
    assert text.points(0.002, 0) == "+0.2"
    assert text.points(-0.00001) == "-0.1"
    assert text.points(0.0) == "0.0"
    assert text.points(-0.04, 0, signed=False) == "4"
    assert text.points(None) == "–"


def test_what_somebody_chose_keeps_its_digits() -> None:
    assert text.chosen(0.95) == "95 %"
    assert text.chosen(0.995) == "99.5 %"
    assert text.chosen(1.0) == "100 %"
    assert text.chosen(0.1) == "10 %"
    assert text.chosen(0.0) == "0 %"


def test_a_column_of_numbers_shows_the_same() -> None:
    assert text.percent_number(2 / 3) == 100 * (2 / 3), "as exact as it is, for sorting"
    assert text.percent_number(0.9996) == 99.9
    assert text.percent_number(0.9625) == 96.3, "as “96.3 %” elsewhere"
    assert text.percent_number(0.9996, 0) == 99.9
    assert text.percent_number(1.0) == 100
    assert text.percent_number(math.nan) is None


def test_counts() -> None:
    assert text.count(0, "film") == "no films"
    assert text.count(1, "film") == "1 film"
    assert text.count(1_200, "film") == "1,200 films"
    assert text.count(2, "class", "classes") == "2 classes"


def test_lists() -> None:
    assert text.listed([]) == ""
    assert text.listed(["a"]) == "a"
    assert text.listed(["a", "b"]) == "a and b"
    assert text.listed(["a", "b", "c"], "or") == "a, b or c"
    assert text.listed(list("abcdef"), most=2) == "a, b and 4 more"
    assert text.listed(list("abc"), most=2) == "a, b and c", "“1 more” is no shorter than its name"


def test_durations() -> None:
    assert text.duration(None) == text.duration(math.nan) == "–"
    assert text.duration(0) == "0 s"
    assert text.duration(0.02) == "0.02 s"
    assert text.duration(4.2) == "4.2 s"
    assert text.duration(200) == "3 min 20 s"
    assert text.duration(7_500) == "2 h 5 min"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "under 10 s"), (9.9, "under 10 s"), (12, "10 s"), (33, "35 s"), (58, "1 min"),
        (95, "2 min"), (560, "9 min"), (600, "10 min"), (1380, "25 min"), (3550, "1 h"),
        (5000, "1.5 h"), (36_000, "10 h"), (90_000, "25 h"), (200_000, "2 days"),
    ],
)  # fmt: skip
def test_rough_durations(seconds: float, said: str) -> None:
    assert text.rough(seconds) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (170, 190, "about 3 min"), (1, 8, "under 10 s"), (2, 200, "up to 3 min"),
        (40, 200, "40 s to 3 min"), (130, 540, "2 to 9 min"), (50 * 60, 3 * 3600, "50 min to 3 h"),
        (100, 159, "about 2 min"),
    ],
)  # fmt: skip
def test_rough_spans(low: float, high: float, said: str) -> None:
    assert text.span(low, high) == said
