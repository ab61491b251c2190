"""What the audit says, in words: every sentence of it is here (docs/audit.md lists them)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from core import text
from core.audit.check_result import ALPHA
from core.audit.report import Level

_share = partial(text.percent, digits=0)
_between = partial(text.interval, digits=0)
_Counts = dict[str, dict[str, int]]


_OF = {
    "source": lambda value: f"come from {value}",
    "view": lambda value: f"are {value} views",
    "age": lambda value: f"show patients aged {value}",
    "sex": lambda value: f"show {'women' if value == 'F' else 'men'}",
}


def association_sentence(
    name: str,
    counts: _Counts,
    v: float,
    interval: tuple[float, float],
    p: float,
    *,
    apart: bool,
    published: Sequence[str],
    level: Level,
) -> tuple[str, str]:
    """The sentence and the verdict's clause on class × an aspect that is recorded."""
    numbers = f"Cramér's V {v:.2f}, {interval[0]:.2f}–{interval[1]:.2f}; {text.p_value(p)}"
    known = {
        one: {value: n for value, n in row.items() if n and value != "unknown"}
        for one, row in counts.items()
    }
    values = {value for row in known.values() for value in row}
    said = f" Where films do not say, their publisher does: {'; '.join(published)}."
    if not published:
        said = ""
    if len(values) == 1:
        return f"All films have the same {name}, {next(iter(values))}.{said}", ""
    if level == "no_shortcut_found":
        return f"The classes hardly differ in {name} ({numbers}).{said}", ""
    if apart and name == "source":
        each = text.listed(
            [
                f"all {sum(row.values()):,} {one} films from {text.listed(list(row), 'or')}"
                for one, row in known.items()
            ]
        )
        sentence = (
            f"Each class comes from one source, which is the worst case: {each} ({numbers}). "
            "Whatever differs between the sources tells the classes apart."
        )
        return sentence, f"each class comes from a source of its own ({each})"
    differ = _differ(name, known)
    # The verdict stands where nobody explains the measure; its ends do.
    clause = (
        f"{differ} (Cramér's V {v:.2f} of 1{', partly as their publisher says' if said else ''})"
    )
    return f"{text.capital(differ)} ({numbers}).{said}", clause


def _differ(name: str, known: _Counts) -> str:
    """Where two classes differ most, told with the shares of both."""
    best = ("", "", "", 0.0, 0.0)
    names = list(known)
    for index, one in enumerate(names):
        for other in names[index + 1 :]:
            mine, theirs = known[one], known[other]
            for value in {*mine, *theirs}:
                a = mine.get(value, 0) / max(sum(mine.values()), 1)
                b = theirs.get(value, 0) / max(sum(theirs.values()), 1)
                if (abs(a - b), value) > (abs(best[3] - best[4]), best[2]):
                    best = (one, other, value, a, b)
    one, other, value, a, b = best
    if a < b:
        one, other, a, b = other, one, b, a
    less = "none" if b == 0 else _share(b)
    # Where a film was imported from is always known.
    known_of = "" if name == "source" else f" whose {name} is known"
    return (
        f"by {name}, {_share(a)} of the {one} films{known_of} but {less} of the {other} "
        f"films {_OF[name](value)}"
    )


def not_recorded_sentence(name: str, shares: dict[str, float]) -> str:
    each = text.listed([f"{_share(part)} of {one}" for one, part in shares.items()])
    return (
        f"The {name} is recorded for too few films ({each}), so whether the classes differ in it "
        "cannot be checked."
    )


def recorded_for_one_sentence(name: str, shares: dict[str, float], v: float) -> tuple[str, str]:
    each = text.listed([f"{_share(part)} of the {one} films" for one, part in shares.items()])
    clause = f"the {name} is recorded for {each}, so a difference in {name} cannot be ruled out"
    sentence = (
        f"{text.capital(clause)}. That alone goes with the class (Cramér's V {v:.2f}): look at "
        "what the sources say of their patients."
    )
    return sentence, clause


def probe_sentence(
    what: str,
    value: float,
    interval: tuple[float, float],
    p: float,
    *,
    test: int,
    chance: float,
    level: Level,
    tested: int = 0,
) -> tuple[str, str]:
    """On a classifier that sees only ``what``; value is its balanced accuracy. ``tested``: of how
    many test films ``test`` were drawn by lot, 0 where it is all of them."""
    lot = f", drawn by lot from {tested:,}," if tested else ""
    got = (
        f"{_share(value)} ({_between(interval)}) of {test:,} test films{lot} right, "
        "the classes counted alike"
    )
    start = f"A classifier that sees only {what} gets {got}"
    guess = f"guessing gives {_share(chance)}"
    if level == "no_shortcut_found":
        if interval[0] > chance and p < ALPHA:
            return (
                f"{start}; {guess}. That is no chance ({text.p_value(p)}), but too little to "
                "explain a good result.",
                "",
            )
        if interval[0] > chance:
            return (
                f"{start}; {guess}. When so many things are tried, that little may be chance "
                f"({text.p_value(p)}, the number of checks allowed for).",
                "",
            )
        return f"{start}: no better than guessing ({guess}).", ""
    clause = f"a classifier that sees only {what} gets {_share(value)} ({_between(interval)}) right"
    return f"{start}; {guess} ({text.p_value(p)}).", clause


def probe_missing_sentence(what: str, reason: str) -> str:
    return f"What a classifier gets that sees only {what} could not be measured: {reason}."


def verdict_sentence(level: Level, clauses: Sequence[str]) -> str:
    """The one sentence of a verdict that has reasons."""
    start = (
        "Do not believe this result" if level == "do_not_believe" else "Be careful with this result"
    )
    return f"{start}: {'; '.join(clauses)}."


def verdict_clean_sentence(
    tried: int,
    what: str,
    value: float,
    interval: tuple[float, float] | None,
    chance: float,
    test: int,
) -> str:
    return (
        f"No shortcut was found: of {tried} classifiers that never saw the lungs, the best (it saw "
        f"{what}) gets {_share(value)} ({_between(interval)}) right where guessing gives "
        f"{_share(chance)}; on {test:,} test films a weak shortcut can still hide."
    )


def nothing_checked_sentence(test: int) -> str:
    return (
        f"Be careful with this result: {text.count(test, 'film')} to test on are too few to "
        "tell a shortcut from chance, so it could not be audited."
    )


def unknown_patients_sentence(count: int, of: int) -> tuple[str, str]:
    which = "the films" if count == of else f"{count:,} of the {text.count(of, 'film')}"
    clause = f"nobody knows the patients of {which}, so some may be in training and in test"
    return f"{text.capital(clause)}: no split can keep apart what is not known.", clause


def no_shared_patients_known_sentence() -> str:
    return (
        "Whether a patient has films both in training and in test cannot be known: the patients "
        "of some of them are unknown."
    )


def shared_patients_sentence(
    count: int, test: int, interval: tuple[float, float]
) -> tuple[str, str]:
    if not count:
        return f"No patient has films both in training and among the {test:,} test films.", ""
    clause = (
        f"{_share(count / test)} of the test films ({count:,} of {test:,}) show a patient who is "
        "in training too"
    )
    return (
        f"{text.capital(clause)} ({_between(interval)}): recognising the patient is enough there.",
        clause,
    )


def near_duplicates_sentence(
    count: int, test: int, interval: tuple[float, float]
) -> tuple[str, str]:
    if not count:
        return f"None of the {test:,} test films is nearly the same picture as a training film.", ""
    clause = (
        f"{_share(count / test)} of the test films ({count:,} of {test:,}) are nearly the same "
        "picture as a training film"
    )
    return f"{text.capital(clause)} ({_between(interval)}).", clause


def leak_inflation_sentence(
    seen: tuple[int, int], unseen: tuple[int, int], gap: float, interval: tuple[float, float]
) -> tuple[str, str]:
    told = (
        f"Of the test films with a leak {seen[0]:,} of {seen[1]:,} are right, of those without "
        f"{unseen[0]:,} of {unseen[1]:,}: a difference of {text.points(gap, 0)} points "
        f"({text.points(interval[0], 0)} to {text.points(interval[1], 0)})"
    )
    if interval[0] <= 0:
        return f"{told}, so on so few films no inflation can be shown.", ""
    clause = (
        f"test films with a leak are right {text.points(gap, 0, signed=False)} points more often "
        "than the others"
    )
    return f"{told}. The leaks flatter the result.", clause


def no_inflation_sentence(reason: str) -> str:
    return f"By how much leaks flatter the result cannot be told: {reason}."


def other_split_sentence(
    mine: tuple[str, float, tuple[float, float] | None, int],
    theirs: tuple[str, float, tuple[float, float] | None, int],
) -> tuple[str, str]:
    """Each: which split, accuracy, interval, test films; ``mine`` is the run's own."""
    told = text.listed(
        [
            f"{_share(value)} ({_between(interval)}) of {test:,} test films with {kind}"
            for kind, value, interval, test in (mine, theirs)
        ]
    )
    return f"The same network gets {told}.", ""
