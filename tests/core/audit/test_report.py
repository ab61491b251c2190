"""What is kept of an audit, and the sentence that it comes down to."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.audit.check_result import CheckResult, after_holm
from core.audit.report import AuditReport, Finding, LeakPair, Level
from core.audit.verdict import gravest, judge_findings


def finding(check: str, level: Level, value: float = 0.9, **details: object) -> Finding:
    clause = f"because of {check}" if level in ("do_not_believe", "caution") else ""
    return Finding(
        check=check,
        title=check,
        value=value,
        interval=(0.8, 1.0),
        level=level,
        sentence=f"About {check}.",
        clause=clause,
        details=details,
    )


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    report = AuditReport(
        run="run",
        dataset="study",
        verdict="caution",
        sentence="Be careful.",
        findings=(finding("file_facts", "caution", chance=0.5),),
        pairs=(
            LeakPair(
                kind="patient",
                test_film="a",
                train_film="b",
                test_class="covid",
                train_class="covid",
                likeness=0.91,
            ),
        ),
        made_at=12.5,
    )
    report.save_in(tmp_path / "audit")
    assert AuditReport.load_from(tmp_path / "audit") == report


@pytest.mark.parametrize("text", ["", "[]", '{"version": 0}', '{"version": 1, "findings": 3}'])
def test_a_damaged_or_older_report_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit.json").write_text(text)
    assert AuditReport.load_from(tmp_path) is None


def test_the_document_has_what_was_agreed() -> None:
    document = AuditReport(
        run="run",
        dataset="study",
        verdict="caution",
        sentence="Be careful.",
        findings=(finding("file_facts", "caution"),),
    ).document()
    assert document["verdict"] == "caution"
    assert list(document["findings"][0]) == ["check", "value", "interval", "level", "sentence"]


def test_the_gravest_finding_decides_and_source_and_age_are_told_first() -> None:
    found = [
        finding("class_by_sex", "do_not_believe"),
        finding("border_only", "do_not_believe", 0.95, what="borders", chance=0.5),
        finding("file_facts", "do_not_believe", 0.99, what="facts", chance=0.5),
        finding("class_by_age", "caution"),
        finding("class_by_source", "do_not_believe"),
        finding("shared_patients", "caution"),
    ]
    assert gravest(found) == "do_not_believe"
    verdict, sentence = judge_findings(found, test_films=80)
    assert verdict == "do_not_believe"
    assert sentence == (
        "Do not believe this result: because of class_by_source; because of class_by_age; "
        "because of class_by_sex; because of file_facts."
    )


def test_a_clean_verdict_names_the_best_probe() -> None:
    found = [
        finding("file_facts", "no_shortcut_found", 0.5, what="facts", chance=0.5),
        finding("grey_levels", "no_shortcut_found", 0.6, what="greys", chance=0.5),
    ]
    verdict, sentence = judge_findings(found, test_films=24)
    assert verdict == "no_shortcut_found"
    assert (
        "of 2 classifiers that never saw the lungs, the best (it saw greys) gets 60 %" in sentence
    )


def test_what_chance_explains_is_no_shortcut() -> None:
    """0.004 is rare for one check, but not among ten."""

    def say(level: Level, p: float) -> tuple[str, str]:
        return level, "reason" if level == "caution" else ""

    checks = [
        CheckResult(
            f"check{place}", "", 0.7, (0.6, 0.8), "caution", 0.004 if place else 0.0005, say
        )
        for place in range(10)
    ]
    found = after_holm(checks)
    assert [one.level for one in found] == ["caution"] + ["no_shortcut_found"] * 9
    assert found[1].clause == ""
    assert found[0].details["p_corrected"] == pytest.approx(0.005)


def test_details_that_are_not_there_or_damaged_are_none() -> None:
    one = finding("class_by_age", "caution", what="facts", chance=0.5, published=["a", 1],
                  counts={"covid": {"0–17": 3}})  # fmt: skip
    assert (one.probed, one.chance, one.published) == ("facts", 0.5, ["a", "1"])
    assert one.counts == {"covid": {"0–17": 3}}
    bare = finding("class_by_age", "caution", published="a", counts=[1])
    assert (bare.probed, bare.published, bare.counts) == ("", [], {})
    assert finding("x", "caution", published=("a",)).published == ["a"]
    with pytest.raises(KeyError):
        _ = bare.chance
