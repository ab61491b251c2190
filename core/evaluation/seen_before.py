"""What it was worth on a data set that a network had seen something before: of two runs that
differ in that, a sentence with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluation.comparison import Entry
from core.evaluation.paired import LEVEL, Pair
from core.evaluation.repeats import Repeats
from core.models.learnt import WeightsSource, from_scratch, weights_source
from core.models.registry import network_title
from core.specs import RunSpec
from core.text import count, p_value, points

# What else two runs may differ in without it being about what they have learnt from.
_BESIDE = ("weights", "device", "cache", "repeat")
_WORDS: dict[WeightsSource, str] = {
    "photographs": "photographs",
    "chest X-rays": "other chest X-rays",
    "RadImageNet": "CT, MRI and ultrasound",
    "file": "what a file holds",
    "nothing": "nothing",
}


def worth_of_seeing(found: Sequence[Pair], entries: Sequence[Entry]) -> list[str]:
    """A sentence for each of these pairs (``paired.pairs`` of these entries) that are the same
    network on the same data set, and differ in what it had seen before."""
    specs: dict[str, RunSpec] = {}
    for one in entries:
        if isinstance(one, Repeats):
            specs[one.repeat.group] = one.first.spec
        else:
            specs[one[0].run_id] = one[0].spec
    sentences = (_sentence(pair, specs[pair.first], specs[pair.second]) for pair in found)
    return [one for one in sentences if one]


def _sentence(pair: Pair, first: RunSpec, second: RunSpec) -> str:
    if (first.model, first.dataset) != (second.model, second.dataset) or from_scratch(first):
        return ""
    sources = weights_source(first), weights_source(second)
    if sources[0] == sources[1]:
        return ""
    # What had seen something stands first; of two that had, the one that was better.
    turned = sources[0] == "nothing" or ("nothing" not in sources and pair.difference < 0)
    seen, other = reversed(sources) if turned else sources
    difference, ends = pair.difference, pair.interval
    if turned:
        difference, ends = -difference, ends and (-ends[1], -ends[0])
    title, films = network_title(first.model), count(pair.films, "film")
    if pair.told_apart:
        better = difference > 0
        size = points(abs(difference), signed=False)
        between = ends and sorted((abs(ends[0]), abs(ends[1])))
        said = (
            f"Having seen {_WORDS[seen]} before {'was worth' if better else 'cost'} {size} points "
            f"of accuracy here{_brackets(between, signed=False)}: on these {films}, {title} is "
            f"right {'more' if better else 'less'} often than {_having(other)}, and chance alone "
            "hardly explains it."
        )
    else:
        said = (
            f"Whether having seen {_WORDS[seen]} before helped {title} cannot be told from these "
            f"{films}: its accuracy differs by {points(difference)} points{_brackets(ends)} from "
            f"that {_having(other)}{_why_not(pair)}."
        )
    return said + _beside(first, second)


def _why_not(pair: Pair) -> str:
    """Why a pair is not told apart: interval and test need not agree on so few films."""
    ends = pair.interval
    if pair.p_value < LEVEL:
        return ", but with other patients it could be nothing"
    if ends and not ends[0] <= 0 <= ends[1]:
        return (
            f"; an exact test on the {count(pair.only_first + pair.only_second, 'film')} that just "
            f"one of the two gets right does not rule chance out (McNemar, {p_value(pair.p_value)})"
        )
    return ", which chance can explain"


def _brackets(ends: Sequence[float] | None, *, signed: bool = True) -> str:
    """“ (-2.0 to +4.6)”; nothing without an interval."""
    return f" ({' to '.join(points(end, signed=signed) for end in ends)})" if ends else ""


def _having(source: WeightsSource) -> str:
    return f"with {'random weights' if source == 'nothing' else 'weights from ' + _WORDS[source]}"


def _beside(first: RunSpec, second: RunSpec) -> str:
    """That the difference need not come from what had been seen; empty where nothing else is
    different."""
    one, other = (spec.model_dump(exclude={*_BESIDE}) for spec in (first, second))
    if one == other:
        return ""
    return " The two were also trained with different settings, which may have a part in it."
