"""What a check measured, before it is known how many checks there were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.audit.report import Finding, Level
from core.statistics.hypotheses import holm

# All checks of one audit together raise a false alarm in at most this share of audits.
ALPHA = 0.01

Say = Callable[[Level, float], tuple[str, str]]  # level, corrected p → sentence, clause


@dataclass(frozen=True)
class CheckResult:
    """``level``: by size alone. ``p``: that it is chance, as if this were the only check; None
    when size alone decides. ``say``: sentence and clause once level and p are final."""

    check: str
    title: str
    value: float | None
    interval: tuple[float, float] | None
    level: Level
    p: float | None
    say: Say
    details: Mapping[str, object] = field(default_factory=dict)


def after_holm(measured: Sequence[CheckResult]) -> list[Finding]:
    """Findings, with p corrected for the number of checks (Holm); what may be chance is no
    shortcut, however large."""
    tested = [one for one in measured if one.p is not None]
    corrected = dict(
        zip((one.check for one in tested), holm([one.p or 0.0 for one in tested]), strict=True)
    )
    return [_finding(one, corrected.get(one.check)) for one in measured]


def _finding(one: CheckResult, p: float | None) -> Finding:
    level = one.level
    if p is not None and p >= ALPHA:
        level = "no_shortcut_found"
    sentence, clause = one.say(level, 0.0 if p is None else p)
    details = one.details if p is None else {**one.details, "p": one.p, "p_corrected": p}
    return Finding(
        check=one.check,
        title=one.title,
        value=one.value,
        interval=one.interval,
        level=level,
        sentence=sentence,
        clause=clause,
        details=dict(details),
    )


def unmeasured(check: str, title: str, sentence: str, **details: Any) -> CheckResult:
    """A check that could not be made; ``sentence`` says why."""
    return CheckResult(
        check, title, None, None, "not_checked", None, lambda *_: (sentence, ""), details
    )


def with_details(one: CheckResult, **more: Any) -> CheckResult:
    return replace(one, details={**one.details, **more})
