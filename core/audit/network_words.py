"""What the audit says of networks, in words (docs/audit.md lists all sentences)."""

from __future__ import annotations

from core.audit.report import Level
from core.audit.words import between, p_value, share
from core.text import points


def network_missing(reason: str) -> str:
    return f"This could not be checked: {reason}"


def own_network(
    what: str,
    value: float,
    interval: tuple[float, float],
    test: int,
    chance: float,
    level: Level,
) -> tuple[str, str]:
    """On the run's own network, shown films on which there is nothing to be diagnosed."""
    of = (
        f"{share(value)} ({between(interval)}) of {test} test films right, the classes counted "
        "alike"
    )
    guess = f"guessing gives {share(chance)}"
    if level == "no_shortcut_found":
        return (
            f"The run's own network, shown {what}, gets {of}, which is near guessing ({guess}). It "
            "was not trained on such films, so this alone does not clear it.",
            "",
        )
    return (
        f"The run's own network, shown {what}, still gets {of}; {guess}.",
        f"the network itself still gets {share(value)} right on {what}",
    )


def heat(details: dict[str, float], interval: tuple[float, float], level: Level) -> tuple[str, str]:
    """On where the heat lies; evenly spread heat has an area's own share."""
    told = (
        f"{share(details['lungs'])} ({between(interval)}) of the heat lies in the lungs, which are "
        f"{share(details['lungs_area'])} of the film; {share(details['edges'])} lies at the border "
        f"and in the corners, which are {share(details['edges_area'])}. With random weights it is "
        f"{share(details['random_lungs'])} and {share(details['random_edges'])}"
    )
    how = f" Where the lungs are: {_lungs(int(details['own_masks']), int(details['films']))}."
    if level == "no_shortcut_found":
        return f"{told}.{how}", ""
    clause = (
        f"only {share(details['lungs'])} of its heat lies in the lungs and "
        f"{share(details['edges'])} at the edges of the film"
    )
    return f"{told}: the answers rest on other places than they should.{how}", clause


def _lungs(own: int, films: int) -> str:
    if own == films:
        return "by each film's own mask"
    rough = "found by their darkness, roughly"
    return f"by the masks of {own} of {films} films, else {rough}" if own else rough


def untrained(
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
) -> tuple[str, str]:
    """On a network with random weights, next to the run's accuracy ``own``. ``more``: the run
    is shown to be better; ``easy``: what learnt nothing gets far above guessing."""
    told = (
        f"{title} with random weights, which has learnt nothing about films, and a logistic "
        f"regression get {share(value)} ({between(interval)}) of {test} test films right; the run "
        f"gets {share(own)} (McNemar {p_value(p)})"
    )
    if more:
        return f"{told}: the run learnt more than that.", ""
    if not easy:
        return f"{told}: the run is not shown to have learnt more, and neither does well.", ""
    if level == "no_shortcut_found":
        return f"{told}: this test is easy, but nothing says that a shortcut makes it so.", ""
    clause = f"a network with random weights gets {share(value)} ({between(interval)}) right too"
    return f"{told}: the run shows no more than that.", clause


def split_inflation(
    apart: float, together: float, gap: float, interval: tuple[float, float], *, torn: bool
) -> tuple[str, str]:
    """``torn``: the run's own split tears patients apart."""
    told = (
        f"A logistic regression on these films gets {share(apart)} right with films split one "
        f"by one and {share(together)} with patients kept together: {points(gap)} points "
        f"({points(interval[0])} to {points(interval[1])})"
    )
    if interval[0] <= 0:
        return f"{told}, so tearing patients apart makes no difference that shows.", ""
    if not torn:
        return f"{told}. The run's own split keeps patients together, as it should.", ""
    clause = f"tearing patients apart alone is worth {points(gap, signed=False)} points"
    return f"{told}. That much is recognising patients.", clause


def no_split_inflation() -> str:
    return (
        "What tearing patients apart is worth cannot be told: no patient is known to have "
        "several films, or a class has too few patients."
    )
