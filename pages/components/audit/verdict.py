"""The verdict of an audit, large, and the reasons for it."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.audit.report import AuditReport, Finding, Level
from core.figures.audit import probes_figure
from core.palette import SURROUNDS, mix
from pages.components.charts import show_compact, theme
from pages.components.run_labels import escaped, share

HEADINGS: dict[Level, str] = {
    "do_not_believe": "Do not believe it",
    "caution": "Be careful",
    "no_shortcut_found": "No shortcut found",
    "not_checked": "Not checked",
}
ICONS: dict[Level, str] = {
    "do_not_believe": ":material/gpp_bad:",
    "caution": ":material/gpp_maybe:",
    "no_shortcut_found": ":material/verified_user:",
    "not_checked": ":material/help:",
}
# Vermilion, ochre, bluish green: told apart by every kind of colour vision, and never alone.
COLOURS: dict[Level, str] = {
    "do_not_believe": "#d55e00",
    "caution": "#a07d00",
    "no_shortcut_found": "#00946b",
    "not_checked": "#808080",
}
_V = (
    "**Cramér's V** is 0 when two things have nothing to do with each other, 1 when one tells "
    "the other."
)
_P = "**p** is how often chance alone would do as much; small means: this is no chance."
_RANGE = "A range in brackets is a 95 % interval: where the true value most likely lies."
HELP = {
    "class_by_source": f"Source: the collection that a film was imported with. {_V} {_P}",
    "class_by_view": f"View: from behind (PA), from the front (AP), from the side. {_V} {_P}",
    "shared_patients": "Two films of one patient are much alike. A network that has seen one has "
    "seen most of the other.",
    "unknown_patients": "The patient of a film is known from a table, a DICOM header, or names of "
    "files and folders. Where nobody knows it, a patient may be in training and in test.",
    "near_duplicates": "Found by a perceptual hash, a short code that stays nearly the same when a "
    "picture is resized or compressed, and by comparing the pictures.",
    "heat_in_lungs": "Heat (Grad-CAM): the places that the answer rests on. With random weights: "
    "where it lies when nothing has been learnt.",
    "untrained_network": "Random weights: the network has never seen a film; only its last step, "
    "a logistic regression, was fitted. McNemar's test compares two networks on the same films. "
    f"{_P}",
    "leak_inflation": "A leak: a test film that training has seen, be it another film of the same "
    "patient or nearly the same picture.",
}
# What the sentence of a verdict may say, explained right under it.
_TERMS = {
    "Cramér": _V,
    "classifier": "**Classifier**: a simple program that learns from the training films to tell "
    "the classes apart.",
    "grey-level statistics": "**Grey-level statistics**: how bright and how even a part is.",
    "random weights": "**Random weights**: a network that has learnt nothing.",
    "shortcut": "**Shortcut**: something other than the disease that gives the answer away.",
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
_ABOUT_V = f"{_V} {_P}"
_ABOUT_PROBE = (
    "A simple classifier, trained on the training films and tried on the test films, that cannot "
    "see disease. The classes counted alike (balanced accuracy): the mean of the shares right in "
    f"each class, so that guessing gives the same whatever the class sizes. {_RANGE} {_P}"
)


def show_verdict(report: AuditReport, *, right: float | None = None, old: bool = False) -> None:
    """What to make of the run, so that it can be read across a room.

    ``right``: the share of its test films that the run gets right, 0 to 1. ``old``: the run or
    its films have changed since, which the heading says and the colour no longer decides.
    """
    colour = COLOURS["not_checked" if old else report.verdict]
    lines = _lines(report, None if old else right)
    heading = f"{'At that time: ' if old else ''}{HEADINGS[report.verdict]}"
    panel = mix(SURROUNDS[theme()].panel, colour, 0.12)
    st.html(
        f'<div role="status" style="border-left:8px solid {colour};background:{panel};'
        'padding:0.9rem 1.1rem;border-radius:6px">'
        f'<div style="font-size:clamp(1.5rem,4.5vw,2.2rem);font-weight:700;line-height:1.2">'
        f"{escape(heading)}</div>"
        f'<div style="font-size:1.1rem;margin-top:0.4rem;line-height:1.4">{lines}</div>'
        "</div>"
    )
    terms = [said for word, said in _TERMS.items() if word in report.sentence]
    st.caption(" ".join([_RANGE, *terms]))


def _lines(report: AuditReport, right: float | None) -> str:
    """The sentence as HTML, one reason a line, without the words that stand above it large."""
    text = report.sentence
    for start in _STARTS:
        text = text.removeprefix(start)
    # Reasons stand a line each; what was not found is one sentence.
    clean = report.verdict == "no_shortcut_found"
    parts = [text] if clean else text.removesuffix(".").split("; ")
    lines = [f"{one[:1].upper()}{one[1:].removesuffix('.')}." for one in parts]
    if right is not None:
        lines.insert(0, f"It gets {share(right)} of its test films right{_MEANS[report.verdict]}")
    return "".join(f'<div style="margin-top:0.35rem">{_unbroken(one)}</div>' for one in lines)


def _unbroken(text: str) -> str:
    """HTML; a number and its sign, and both ends of a range, stay together on a narrow screen."""
    return escape(text).replace(" %", "\u00a0%").replace("–", "\u2060–\u2060")


def reasons(report: AuditReport) -> None:
    """What speaks against the result, the gravest first, and what was found harmless."""
    against = [one for one in report.findings if one.level in ("do_not_believe", "caution")]
    against.sort(key=lambda one: one.level == "caution")
    if against:
        st.subheader("Why")
        for one in against:
            finding(one)
    probes = [one for one in report.findings if one.probed and one.value is not None]
    if probes:
        st.subheader("Right answers without seeing the lungs", help=_ABOUT_PROBE)
        show_compact(probes_figure(probes, theme()), "audit_probes")
    for heading, level in (
        ("What was checked and found harmless", "no_shortcut_found"),
        ("What could not be checked", "not_checked"),
    ):
        some = [one for one in report.findings if one.level == level]
        if some:
            with st.expander(f"{heading} ({len(some)})"):
                for one in some:
                    finding(one)


def finding(one: Finding) -> None:
    """One check: its level, its name, and what came of it."""
    helped = HELP.get(one.check) or (
        _ABOUT_V if one.check.startswith("class_by_") else _ABOUT_PROBE
    )
    st.markdown(
        f"{ICONS[one.level]} **{escaped(one.title)}** · {HEADINGS[one.level].lower()}  \n"
        f"{escaped(one.sentence)}",
        help=helped,
    )
