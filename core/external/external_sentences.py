"""What an external test says, in sentences for people who do not read tables."""

from __future__ import annotations

from core.external.report import TOLERATED, Comparison, Estimate
from core.text import points

JUST_OVER = 0.0005  # a difference that one decimal of a percentage point does not show


def external_headline(found: Comparison) -> str:
    """The answer in one sentence: false alarms there and at home, else what is found."""
    alarms = found.external.false_positive_rate
    if alarms.value is None:
        return _found(found)
    negatives = negative_films(found)
    said = (
        f"On {negatives} from {found.source} it calls {of_100(alarms)} {found.positive} "
        f"({alarms.successes:,} of {alarms.trials:,})"
    )
    own = found.internal.false_positive_rate
    if own.value is None:
        return f"{said}; its own test had none such to compare with."
    return f"{said}; on those of its own test {of_100(own)} ({own.successes:,} of {own.trials:,})."


def external_sentences(found: Comparison) -> tuple[str, ...]:
    """The headline, the verdict, what is found of the positive films, and with more than two
    classes how many films get their own."""
    # Without negatives the headline is about the positive films already.
    said = (external_headline(found), external_verdict(found), _found(found), _own_class(found))
    return tuple(dict.fromkeys(one for one in said if one))


def external_verdict(found: Comparison) -> str:
    """What follows, by ``found.level``."""
    if found.level == "worse":
        parts = []
        alarms = found.differences["false_positive_rate"]
        if alarms.interval and alarms.interval[0] > 0:
            parts.append(f"{_points(alarms)} more false alarms per 100 films")
        finds = found.differences["sensitivity"]
        if finds.interval and finds.interval[1] < 0:
            parts.append(f"{_points(finds)} fewer {found.positive} films found per 100")
        return (
            f"Its own test does not hold on {found.source}: {' and '.join(parts)}. Do not expect "
            "the numbers of the test from films of another hospital."
        )
    if found.level == "holds":
        return (
            f"Its own test holds on {found.source}: a drop of more than "
            f"{points(TOLERATED, 0, signed=False)} points is unlikely on these films. Another "
            "hospital can still be different."
        )
    if found.external.sensitivity.value is None or found.internal.sensitivity.value is None:
        return "No more false alarms are shown there than in its own test."
    if found.differences["false_positive_rate"].value is None:
        return (
            f"No fewer {found.positive} films are shown to be found there than in its own test; "
            "how many false alarms it would raise is not known."
        )
    return (
        "No drop is shown, and none can be ruled out either: for that there are too few films, "
        f"{len(found.external.predictions):,} from {found.source} and "
        f"{len(found.internal.predictions):,} of its own test."
    )


def negative_films(found: Comparison) -> str:
    """“healthy films”; with several other classes “films that are not covid”."""
    classes = found.external.predictions.classes
    if len(classes) == 2 and not classes[1].lower().startswith("not "):
        return f"{classes[1]} films"
    return f"films that are not {found.positive}"


def of_100(rate: Estimate) -> str:
    """“94 of 100”; never 0 or 100 for what is neither."""
    if rate.value is None:
        return "–"
    whole = round(100 * rate.value)
    if whole == 0 and rate.successes:
        return "fewer than 1 of 100"
    if whole == 100 and rate.successes < rate.trials:
        return "more than 99 of 100"
    return f"{whole} of 100"


def _found(found: Comparison) -> str:
    there, own = found.external.sensitivity, found.internal.sensitivity
    if there.value is None:
        return (
            f"{found.source} has no {found.positive} film that could be used, so how many it would "
            "find there is not known."
        )
    said = (
        f"Of {found.positive} films from {found.source} it finds {of_100(there)} "
        f"({there.successes:,} of {there.trials:,})"
    )
    if own.value is None:
        return f"{said}; its own test had none to compare with."
    return f"{said}; of those of its own test {of_100(own)} ({own.successes:,} of {own.trials:,})."


def _own_class(found: Comparison) -> str:
    """Telling one class from all others is not all that a run of several classes does."""
    sides = (found.external.evaluation, found.internal.evaluation)
    if len(found.external.predictions.classes) == 2 or not all(one.films for one in sides):
        return ""
    there, own = (f"{int(one.confusion.trace()):,} of {one.films:,}" for one in sides)
    return f"Their own class get {there} films from {found.source}, {own} of its own test."


def _points(rate: Estimate) -> str:
    """“93 (89 to 96)”, without a sign: the words around it say which way."""
    assert rate.value is not None
    assert rate.interval is not None
    low, high = sorted(rate.interval, key=abs)
    # Where a drop is shown, its lower end must not read as if there might be none.
    least = "just over 0" if 0 < abs(low) < JUST_OVER else points(low, 0, signed=False)
    high_end = points(high, 0, signed=False)
    return f"{points(rate.value, 0, signed=False)} ({least} to {high_end})"
