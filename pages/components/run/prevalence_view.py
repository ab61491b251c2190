"""What an answer is worth among people of whom few, or many, have the finding."""

from __future__ import annotations

import streamlit as st

from core import figures, text
from core.evaluation.operating_point import OperatingPoint
from core.evaluation.performance import performance
from core.evaluation.predictions import Predictions
from core.statistics.prevalence import (
    PEOPLE,
    NaturalFrequencies,
    PredictiveValues,
    natural_frequencies,
    predictive_values,
)
from core.store import Run
from pages.components.charts import show, theme
from pages.components.run_labels import escaped

STEPS = (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 15, 20, 30, 40, 50, 60, 70, 80, 90)
USUAL = 5


def prevalence(run: Run, point: OperatingPoint, predictions: Predictions) -> None:
    """A slider for how frequent the finding is, a thousand dots, and PPV and NPV."""
    positive = escaped(predictions.classes[0])
    st.subheader(
        "What is an answer worth?",
        help="A network that is good on a test half of whose films are "
        f"{positive} can still be wrong most times it says so, where {positive} is rare.",
    )
    split = "test" if "test" in predictions.splits else "validation"
    done = performance(point, predictions, split)
    frequent = st.select_slider(
        f"How many of the people have {positive}?",
        STEPS,
        value=USUAL,
        format_func=lambda one: text.chosen(one / 100),
        key=f"prevalence_{run.run_id}",
        width=560,
        help="The prevalence: the share of all people examined who truly have it. In this "
        f"test it was {text.percent_of(done.sensitivity.trials, done.films, 0)} of the films, "
        "because a data set is put together so.",
    )
    found = predictive_values(done.sensitivity, done.specificity, frequent / 100)
    people = natural_frequencies(found)
    left, right = st.columns([3, 2], vertical_alignment="center", gap="medium")
    with left:
        show(
            figures.people_figure(people, predictions.classes[0], theme()),
            f"people_{run.run_id}",
            file_name=f"people-{run.run_id}",
            alt=f"{PEOPLE} dots, one a person: found, missed, false alarms, and cleared",
        )
    with right:
        st.markdown(_words(people, positive))
        _values(found, positive)
    st.caption(
        f"From sensitivity and specificity on the {split} films, at the threshold above. It "
        "takes these people to be like the test films in all else, which an external test "
        "alone can show."
    )


def _words(people: NaturalFrequencies, positive: str) -> str:
    found, missed = people.true_positives, people.false_negatives
    alarms, cleared = people.false_positives, people.true_negatives
    positives, negatives = found + missed, alarms + cleared
    return (
        f"Of **{PEOPLE:,} people like this**, {positives} {_have(positives)} {positive}: {found} "
        f"of them {_are(found)} found, {missed} missed.\n\n"
        f"Of the {negatives} others, {alarms} {_are(alarms)} called {positive} by "
        f"mistake.\n\nSo **of {people.called_positive} people called {positive}, "
        f"{found} {_have(found)} it**."
    )


def _values(found: PredictiveValues, positive: str) -> None:
    called = f"called {positive}, the share that are"
    others = f"not called {positive}, the share that are not"
    with st.container(horizontal=True, gap="small"):
        for label, value, ends, about in (
            ("PPV", found.ppv, found.ppv_interval, f"Positive predictive value: of those {called}"),
            ("NPV", found.npv, found.npv_interval, f"Negative predictive value: of those {others}"),
        ):
            st.metric(
                label,
                text.percent(value),
                delta=text.interval(ends, joint=" to "),
                delta_color="off",
                delta_arrow="off",
                help=f"{about}. Below it, its 95 % interval.",
                width=140,
            )


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
