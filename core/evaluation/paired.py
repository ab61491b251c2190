"""Two runs on the same films: whether chance explains their difference, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from core.evaluation.bootstrap import difference_interval, on_common, patients_of
from core.evaluation.comparison import Entry, Patients
from core.evaluation.predictions import Predictions, predicted_classes
from core.evaluation.repeats import Repeats
from core.statistics import Interval
from core.statistics.hypotheses import mcnemar, more_needed

LEVEL = 0.05


@dataclass(frozen=True)
class Pair:
    """Two runs (by id, folds by their group) on the films that both were tested on.

    ``only_first`` and ``only_second``: films that just one of them gets right; ``both``: that
    both do. ``p_value``: exact McNemar; small means that chance does not explain the
    difference. ``difference``: accuracy of the first less the second (−1 to 1), ``interval``:
    its 95 % interval over patients, None without patients or without any difference.
    """

    first: str
    second: str
    films: int
    only_first: int
    only_second: int
    both: int
    p_value: float
    difference: float
    interval: Interval | None

    @property
    def more_needed(self) -> int:
        """Further errors, all of the worse of the two, before McNemar's p falls below 0.05."""
        return more_needed(self.only_first, self.only_second, LEVEL)

    @property
    def told_apart(self) -> bool:
        """By McNemar, and over patients too: the test takes films for independent."""
        spans = self.interval and self.interval[0] <= 0 <= self.interval[1]
        return self.p_value < LEVEL and not spans

    def sentence(self, first: str, second: str) -> str:
        """What to make of it, with these names for the two."""
        films = f"{self.films} film{'' if self.films == 1 else 's'}"
        better, worse = (first, second) if self.difference >= 0 else (second, first)
        if self.told_apart:
            return (
                f"{better} is better than {worse} on these {films}, and chance alone hardly "
                "explains it."
            )
        if self.p_value < LEVEL:
            return (
                f"{better} is right on more of these {films}, but they come from few patients: "
                "with other patients, the two could be equal."
            )
        more = self.more_needed
        needed = f"{more} more error{' of' if more == 1 else 's of'} {worse}"
        if more_needed(0, 0, LEVEL) > self.films:
            return f"{films} are too few to tell any two networks apart."
        if self.only_first == self.only_second:
            needed = f"{more} more error{'' if more == 1 else 's'} of one of them"
        return f"{first} and {second} cannot be told apart on {films}; {needed} would be needed."


def difference_in_films(several: Sequence[Predictions]) -> str:
    """Why these predictions (of one split each) are not like with like; "" when they are."""
    if len(several) < 2:
        return ""
    if len({one.classes for one in several}) > 1:
        return (
            "These runs tell different classes apart, and were tested on different films. "
            "Their numbers answer different questions."
        )
    tests = [dict(zip(one.film_ids, one.y_true, strict=True)) for one in several]
    if all(test == tests[0] for test in tests):
        return ""
    common = set.intersection(*(set(test) for test in tests))
    sizes = sorted({len(test) for test in tests})
    films = str(sizes[0]) if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    return (
        f"These runs were tested on different films ({films} each, {len(common)} in common). "
        "A difference between their numbers may come from the films, not from the networks."
    )


def pairs(
    entries: Sequence[Entry],
    threshold: float | None = None,
    split: str = "test",
    patients: Patients | None = None,
) -> list[Pair]:
    """Each two entries with the same classes, on the films that both have in this split.

    All folds together are like one run, by the name of their group. Seeds are left out:
    the test counts each film once.
    """
    tested = []
    for entry in entries:
        if not isinstance(entry, Repeats):
            tested.append((entry[0].run_id, entry[1].of(split)))
        elif entry.is_pooled(split):
            tested.append((entry.repeat.group, entry.together(split)))
    found = []
    for (first, one), (second, other) in combinations(tested, 2):
        if one.classes == other.classes:
            both = on_common(one, other)
            if len(both[0]):
                found.append(pair(first, second, *both, threshold, patients))
    return found


def pair(
    first: str,
    second: str,
    one: Predictions,
    other: Predictions,
    threshold: float | None = None,
    patients: Patients | None = None,
) -> Pair:
    """Two networks on the same films in the same order (``on_common``), at least one film."""
    correct = predicted_classes(one, threshold) == one.y_true
    correct_too = predicted_classes(other, threshold) == other.y_true
    only_first, only_second = (
        int((correct & ~correct_too).sum()),
        int((correct_too & ~correct).sum()),
    )
    interval = None
    if patients is not None:
        interval = difference_interval(one, other, patients_of(one, patients), threshold)
    return Pair(
        first=first,
        second=second,
        films=len(one),
        only_first=only_first,
        only_second=only_second,
        both=int((correct & correct_too).sum()),
        p_value=mcnemar(only_first, only_second),
        difference=(only_first - only_second) / len(one),
        interval=interval,
    )
