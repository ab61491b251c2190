"""What must hold of every interval and percentage, whatever was counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import text
from core.statistics.hypotheses import holm, mcnemar
from core.statistics.mover import newcombe
from core.statistics.prevalence import natural_frequencies, predictive_values
from core.statistics.proportions import Proportion, f1_interval, wilson
from core.statistics.roc_area import roc_area_interval
from tests.properties import few

SMALL = 1e-9


@st.composite
def counts(draw: st.DrawFn, most: int = 20_000) -> tuple[int, int]:
    """So many of so many films; often none or all."""
    films = draw(st.integers(1, most))
    return draw(st.one_of(st.just(0), st.just(films), st.integers(0, films))), films


def ends(hits: float, films: float) -> tuple[float, float]:
    found = wilson(hits, films)
    assert found is not None
    return found


@few
@given(counts())
def test_an_interval_lies_inside_and_around_and_is_no_point(one: tuple[int, int]) -> None:
    low, high = ends(*one)
    assert 0 <= low <= one[0] / one[1] <= high <= 1
    assert low < high


@few
@given(counts())
def test_misses_have_the_interval_of_hits_turned_round(one: tuple[int, int]) -> None:
    low, high = ends(*one)
    assert ends(one[1] - one[0], one[1]) == pytest.approx((1 - high, 1 - low), abs=SMALL)


@few
@given(counts(most=2_000))
def test_one_hit_more_moves_both_ends_up(one: tuple[int, int]) -> None:
    hits, films = one
    if hits < films:
        (low, high), (more_low, more_high) = ends(hits, films), ends(hits + 1, films)
        assert low < more_low
        assert high <= more_high
        assert high < more_high or more_high == 1


@few
@given(counts(most=2_000), st.integers(2, 50))
def test_more_films_with_the_same_proportion_narrow_it(one: tuple[int, int], times: int) -> None:
    (low, high), (more_low, more_high) = ends(*one), ends(one[0] * times, one[1] * times)
    assert more_high - more_low < high - low


@few
@given(counts(most=500), counts(most=500))
def test_a_difference_lies_inside_and_turns_round(a: tuple[int, int], b: tuple[int, int]) -> None:
    first, second = Proportion.of(*a), Proportion.of(*b)
    low, high = newcombe(first.value, first.interval, second.value, second.interval)
    gap = first.value - second.value
    assert -1 - SMALL <= low <= gap <= high <= 1 + SMALL
    turned = newcombe(second.value, second.interval, first.value, first.interval)
    assert turned == pytest.approx((-high, -low), abs=SMALL)


@few
@given(counts(most=500), counts(most=500), st.floats(0.001, 0.999))
def test_predictive_values_lie_inside_and_grow_with_the_prevalence(
    a: tuple[int, int], b: tuple[int, int], prevalence: float
) -> None:
    sensitivity, specificity = Proportion.of(*a), Proportion.of(*b)
    now = predictive_values(sensitivity, specificity, prevalence)
    for value, (low, high) in ((now.ppv, now.ppv_interval), (now.npv, now.npv_interval)):
        assert 0 <= low <= high <= 1
        assert value is None or low - SMALL <= value <= high + SMALL
    rarer = predictive_values(sensitivity, specificity, prevalence / 2)
    if now.ppv is not None and rarer.ppv is not None:
        assert rarer.ppv <= now.ppv + SMALL
    if now.npv is not None and rarer.npv is not None:
        assert rarer.npv >= now.npv - SMALL
    people = natural_frequencies(now)
    assert people.called_positive + people.called_negative == 1000
    assert min(people.true_positives, people.false_negatives) >= 0
    assert min(people.true_negatives, people.false_positives) >= 0


@few
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_f1_lies_in_its_interval(found: int, missed: int, alarms: int) -> None:
    interval = f1_interval(found, missed, alarms)
    if not found + missed + alarms:
        assert interval is None
        return
    assert interval is not None
    f1 = 2 * found / (2 * found + missed + alarms)
    assert 0 <= interval[0] <= f1 <= interval[1] <= 1


@few
@given(st.floats(0, 1), st.integers(1, 400), st.integers(1, 400))
def test_an_area_lies_in_its_interval(area: float, positives: int, negatives: int) -> None:
    low, high = roc_area_interval(area, positives, negatives) or (2, -1)
    assert -SMALL <= low <= area + SMALL
    assert area - SMALL <= high <= 1 + SMALL


@few
@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p, after in zip(p_values, corrected, strict=True):
        assert p <= after <= 1
    order = sorted(range(len(p_values)), key=lambda one: p_values[one])
    assert [corrected[one] for one in order] == sorted(corrected)


@few
@given(st.integers(0, 120), st.integers(0, 120))
def test_mcnemar_does_not_ask_which_is_first(first: int, second: int) -> None:
    p = mcnemar(first, second)
    assert 0 <= p <= 1
    assert mcnemar(second, first) == p
    if first >= second:
        assert mcnemar(first + 1, second) <= p


@few
@given(counts(most=10_000_000), st.integers(0, 2))
def test_only_all_are_100_percent_and_only_none_are_0(one: tuple[int, int], digits: int) -> None:
    hits, films = one
    said = text.percent_of(hits, films, digits)
    number = float(said.removesuffix(" %"))
    assert (number == 100) == (hits == films)
    assert (number == 0) == (hits == 0)
    # One step of the digits asked for, or the last step before all and none.
    assert abs(number - 100 * hits / films) <= max(0.5 * 10**-digits, 0.1) + SMALL


@few
@given(counts(most=100_000), counts(most=100_000))
def test_a_larger_share_never_reads_as_a_smaller_one(
    a: tuple[int, int], b: tuple[int, int]
) -> None:
    (less, some), (more, others) = sorted((a, b), key=lambda one: one[0] / one[1])
    said = [float(text.in_percent(one / all_)) for one, all_ in ((less, some), (more, others))]
    assert said[0] <= said[1]


@few
@given(counts())
def test_an_interval_in_words_keeps_its_order_and_its_ends(one: tuple[int, int]) -> None:
    said = text.interval(ends(*one), joint=" to ").removesuffix(" %").split(" to ")
    low, high = (float(end) for end in said)
    assert 0 <= low <= high <= 100
    assert (high == 100) == (one[0] == one[1])
    assert (low == 0) == (one[0] == 0)
