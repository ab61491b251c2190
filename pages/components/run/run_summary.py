"""The first thing that a report says: the result with its interval, and the audit's verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
import streamlit as st

from core.evaluation.bootstrap import count_unknown_patients, patients_of, resampling_words
from core.evaluation.metrics import Evaluation, evaluate
from core.evaluation.predictions import Predictions, rule_words
from core.evaluation.uncertainty import all_intervals
from core.runs.learnt_films import patients_by_film
from core.store import Run, Store
from core.text import NONE, count, interval, percent, percent_of
from pages.components.audit_word import audit_of
from pages.components.run.tabs import tab_button
from pages.components.run_labels import escaped
from pages.components.run_links import AUDIT

INTERVAL_HELP = (
    "95 % interval: were the test repeated with as many other films of the same kind, the true "
    "value would lie inside such an interval 19 times in 20. It knows of chance only; films of "
    "another hospital, or of other people, can be harder."
)
# The audit's three levels as boxes of Streamlit's.
BOXES = {
    "do_not_believe": (st.error, ":material/gpp_bad:"),
    "caution": (st.warning, ":material/gpp_maybe:"),
    "no_shortcut_found": (st.success, ":material/verified_user:"),
}


@dataclass(frozen=True, eq=False)
class SummedUp:
    """A run's test films and what they come to. ``whose``: how many people they are of, a
    sentence; ``intervals``: at 95 %, by the measure's name."""

    films: Predictions
    found: Evaluation
    intervals: dict[str, tuple[float, float] | None]
    whose: str


# Kept, because to ask whose 100,000 films are takes longer than all the rest of the page.
@st.cache_resource(show_spinner=False, max_entries=32)
def summed_up(
    where: str, version: int, _predictions: Predictions, _store: Store, _run: Run
) -> SummedUp:
    """``where``: names these predictions, called by this rule. ``version``: the catalogue's, which
    knows whose films they are."""
    films = _predictions.of("test")
    found = evaluate(films)
    if not found.films:
        return SummedUp(films, found, {}, "")
    known = patients_by_film(_store, [_run], _predictions.film_ids.tolist())
    patients = patients_of(films, known)
    drawn = sha256("\n".join(patients.tolist()).encode()).hexdigest()
    intervals = _intervals(where, drawn, patients, films)
    return SummedUp(films, found, intervals, _whose(_predictions, patients, known))


def result(told: SummedUp) -> None:
    """The test result in sentences."""
    films, found, intervals = told.films, told.found, told.intervals
    if not found.films:
        st.info("This run was tested on no film, so there is no result to report.")
        return
    right, accuracy = int(np.trace(found.confusion)), intervals["accuracy"]
    assert accuracy is not None
    st.markdown(
        _together(
            f"#### {right} of {found.films} test films right: "
            f"{percent_of(right, found.films)}, between {_ends(accuracy)}"
        ),
        help=INTERVAL_HELP,
    )
    st.markdown(_together(_in_words(found, intervals)))
    if unsure := int(films.decided.unsure.sum()) if films.decided else 0:
        st.markdown(
            f"Near the threshold the answer is “not sure”: here for {count(unsure, 'film')}. In "
            "these numbers each counts for its side of the threshold."
        )


def numbers(told: SummedUp) -> None:
    """Four numbers with their intervals; nothing where no film was tested."""
    films, found, intervals = told.films, told.found, told.intervals
    if not found.films:
        return
    # With several classes a number that is about one of them has to say so.
    positive = escaped(films.classes[0])
    of = f" of {positive}" if len(films.classes) > 2 else ""
    st.caption(
        f"{told.whose} Films are called: "
        f"{escaped(rule_words(films))}; the tab “Threshold and probabilities” sets the "
        "threshold. Intervals: of shares by Wilson's formula, of F1 and the ROC area by drawing "
        "the patients anew."
    )
    names = {
        "sensitivity": (
            "Sensitivity",
            f"Of the films that are {positive}, the share called so.",
        ),
        "specificity": (
            "Specificity",
            f"Of the films that are not {positive}, the share not called so.",
        ),
        "f1": ("F1", "One number from sensitivity and precision (their harmonic mean)."),
        "roc_auc": (
            "ROC area",
            "1: some threshold parts the classes without a mistake. 0.5: guessing.",
        ),
    }
    with st.container(horizontal=True, gap="small"):
        for name, (label, text) in names.items():
            st.metric(
                f"{label}{of}",
                _value(getattr(found, name), is_area=name == "roc_auc"),
                delta=_range(intervals[name], is_area=name == "roc_auc")
                or found.notes.get(name, "no interval"),
                delta_color="off",
                delta_arrow="off",
                help=f"{text} {INTERVAL_HELP}",
                width=145 if not of else 210,
            )


def _whose(predictions: Predictions, patients: np.ndarray, known: Mapping[str, str]) -> str:
    """How many people the test films are of, and how many of them were trained on."""
    test = predictions.of("test")
    people = {one for one in (known.get(film) for film in test.film_ids.tolist()) if one}
    seen = people & set(patients_of(predictions.of("train"), known).tolist())
    unknown = count_unknown_patients(test, known)
    whose = count(len(people), "patient")
    if unknown:
        whose = f"{whose}, and {unknown:,} of unknown ones" if people else "unknown patients"
    said = f"{count(len(patients), 'test film')} of {whose}."
    if seen:
        said += (
            f" **{len(seen)} of these patients {'is' if len(seen) == 1 else 'are'} among those "
            "trained on as well**, which flatters the result."
        )
    return f"{said} {resampling_words(test, known)}".strip()


def _range(ends: tuple[float, float] | None, *, is_area: bool) -> str:
    if not ends:
        return ""
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if is_area else interval(ends, joint=" to ")


def _in_words(found: Evaluation, intervals: dict[str, tuple[float, float] | None]) -> str:
    """“38 of the 40 covid films are found: …”, a sentence for each side there are films of."""
    positive, said = escaped(found.classes[0]), []
    if ends := intervals["sensitivity"]:
        hits = found.positives - found.false_negatives
        said.append(
            f"**{hits} of {found.positives}** {positive} films are found "
            f"({percent_of(hits, found.positives)}, between {_ends(ends)})."
        )
    if ends := intervals["specificity"]:
        others = escaped(found.classes[1]) if len(found.classes) == 2 else "other"
        said.append(
            f"**{found.false_positives} of {found.negatives}** {others} films are called "
            f"{positive} by mistake ({percent_of(found.false_positives, found.negatives)}, "
            f"between {_ends((1 - ends[1], 1 - ends[0]))})."
        )
    if len(found.classes) > 2:
        rows = list(zip(found.classes, found.confusion, strict=True))[1:]
        each = [
            f"**{row[place]} of {row.sum()}** {escaped(name)}"
            for place, (name, row) in enumerate(rows, start=1)
            if row.sum()
        ]
        said.append(
            f"Told apart from all others: {', '.join(each)} films; guessing would get 1 in "
            f"{len(found.classes)}."
        )
    return " ".join(said)


def _together(text: str) -> str:
    """A number and its unit on one line, and both ends of a range."""
    return text.replace(" %", "\u00a0%").replace("–", "\u2060–\u2060")


def _ends(ends: tuple[float, float]) -> str:
    return interval(ends, joint=" and ")


def _value(value: float | None, *, is_area: bool) -> str:
    if value is None:
        return NONE
    return f"{value:.3f}" if is_area else percent(value)


def audit_verdict(store: Store, run: Run) -> None:
    """What the audit of ``run`` found, or where to start one."""
    found = audit_of(store, run)
    report = found.result
    if report and found.stale:
        st.warning(
            _together(f"**{escaped(found.stale)}** It said: {escaped(report.sentence)}"),
            icon=":material/history:",
        )
    elif report:
        box, icon = BOXES[report.verdict]
        head, _, why = report.sentence.partition(": ")
        box(_together(f"**{escaped(head)}:** {escaped(why)}"), icon=icon)
    else:
        st.info(
            "**Not audited yet.** A high number can come from a shortcut: the source of a film, "
            "the age of the patient, a mark at the border. These intervals cannot see that.",
            icon=":material/policy:",
        )
    label = "See what the audit rests on" if report else "Audit this run"
    if found.stale and not found.lost:
        label = "Audit it again"
    tab_button(AUDIT, label)


@st.cache_data(show_spinner=False, max_entries=32)
def _intervals(
    where: str, patients: str, _patients: np.ndarray, _films: Predictions
) -> dict[str, tuple[float, float] | None]:
    return all_intervals(evaluate(_films), _films, _patients)
