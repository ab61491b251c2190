"""An audit's checks as one table: what was measured, drawn beside guessing, one sentence, a level.

The gravest come first, and each sentence stands once; what a check is unfolds under it. Own HTML,
because no table of Streamlit's draws an interval in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import streamlit as st

from core.audit.report import LEVELS, AuditReport, Finding
from core.palette import SURROUNDS, Surround
from core.text import interval, percent
from pages.components.audit.terms import about
from pages.components.audit.verdict import COLOURS, HEADINGS, SIGNS
from pages.components.charts import theme

NARROW = "44rem"  # below, a row is a block: five columns do not fit a telephone


def checks_table(report: AuditReport) -> None:
    """All checks, the gravest first."""
    st.subheader("What was checked")
    ordered = sorted(report.findings, key=lambda one: LEVELS.index(one.level))
    st.html(checks_html(ordered, SURROUNDS[theme()]))


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
        f"<td>{_unbroken(one.sentence)}<details><summary>What this is</summary>"
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
        return f"<span>{_unbroken(said)}</span>"
    told = f"{said}, 95 % interval {interval((low, high))}" if one.interval else said
    guess = one.details.get("chance")
    line = ""
    if isinstance(guess, int | float):
        told += f"; guessing gives {percent(guess)}"
        line = f'<i class="guess" style="left:{_at(float(guess))}"></i>'
    return (
        f'<span class="bar" role="img" aria-label="{escape(told)}" title="{escape(told)}">'
        f'<i class="value" style="width:{_at(one.value)};background:{COLOURS[one.level]}"></i>'
        f'<i class="range" style="left:{_at(low)};width:{_at(high - low)}"></i>{line}</span>'
        f"<span>{_unbroken(said)}</span>"
    )


def _measured(one: Finding) -> str:
    if one.check.endswith("_inflation"):
        return "a difference"
    if one.check.startswith("class_by_"):
        return f"Cramér's V {one.value:.2f}"
    return percent(one.value, 0)


def _at(share: float) -> str:
    return f"calc({share:.3f} * 100%)"


def _unbroken(text: str) -> str:
    """HTML; a number and its sign, and both ends of a range, stay together on a narrow screen."""
    return escape(text).replace(" %", "\u00a0%").replace("–", "\u2060–\u2060")


def _plain(markdown: str) -> str:
    """The explanations' bold words as HTML; nothing else of Markdown is in them."""
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", _unbroken(markdown))


def _style(look: Surround) -> str:
    return f"""
.audit-checks {{container-type: inline-size}}
.audit-checks table {{width: 100%; border-collapse: collapse; font-size: 0.95rem}}
.audit-checks caption {{text-align: left; color: {look.muted}; padding-bottom: 0.4rem}}
.audit-checks :is(th, td) {{text-align: left; vertical-align: top;
  padding: 0.55rem 0.75rem 0.55rem 0; border-bottom: 1px solid {look.grid}}}
.audit-checks thead th {{color: {look.muted}; font-weight: 400}}
.audit-checks tbody th {{font-weight: 600; min-width: 8rem}}
.audit-checks .bar {{position: relative; display: block; width: 9rem; height: 0.8rem;
  margin: 0.3rem 0; background: {look.grid}; border-radius: 3px}}
.audit-checks .bar i {{position: absolute; display: block; top: 0; height: 100%}}
.audit-checks .bar .value {{left: 0; border-radius: 3px}}
.audit-checks .bar .range {{top: 50%; height: 2px; margin-top: -1px; background: {look.text}}}
.audit-checks .bar .guess {{top: -0.2rem; height: 1.2rem; width: 0;
  border-left: 2px dashed {look.text}}}
.audit-checks .level {{display: inline-block; white-space: nowrap; border: 1.5px solid;
  border-radius: 999px; padding: 0.05rem 0.6rem}}
.audit-checks summary {{cursor: pointer; color: {look.muted}; padding: 0.25rem 0;
  width: fit-content}}
.audit-checks summary:focus-visible {{outline: 2px solid {look.accent}; outline-offset: 2px}}
@container (max-width: {NARROW}) {{
  .audit-checks thead {{display: none}}
  .audit-checks :is(tr, th, td) {{display: block; border: 0; padding: 0.2rem 0}}
  .audit-checks tr {{border-bottom: 1px solid {look.grid}; padding: 0.7rem 0}}
}}"""
