"""How numbers are written for people, in one way wherever they stand.

**Percentages.** Rounded as one learns it at school (half goes up), and never “100 %” or “0 %” for
what is not all or none: where the digits asked for would say so, one decimal more is given, and
what rounds to all or none even then stops at the last step before it, 99.9 % or 0.1 %. So
``0.9996`` is “99.9 %”, 199 of 200 are “99.5 %” whether one decimal was asked for or none, and
“100 %” can be taken at its word. A number that is not known, not finite or cannot be computed is
a dash.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

NONE = "–"  # in place of a number that could not be computed, or is not known
TOO_LARGE = 1e12  # for a share: a damaged file says so, and it is not known
_SAME = 1e-9  # what arithmetic in float64 loses; no count of films makes so small a share


def percent(share: float | None, digits: int = 1) -> str:
    """A share (0 to 1) as “97.5 %”, by the rule above."""
    number = in_percent(share, digits)
    return number if number == NONE else f"{number} %"


def percent_of(part: float, whole: float, digits: int = 1) -> str:
    """``part`` of ``whole`` as “97.5 %”; a dash of nothing. Counts decide what is all and none."""
    return percent(part / whole if whole else None, digits)


def probability(value: float | None, digits: int = 1) -> str:
    """What a network says (0 to 1) as “97.5 %”: never 0 or 100, because a softmax reaches neither;
    float32 only cannot tell it from them."""
    return percent(value if value is None else inside(value), digits)


def inside(value: float) -> float:
    """A network's probability, moved off 0 and 1 so little that no digit shows it."""
    return value if math.isnan(value) else min(max(float(value), 2 * _SAME), 1 - 2 * _SAME)


def in_percent(share: float | None, digits: int = 1) -> str:
    """A share (0 to 1) as “97.5”, for where the unit stands beside it, by the same rule."""
    value = _number(share)
    if value is None:
        return NONE
    if abs(value) < _SAME or abs(abs(value) - 1) < _SAME:
        return _rounded(round(value), digits)
    said = _rounded(value, digits)
    if not _extreme(said):
        return said
    digits = max(digits, 1)
    said = _rounded(value, digits)
    if not _extreme(said):
        return said
    step = Decimal(1).scaleb(-digits)
    sign = "-" if value < 0 else ""
    if abs(value) < 0.5:
        return f"{sign}{step}"
    return f"{sign}{100 - step if abs(value) < 1 else 100 + step}"


def chosen(share: float) -> str:
    """A share that somebody chose (0 to 1), with the digits that it has: “95 %”, “99.5 %”."""
    number = in_percent(share, 4)
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} %"


def percent_number(share: float | None, digits: int = 1) -> float | None:
    """A share (0 to 1) as a number of percent for a column that sorts, and that C's ``%.1f`` with
    so many digits (at least one) shows by the same rule: 99.9 for 0.9996. None where there is
    none."""
    digits = max(digits, 1)
    value, said = _number(share), in_percent(share, digits)
    if value is None:
        return None
    return 100 * value if f"{100 * value:.{digits}f}" == said else float(said)


def interval(
    ends: tuple[float | None, float | None] | None, digits: int = 1, joint: str = "–"
) -> str:
    """Two shares (0 to 1) as “91.3–99.3 %”; a dash for None and for ends that are not known."""
    if ends is None:
        return NONE
    low, high = (in_percent(end, digits) for end in ends)
    return NONE if NONE in (low, high) else f"{low}{joint}{high} %"


def points(difference: float | None, digits: int = 1, *, signed: bool = True) -> str:
    """A difference of two shares (-1 to 1) as “+4.0” percentage points, without the unit. What is
    not none never reads as 0, so that an end of an interval keeps its side of it."""
    said = in_percent(difference, digits)
    if said == NONE:
        return said
    if not signed:
        return said.removeprefix("-")
    return said if said.startswith("-") or not float(said) else f"+{said}"


def p_value(p: float) -> str:
    """“p = 0.012”; what would round to nothing is “p < 0.001”."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def count(number: int, what: str, several: str | None = None) -> str:
    """“no films”, “1 film”, “1,200 films”; ``several`` where an s does not do (“classes”)."""
    if number == 1:
        return f"1 {what}"
    return f"{f'{number:,}' if number else 'no'} {several or f'{what}s'}"


def listed(parts: Sequence[object], joint: str = "and", most: int | None = None) -> str:
    """“a”, “a and b”, “a, b and c”; of more than ``most`` the first ones “and 4 more”."""
    names = [str(one) for one in parts]
    if most is not None and len(names) > most + 1:
        names, joint = [*names[:most], f"{len(names) - most:,} more"], "and"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {joint} {names[-1]}"


def duration(seconds: float | None) -> str:
    """“0.02 s”, “4.2 s”, “3 min 20 s”, “2 h 5 min”; a dash when it is not known."""
    if seconds is None or not math.isfinite(seconds):
        return NONE
    if not seconds:
        return "0 s"
    if seconds < 0.1:
        return f"{seconds:.2f} s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 10 and rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def rough(seconds: float) -> str:
    """A duration that nobody knows exactly: “under 10 s”, “40 s”, “3 min”, “25 min”, “1.5 h”."""
    if seconds < 10:
        return "under 10 s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = seconds / 60
    if minutes < 9.5:
        return f"{max(round(minutes), 1)} min"
    if minutes < 57.5:
        return f"{5 * round(minutes / 5)} min"
    hours = minutes / 60
    if hours < 9.75:
        return f"{round(2 * hours) / 2:g} h"
    return f"{round(hours)} h" if hours < 36 else count(round(hours / 24), "day")


def span(low: float, high: float) -> str:
    """Two rough durations as one text, in seconds: “about 3 min”, “40 s to 3 min”, “2 to 9 min”."""
    first, last = rough(low), rough(high)
    if high <= 1.6 * low or first == last:
        middle = rough(math.sqrt(low * high))
        return middle if middle.startswith("under") else f"about {middle}"
    if first.startswith("under"):
        return f"up to {last}"
    number, _, unit = first.partition(" ")
    return f"{number if last.endswith(' ' + unit) else first} to {last}"


def capital(text: str) -> str:
    """The text with a capital at its beginning and nowhere else."""
    return text[:1].upper() + text[1:]


def _number(share: float | None) -> float | None:
    """None for what is no finite number, NaN of pandas and numpy among it."""
    if share is None:
        return None
    try:
        value = float(share)
    except (TypeError, ValueError):  # pandas's NA
        return None
    return value if abs(value) < TOO_LARGE else None


def _rounded(share: float, digits: int) -> str:
    # By the shortest decimal that is this float: 0.125 is half a step, and so is 0.285 (whose
    # bits lie a little below).
    exact = Decimal(repr(float(share))).scaleb(2)
    said = exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return str(said if said else abs(said))


def _extreme(said: str) -> bool:
    return abs(float(said)) in (0, 100)
