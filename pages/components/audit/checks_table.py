"""An audit's checks as one table: what was measured, drawn beside guessing, one sentence, a level.

The gravest come first, and each sentence stands once; what a check is unfolds under it. Own HTML:
see ``pages/components/bars.py``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import streamlit as st

from core.audit.report import LEVELS, AuditReport, Finding
from core.palette import CSS_SURROUND, Surround
from core.text import interval, percent
from pages.components.audit.terms import about
from pages.components.audit.verdict import COLOURS, HEADINGS, SIGNS
from pages.components.bars import bar_html, table_style, unbroken

NARROW = "44rem"  # below, a row is a block: five columns do not fit a telephone


def checks_table(report: AuditReport) -> None:
    """All checks, the gravest first."""
    st.subheader("What was checked")
    ordered = sorted(report.findings, key=lambda one: LEVELS.index(one.level))
    st.html(checks_html(ordered, CSS_SURROUND))


def checks_html(findings: Sequence[Finding], look: Surround) -> str:
    """The table of ``findings`` in this order, with its style."""
    rows = "".join(map(_row, findings))
    return (
        f"<style>{_style(look)}</style>"
        '<div class="audit-checks"><table><caption>Checks of this audit: a dashed line is where '
        "guessing would be, the thin line a 95 % interval</caption><thead><tr>"
        '<th scope="col">Check</th><th scope="col">Measured</th><th scope="col">What came of it'
        f'</th><th scope="col">Level</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(one: Finding) -> str:
    return (
        f'<tr><th scope="row">{escape(one.title)}</th><td>{_bar(one)}</td>'
        f"<td>{unbroken(one.sentence)}<details><summary>What this is</summary>"
        f"{_plain(about(one))}</details></td>"
        f'<td><span class="level" style="border-color:{COLOURS[one.level]}">'
        f'<span style="color:{COLOURS[one.level]}" aria-hidden="true">{SIGNS[one.level]}</span> '
        f"{escape(HEADINGS[one.level])}</span></td></tr>"
    )


def _bar(one: Finding) -> str:
    """A share or a Cramér's V from 0 to 1 as a bar, its interval, and where guessing would be;
    a number alone where the value is a difference, a dash where nothing was measured."""
    if one.value is None:
        return "–"
    said = _measured(one)
    low, high = one.interval or (one.value, one.value)
    if low < 0 or high > 1 or one.check.endswith("_inflation"):
        return f"<span>{unbroken(said)}</span>"
    told = f"{said}, 95 % interval {interval((low, high))}" if one.interval else said
    guess = one.details.get("chance")
    line = float(guess) if isinstance(guess, int | float) else None
    if line is not None:
        told += f"; guessing gives {percent(line)}"
    drawn = bar_html(one.value, told, COLOURS[one.level], interval=(low, high), line=line)
    return f"{drawn}<span>{unbroken(said)}</span>"


def _measured(one: Finding) -> str:
    if one.check.endswith("_inflation"):
        return "a difference"
    if one.check.startswith("class_by_"):
        return f"Cramér's V {one.value:.2f}"
    return percent(one.value, 0)


def _plain(markdown: str) -> str:
    """The explanations' bold words as HTML; nothing else of Markdown is in them."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", unbroken(markdown))


def _style(look: Surround) -> str:
    return f"""{table_style("audit-checks", look, NARROW)}
.audit-checks summary {{cursor: pointer; color: {look.muted}; padding: 0.25rem 0;
  width: fit-content}}
.audit-checks summary:focus-visible {{outline: 2px solid {look.accent}; outline-offset: 2px}}"""
