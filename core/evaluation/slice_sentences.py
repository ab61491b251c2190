"""What slices say, in sentences for people who do not read tables."""

from __future__ import annotations

from collections.abc import Iterator

from core.evaluation.slices import FEW, MEASURES, SLICED_BY, LowestSlice, Measure, Slices
from core.statistics.proportions import Proportion
from core.store.film_rows import UNKNOWN
from core.text import capital, count, interval, percent

_SEXES = {"F": "women", "M": "men"}


def slice_name(aspect: str, value: str) -> str:
    """A group as a row of a table is called: “women”, “18–39 years”, “not recorded”."""
    if value == UNKNOWN:
        return "not recorded"
    if aspect == "age":
        return f"{value} years"
    return _SEXES.get(value, value) if aspect == "sex" else value


def slice_sentences(found: Slices) -> tuple[str, ...]:
    """All that there is to say, the gravest first."""
    return (*clear_sentences(found), *unclear_sentences(found), *silent_sentences(found))


def clear_sentences(found: Slices) -> tuple[str, ...]:
    """The groups that do worse than chance explains."""
    return tuple(_lowest(one, found.classes) for one in found.lowest if one.clear)


def unclear_sentences(found: Slices) -> tuple[str, ...]:
    """Of each other measure that can be compared: the lowest group, or that none is lower."""
    clear = {one.measure for one in found.lowest if one.clear}
    said = [_judged(found, one) for one in MEASURES if one not in clear]
    if not found.comparable and found.missing < found.films:
        said = [
            f"No group is large enough to be compared: that takes {FEW} patients in it, and {FEW} "
            "outside."
        ]
    return tuple(filter(None, said))


def silent_sentences(found: Slices) -> tuple[str, ...]:
    """By what nothing can be compared and why, and how many films are missing."""
    if found.missing == found.films:
        return (
            "The films that this run was tested on are not in this data folder, and so neither is "
            "what is recorded of them.",
        )
    if not found.missing:
        return tuple(_not_compared(found))
    are = "is" if found.missing == 1 else "are"
    stand = "stands" if found.missing == 1 else "stand"
    return (
        *_not_compared(found),
        f"{count(found.missing, 'film')} of the {found.films:,} {are} not in this data folder, "
        f"and {stand} in no group.",
    )


def _judged(found: Slices, measure: Measure) -> str:
    """The lowest of one measure, or that no group is worse; empty where none can be compared."""
    for one in found.lowest:
        if one.measure == measure:
            return _lowest(one, found.classes)
    aspects = {aspect for aspect, which in found.comparable if which == measure}
    if not aspects:
        return ""
    kind = _kind(measure, found.classes)
    shares = [one.of(measure) for one in found.rows if one.aspect in aspects]
    if all(one.right.successes == one.right.trials for one in shares if one):
        right = _right(measure, found.classes)
        return f"In every group that can be compared, all {kind} films are {right}."
    return f"In no group that is large enough is {measure} lower than outside it."


def _lowest(one: LowestSlice, classes: tuple[str, ...]) -> str:
    share, others = one.share.right, one.others.right
    said = (
        f"{capital(one.measure)} is lowest {_among(one.group.aspect, one.group.value)}: "
        f"{_counted(share)} {_kind(one.measure, classes)} films are "
        f"{_right(one.measure, classes)} ({percent(share.value)}, between "
        f"{interval(share.interval, joint=' and ')}); of the others, {_counted(others)} "
        f"({percent(others.value)})."
    )
    looks = f"{count(one.compared, 'comparison')} made here"
    if one.clear:
        return f"{said} That is more than chance explains, even with {looks}."
    return f"{said} With so few patients, and {looks}, that can be chance."


def _not_compared(found: Slices) -> Iterator[str]:
    for aspect in SLICED_BY:
        silent = [one for one in MEASURES if (aspect, one) not in found.comparable]
        if not silent:
            continue
        reasons = {one: _why(found, aspect, one) for one in silent}
        if len(set(reasons.values())) == 1 and len(reasons) == len(MEASURES):
            why = " ".join(reasons[MEASURES[0]])  # of all films alike
        else:
            why = "; ".join(
                f"{before} {_kind(one, found.classes)} {after}"
                for one, (before, after) in reasons.items()
            )
        what = "nothing can be" if len(silent) == len(MEASURES) else f"{silent[0]} cannot be"
        yield f"By {aspect}, {what} compared: {why}."


def _why(found: Slices, aspect: str, measure: Measure) -> tuple[str, str]:
    """What stands before and after the class of the films."""
    there = [one for one in found.rows if one.aspect == aspect and one.of(measure)]
    known = [one for one in there if one.value != UNKNOWN]
    if not there:
        return "there are no", "films"
    if not known:
        return "no", f"film has a recorded {aspect}"
    if len(known) == 1:
        which = f" with a known {aspect}" if len(there) > 1 else ""
        return "all", f"films{which} are {_of(aspect, known[0].value)}"
    return "too few", "films in all groups, or in all but one"


def _kind(measure: Measure, classes: tuple[str, ...]) -> str:
    if measure == "sensitivity":
        return classes[0]
    return classes[1] if len(classes) == 2 else "other"


def _right(measure: Measure, classes: tuple[str, ...]) -> str:
    return "found" if measure == "sensitivity" else f"rightly not called {classes[0]}"


def _of(aspect: str, value: str) -> str:
    name = slice_name(aspect, value)
    return {
        "source": f"from {name}",
        "view": f"{name} views",
        "sex": f"of {name}",
        "age": f"of people of {name}",
    }[aspect]


def _among(aspect: str, value: str) -> str:
    name = slice_name(aspect, value)
    return {
        "source": f"in films from {name}",
        "view": f"in {name} views",
        "sex": f"in {name}",
        "age": f"in people of {name}",
    }[aspect]


def _counted(share: Proportion) -> str:
    return f"{share.successes:,} of {share.trials:,}"
