"""From findings to one sentence and one of three levels."""

from __future__ import annotations

from collections.abc import Sequence

from core.audit.audit_sentences import (
    nothing_checked_sentence,
    verdict_clean_sentence,
    verdict_sentence,
)
from core.audit.report import Finding, Verdict

# Which reasons are told first, among those of the same level: what a reader can check with
# his own eyes before what a classifier found.
_ORDER = ("class_by_source", "class_by_age", "class_by_view", "class_by_sex")
_REASONS = 4  # more do not fit a sentence that is to be read


def judge_findings(findings: Sequence[Finding], *, test_films: int) -> tuple[Verdict, str]:
    """The gravest level of any finding, and the sentence that says why.

    Without a single check on films that could be made there is nothing to rely on: that is
    ``caution`` too, never a clean bill.
    """
    for level in ("do_not_believe", "caution"):
        against = [one for one in findings if one.level == level and one.clause]
        if against:
            return level, verdict_sentence(level, _clauses(against, findings))
    tried = [one for one in findings if one.probed and one.value is not None]
    if not tried:
        return "caution", nothing_checked_sentence(test_films)
    best = max(tried, key=lambda one: one.value or 0.0)
    return "no_shortcut_found", verdict_clean_sentence(
        len(tried), best.probed, best.value or 0.0, best.interval,
        best.chance, test_films,
    )  # fmt: skip


def gravest(findings: Sequence[Finding]) -> Verdict:
    """The gravest level among findings that speak against the result."""
    found = {one.level for one in findings if one.clause}
    if "do_not_believe" in found:
        return "do_not_believe"
    return "caution" if "caution" in found else "no_shortcut_found"


def _clauses(against: Sequence[Finding], findings: Sequence[Finding]) -> list[str]:
    """At most four reasons: what is recorded first, then the strongest of each kind.

    A finding on source or age is told even where a graver one decides, since it says
    what the graver one rests on.
    """
    named = [*against]
    for one in findings:
        if one.check in _ORDER[:2] and one.clause and one not in named:
            named.append(one)
    recorded = sorted((one for one in named if one.check in _ORDER), key=_place)
    rest = sorted(
        (one for one in named if one.check not in _ORDER), key=lambda one: -(one.value or 0.0)
    )
    probes = [one for one in rest if one.probed][:1]
    others = [one for one in rest if not one.probed]
    room = _REASONS - len(probes) - len(others[:1])
    return [one.clause for one in [*recorded[:room], *probes, *others[:1]]]


def _place(one: Finding) -> int:
    return _ORDER.index(one.check)
