"""From which probability on a film is called positive: chosen for an aim, kept with the run."""

from __future__ import annotations

import streamlit as st

from core import figures
from core.errors import InputError
from core.evaluation.decision import Decision
from core.evaluation.keeping import forget_operating_point, keep_operating_point
from core.evaluation.operating_point import TARGET, OperatingPoint, choose_operating_point
from core.evaluation.performance import (
    OperatingPointPerformance,
    calibrated,
    meets_target,
    performance,
    target_words,
)
from core.evaluation.predictions import Predictions
from core.people.asking import may
from core.people.roles import Deed
from core.runs.files import RunFiles
from core.statistics.proportions import Proportion
from core.store import Run
from core.text import interval, percent_of, probability
from pages.components.charts import show, theme
from pages.components.result_tables import (
    ResultColumn,
    meanings,
    number_cell,
    result_table,
    words_cell,
)
from pages.components.run_labels import escaped
from pages.components.session import get_store

SPLITS = {"validation": "Validation", "test": "Test"}


def threshold_for_the_aim(
    run: Run, files: RunFiles, predictions: Predictions, decision: Decision
) -> OperatingPoint | None:
    """Ask for a sensitivity, show what it costs, store it when told to; the point shown. None,
    and a sentence, where the validation films cannot choose one.

    ``predictions``: as saved. ``decision``: what the run goes by now.
    """
    positive = escaped(predictions.classes[0])
    stored = decision.point
    st.subheader(
        "Choosing the threshold",
        help="A network gives a probability. From the threshold on, a film is called "
        f"{positive}. A lower one misses fewer films and gives more false alarms.",
    )
    try:
        choose_operating_point(predictions)
    except InputError as error:
        st.info(escaped(error), icon=":material/info:")
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = st.number_input(
            f"Share of {positive} films to find, in % (sensitivity)",
            min_value=50.0,
            max_value=100.0,
            value=round(100 * (stored.target_sensitivity if stored else TARGET), 4),
            step=1.0,
            format="%.4g",
            key=f"aim_{run.run_id}",
            width=400,
            help="The threshold is chosen on the validation films: of those that find so many, "
            "the one with the fewest false alarms. The test films then say what came of it.",
        )
        point = choose_operating_point(
            predictions, wanted / 100, band=_band(run, positive, wanted, stored)
        )
        if may(Deed.JUDGE) and st.button(
            "Use this threshold",
            type="primary",
            icon=":material/save:",
            disabled=point.like(stored) and stored is not None and stored.chosen_by == "person",
            key=f"store_aim_{run.run_id}",
            help="Stored with the run, as chosen by a person: from then on answers, heat maps "
            "and figures everywhere go by it.",
        ):
            keep_operating_point(get_store(), run.run_id, point)
            st.rerun()
        if may(Deed.JUDGE) and st.button(
            "Use the most probable class",
            icon=":material/filter_none:",
            disabled=stored is None,
            key=f"forget_aim_{run.run_id}",
            help="The run then has no threshold: each film gets its most probable class, and no "
            "answer is “not sure”.",
        ):
            forget_operating_point(get_store(), run.run_id)
            st.rerun()
    st.markdown(
        f"From a probability of **{probability(point.threshold)}** on, a film is called "
        f"{positive}. Between {interval(point.not_sure, joint=' and ')}, the answer is "
        "**not sure**."
    )
    if point.like(stored):
        st.caption(f":material/rule: The run goes by it: {escaped(decision.in_words())}.")
    else:
        st.caption(f":material/info: Not stored: the run goes by {escaped(decision.in_words())}.")
    there = [performance(point, predictions, one) for one in SPLITS if one in predictions.splits]
    said = target_words(point, there[0])
    box = st.success if meets_target(point, there[0]) else st.warning
    box(escaped(said), icon=":material/rule:")
    _table(there, positive)
    split = "test" if "test" in predictions.splits else "validation"
    show(
        figures.band_figure(calibrated(point, predictions.of(split)), point, theme()),
        f"band_{run.run_id}",
        file_name=f"threshold-{run.run_id}",
        alt=f"The {split} films by their probability, with threshold and not-sure band",
    )
    return point


def _band(
    run: Run, positive: str, wanted: float, stored: OperatingPoint | None
) -> tuple[float, float] | None:
    """Where “not sure” shall begin and end; None where it goes by the aim."""
    before = stored.band_target if stored and stored.band_target else (None, None)
    asked = [
        st.number_input(
            label,
            min_value=50.0,
            max_value=100.0,
            value=None if was is None else round(100 * was, 4),
            placeholder="as the share to find",
            step=1.0,
            format="%.4g",
            key=f"{key}_{run.run_id}",
            width=300,
            help=f"{said} Leave it empty to go by the share to find.",
        )
        for was, key, label, said in (
            (
                before[0],
                "band_found",
                f"“Not sure” begins: {positive} above, in %",
                f"Not sure begins so low that this share of the {positive} films reach it or more; "
                "only the rest are surely called something else.",
            ),
            (
                before[1],
                "band_below",
                "“Not sure” ends: others below, in %",
                f"Not sure ends so high that this share of the films without {positive} stay "
                "below; only the rest are surely called so.",
            ),
        )
    ]
    if asked == [None, None]:
        return None
    found, below = (wanted if one is None else one for one in asked)
    return found / 100, below / 100


def _table(there: list[OperatingPointPerformance], positive: str) -> None:
    result_table(
        [
            {
                "films": words_cell(SPLITS[one.split]),
                "sensitivity": _share(one.sensitivity),
                "specificity": _share(one.specificity),
                "missed": number_cell(str(one.sensitivity.trials - one.sensitivity.successes)),
                "alarms": number_cell(str(one.false_positives)),
                "not_sure": number_cell(f"{one.not_sure} of {one.films}"),
                "wrong": number_cell(str(one.wrong)),
            }
            for one in there
        ],
        columns := _columns(positive),
        key="aim_table",
        alt="What the threshold gives on validation and test films",
    )
    meanings(columns, key="aim_meanings")


def _columns(positive: str) -> dict[str, ResultColumn]:
    """``positive``: the class, escaped."""
    return {
        "films": ResultColumn("Films", is_number=False),
        "sensitivity": ResultColumn(
            "Sensitivity",
            f"Of the films that are {positive}, the share found; in brackets its 95 % interval "
            "(Wilson).",
        ),
        "specificity": ResultColumn(
            "Specificity",
            f"Of the films that are not {positive}, the share not called so; in brackets its "
            "95 % interval.",
        ),
        "missed": ResultColumn(
            "Missed", f"{positive} films below the threshold (false negatives)."
        ),
        "alarms": ResultColumn(
            "False alarms", "Other films from the threshold on (false positives)."
        ),
        "not_sure": ResultColumn(
            "Not sure",
            "Films between the two thresholds, which Classify answers with “not sure”.",
        ),
        "wrong": ResultColumn(
            "Sure and wrong", "Films outside the band that are called what they are not."
        ),
    }


def _share(one: Proportion) -> str:
    share = percent_of(one.successes, one.trials)
    return number_cell(share, interval(one.interval).removesuffix(" %"))
