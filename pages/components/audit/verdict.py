"""The verdict of an audit, large."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.audit.report import AuditReport, Level
from core.audit.status import AuditStatus
from core.palette import CSS_SURROUND, SURROUNDS, mix
from core.text import capital
from pages.components.bars import unbroken
from pages.components.run_labels import share

HEADINGS: dict[Level, str] = {
    "do_not_believe": "Do not believe it",
    "caution": "Be careful",
    "no_shortcut_found": "No shortcut found",
    "not_checked": "Not checked",
}
# Beside the words, so that colour is never the only sign.
SIGNS: dict[Level, str] = {
    "do_not_believe": "✕",
    "caution": "!",
    "no_shortcut_found": "✓",
    "not_checked": "?",
}
# Vermilion, ochre, bluish green: told apart by every kind of colour vision, and never alone.
COLOURS: dict[Level, str] = {
    "do_not_believe": "#d55e00",
    "caution": "#a07d00",
    "no_shortcut_found": "#00946b",
    "not_checked": "#808080",
}
_STARTS = (
    "Do not believe this result: ",
    "Be careful with this result: ",
    "No shortcut was found: ",
)
# After “It gets 91 % of its test films right”.
_MEANS: dict[Level, str] = {
    "do_not_believe": ", but does not need to see any disease for that:",
    "caution": ", but perhaps not only by seeing disease:",
    "no_shortcut_found": ", and no way around the lungs was found.",
}


def verdict_chip(found: AuditStatus) -> str:
    """The verdict in two or three words, as HTML: its colour, its sign, and whether it is old."""
    level: Level = "not_checked"
    if found.result is not None and not found.stale:
        level = found.result.verdict
    return (
        '<span style="display:inline-block;white-space:nowrap;border:1.5px solid '
        f'{COLOURS[level]};border-radius:999px;padding:0.05rem 0.7rem;color:{CSS_SURROUND.text}">'
        f'<span style="color:{COLOURS[level]}" aria-hidden="true">{SIGNS[level]}</span> '
        f"{escape(capital(found.short))}</span>"
    )


def show_verdict(report: AuditReport, *, right: float | None = None, old: bool = False) -> None:
    """What to make of the run, so that it can be read across a room.

    ``right``: the share of its test films that the run gets right, 0 to 1. ``old``: the run or
    its films have changed since, which the heading says and the colour no longer decides.
    """
    colour = COLOURS["not_checked" if old else report.verdict]
    lines = _lines(report, None if old else right)
    heading = f"{'At that time: ' if old else ''}{HEADINGS[report.verdict]}"
    light, dark = (mix(SURROUNDS[one].panel, colour, 0.12) for one in ("light", "dark"))
    panel = f"light-dark({light}, {dark})"
    st.html(
        f'<div role="status" style="border-left:8px solid {colour};background:{panel};'
        'padding:0.9rem 1.1rem;border-radius:6px">'
        f'<div style="font-size:clamp(1.5rem,4.5vw,2.2rem);font-weight:700;line-height:1.2">'
        f'<span style="color:{colour}" aria-hidden="true">{SIGNS[report.verdict]}</span> '
        f"{escape(heading)}</div>"
        f'<div style="font-size:1.1rem;margin-top:0.4rem;line-height:1.4">{lines}</div>'
        "</div>"
    )


def _lines(report: AuditReport, right: float | None) -> str:
    """What to make of it in two lines of HTML: the table below has all reasons."""
    text = report.sentence
    for start in _STARTS:
        text = text.removeprefix(start)
    clean = report.verdict == "no_shortcut_found"
    reasons = [text] if clean else text.removesuffix(".").split("; ")
    lines = [f"{reasons[0][:1].upper()}{reasons[0][1:].removesuffix('.')}."]
    if right is not None:
        lines.insert(0, f"It gets {share(right)} of its test films right{_MEANS[report.verdict]}")
    against = sum(one.level == report.verdict for one in report.findings)
    if not clean and against > 1:  # as many rows of the table have its sign
        lines.append(f"{against} of the checks below say so.")
    return "".join(f'<div style="margin-top:0.35rem">{unbroken(one)}</div>' for one in lines)
