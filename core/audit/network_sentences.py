"""What the audit says of networks, in words (docs/audit.md lists all sentences)."""

from __future__ import annotations

from functools import partial

from core import text
from core.audit.report import Level

_share = partial(text.percent, digits=0)
_between = partial(text.interval, digits=0)


def network_missing_sentence(reason: str) -> str:
    return f"This could not be checked: {reason}"


def own_network_sentence(
    what: str,
    value: float,
    interval: tuple[float, float],
    test: int,
    chance: float,
    level: Level,
) -> tuple[str, str]:
    """On the run's own network, shown films on which there is nothing to be diagnosed."""
    of = (
        f"{_share(value)} ({_between(interval)}) of {test} test films right, the classes counted "
        "alike"
    )
    guess = f"guessing gives {_share(chance)}"
    if level == "no_shortcut_found":
        return (
            f"The run's own network, shown {what}, gets {of}, which is near guessing ({guess}). It "
            "was not trained on such films, so this alone does not clear it.",
            "",
        )
    return (
        f"The run's own network, shown {what}, still gets {of}; {guess}.",
        f"the network itself still gets {_share(value)} right on {what}",
    )


def heat_sentence(
    details: dict[str, float], interval: tuple[float, float], level: Level
) -> tuple[str, str]:
    """On where the heat lies; evenly spread heat has an area's own share."""
    told = (
        f"{_share(details['lungs'])} ({_between(interval)}) of the heat lies in the lungs, which "
        f"are {_share(details['lungs_area'])} of the film; {_share(details['edges'])} lies at the "
        f"border and in the corners, which are {_share(details['edges_area'])}. With random "
        f"weights it is "
        f"{_share(details['random_lungs'])} and {_share(details['random_edges'])}"
    )
    how = f" Where the lungs are: {_lungs(int(details['own_masks']), int(details['films']))}."
    if level == "no_shortcut_found":
        return f"{told}.{how}", ""
    clause = (
        f"only {_share(details['lungs'])} of its heat lies in the lungs and "
        f"{_share(details['edges'])} at the edges of the film"
    )
    return f"{told}: the answers rest on other places than they should.{how}", clause


def _lungs(own: int, films: int) -> str:
    if own == films:
        return "by each film's own mask"
    rough = "found by their darkness, roughly"
    return f"by the masks of {own} of {films} films, else {rough}" if own else rough


def untrained_sentence(
    title: str,
    value: float,
    interval: tuple[float, float],
    own: float,
    test: int,
    p: float,
    *,
    more: bool,
    easy: bool,
    level: Level,
    tested: int = 0,
) -> tuple[str, str]:
    """On a network with random weights, next to the run's accuracy ``own``. ``more``: the run
    is shown to be better; ``easy``: what learnt nothing gets far above guessing. ``tested``: of how
    many test films ``test`` were drawn by lot, 0 where it is all of them."""
    lot = f", drawn by lot from {tested:,}," if tested else ""
    told = (
        f"{title} with random weights, which has learnt nothing about films, and a logistic "
        f"regression get {_share(value)} ({_between(interval)}) of {test:,} test films{lot} right; "
        f"the run gets {_share(own)}, both by the most probable class (McNemar {text.p_value(p)})"
    )
    if more:
        return f"{told}: the run learnt more than that.", ""
    if not easy:
        return f"{told}: the run is not shown to have learnt more, and neither does well.", ""
    if level == "no_shortcut_found":
        return f"{told}: this test is easy, but nothing says that a shortcut makes it so.", ""
    clause = f"a network with random weights gets {_share(value)} ({_between(interval)}) right too"
    return f"{told}: the run shows no more than that.", clause


def split_inflation_sentence(
    apart: float,
    together: float,
    gap: float,
    interval: tuple[float, float],
    *,
    torn: bool,
    drawn: int = 0,
) -> tuple[str, str]:
    """``torn``: the run's own split tears patients apart. ``drawn``: how many films were drawn by
    lot for it, 0 where it is all of them."""
    films = f"{drawn:,} of these films, drawn by lot," if drawn else "these films"
    told = (
        f"A logistic regression on {films} gets {_share(apart)} right with films split one "
        f"by one and {_share(together)} with patients kept together: {text.points(gap)} points "
        f"({text.points(interval[0])} to {text.points(interval[1])})"
    )
    if interval[0] <= 0:
        return f"{told}, so tearing patients apart makes no difference that shows.", ""
    if not torn:
        return f"{told}. The run's own split keeps patients together, as it should.", ""
    clause = f"tearing patients apart alone is worth {text.points(gap, signed=False)} points"
    return f"{told}. That much is recognising patients.", clause


def no_split_inflation_sentence() -> str:
    return (
        "What tearing patients apart is worth cannot be told: no patient is known to have "
        "several films, or a class has too few patients."
    )
