"""The comparison's tables: numbers to the right, with their units, and what each means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

import pandas as pd
import streamlit as st

from core.evaluation.bootstrap import resampling_words
from core.evaluation.comparison import OWN, Entry, Patients, report_with_ends, summary_table
from core.evaluation.metrics import Evaluation
from core.evaluation.paired import Pair
from core.evaluation.repeats import Repeats
from core.text import NONE, percent_number, points
from pages.components.comparing.comparison_state import Compared
from pages.components.comparing.random_note import is_random, random_note
from pages.components.comparing.repeats_tables import ColumnConfigs, ranged_report, with_ranges
from pages.components.run_labels import escaped, network

INTERVALS = (
    "95 % intervals, in brackets: where the true value lies, as far as so few films can tell. "
    "Shares of films: Wilson. F1 and ROC area: resampled patients. They count chance only; "
    "films from elsewhere can be harder."
)
PERCENT = "%.1f %%"
AUDIT_WIDTH = 176  # px: “no shortcut found (old)”


def summary(
    compared: Sequence[Compared],
    split: str,
    threshold: float | None,
    patients: Patients,
    audits: Sequence[str],
    downloads: Callable[[], None],
) -> None:
    """The study's summary table of these runs, its published rows below when switched on.

    ``patients``: film id → patient. ``audits``: what each one's audit said, in a word.
    ``downloads`` draws the buttons beside that switch, both on one line under the table.
    """
    table = st.container()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        published = st.toggle(
            "Show the study's published results",
            # The study told two classes apart; beside four its numbers compare with nothing.
            value=all(len(one.predictions.classes) == 2 for one in compared),
            key="compare_published",
            width="content",
            help="Granada, June 2020: 80 test films of its own. What it did not publish stays "
            "empty.",
        )
        ranges = st.toggle(
            "Show intervals",
            value=True,
            key="compare_intervals",
            width="content",
            help=INTERVALS,
        )
        downloads()
    frame = _frame(compared, threshold, split, patients, published=published)
    # Shorter than a run's full title: the data set has a column of its own.
    frame.loc[frame["origin"] == OWN, "run"] = [short_name(one) for one in compared]
    positives = {one.positive for one in compared}
    positive = positives.pop() if len(positives) == 1 else "positive"
    words = [*audits, *[None] * (len(frame) - len(audits))]
    shown, config = _dressed(frame, positive, words)
    table.dataframe(
        with_ranges(frame, shown, config, intervals=ranges),
        hide_index=True,
        column_config=config,
        placeholder=NONE,
        key="compare_summary",
        alt="Summary of the compared runs, one row a run",
    )
    unknown = [resampling_words(one.predictions.of(split), patients) for one in compared]
    if ranges and any(unknown):
        st.caption(next(filter(None, unknown)))
    random_note([short_name(one) for one in compared if is_random(one)], beside=published)
    notes = sorted({f"{key}: {why}" for one in compared for key, why in one.notes.items()})
    if notes:
        said = escaped("; ".join(notes))
        st.caption(f"{NONE} where a number cannot be computed. {said}.")


def _frame(
    compared: Sequence[Compared],
    threshold: float | None,
    split: str,
    patients: Patients,
    *,
    published: bool,
) -> pd.DataFrame:
    """The table, kept between reruns: a thousand draws a run take their time."""
    key = ",".join(f"{one.key}:{len(one.runs)}:{_state(one)}" for one in compared)
    frame = _kept(key, threshold, split, len(patients), [one.entry for one in compared], patients)
    own = frame["origin"] == OWN
    return (frame if published else frame[own]).copy()


def _state(one: Compared) -> str:
    """Another training, or another rule, is another table."""
    films, decided = one.predictions, one.predictions.decided
    parts = films.probabilities.tobytes(), b"" if decided is None else decided.y_pred.tobytes()
    return sha256(b"".join(parts)).hexdigest()[:16]


@st.cache_resource(show_spinner=False, max_entries=64)
def _kept(
    key: str,
    threshold: float | None,
    split: str,
    known: int,
    _entries: Sequence[Entry],
    _patients: Patients,
) -> pd.DataFrame:
    return summary_table(_entries, threshold, split, published=True, patients=_patients)


def short_name(one: Compared) -> str:
    """“VGG16 (photographs) · 26db”: where the data set is said elsewhere."""
    run = one.runs[0]
    which = one.entry.name if isinstance(one.entry, Repeats) else run.repeat
    return " · ".join(part for part in (network(run), which, one.key[-4:]) if part)


def _dressed(
    frame: pd.DataFrame, positive: str, audits: Sequence[str | None]
) -> tuple[pd.DataFrame, ColumnConfigs]:
    """The columns to show, shares as percentages, and how to show each."""
    positive = escaped(positive)  # helps are Markdown
    column = st.column_config
    precisions = [str(one) for one in frame if str(one).startswith("precision ")]
    helps = {
        "accuracy": ("Accuracy", "Of all these films, the share called what they are."),
        "sensitivity": (
            "Sensitivity",
            f"Of the films that are {positive}, the share called {positive}. "
            "The study's aim is to miss few of them.",
        ),
        "specificity": (
            "Specificity",
            f"Of the films that are not {positive}, the share not called {positive}.",
        ),
        **{
            one: (
                one.replace("precision", "Precision"),
                f"Of the films called {escaped(one.removeprefix('precision '))}, the share "
                "that are.",
            )
            for one in precisions
        },
        "f1": ("F1", f"One number from sensitivity and precision of {positive} (harmonic mean)."),
        "train_accuracy": (
            "Train acc.",
            "Accuracy on the training films, called by the same rule. Much higher "
            "than on the test films: the network has learnt its films by heart.",
        ),
    }
    shown = pd.DataFrame({"run": frame["run"], "accuracy": frame["accuracy"].map(percent_number)})
    shown["audit"] = audits
    for name in ("sensitivity", "specificity"):
        shown[name] = frame[name].map(percent_number)
    for name in ("false_negatives", "false_positives"):
        shown[name] = frame[name]
    for name in [*precisions, "f1"]:
        shown[name] = frame[name].map(percent_number)
    shown["roc_auc"] = frame["roc_auc"]
    shown["train_accuracy"] = frame["train_accuracy"].map(percent_number)
    for name in (
        "train_loss",
        "trainable_params",
        "seconds_per_epoch",
        "weights",
        "dataset",
        "decision",
    ):
        shown[name] = frame[name]
    config: ColumnConfigs = {
        name: column.NumberColumn(label, help=text, format=PERCENT)
        for name, (label, text) in helps.items()
    }
    config |= {
        "run": column.TextColumn("Run", pinned=True, width=280),
        "weights": column.TextColumn("Learnt before"),
        "dataset": column.TextColumn("Data set"),
        "decision": column.TextColumn(
            "Films are called", help="The rule that every number of the row goes by."
        ),
        "audit": column.TextColumn(
            "Audit",
            width=AUDIT_WIDTH,
            help="Whether the number is to be believed: what came of looking for other ways to "
            "the right answers than the lungs. The links above lead to the reasons.",
        ),
        "false_negatives": column.NumberColumn(
            "Missed", help=f"False negatives: films that are {positive} and were not called so."
        ),
        "false_positives": column.NumberColumn(
            "False alarms", help=f"False positives: other films that were called {positive}."
        ),
        "roc_auc": column.NumberColumn(
            "ROC area",
            format="%.3f",
            help="1: some threshold parts the classes without a mistake. 0.5: guessing.",
        ),
        "train_loss": column.NumberColumn(
            "Train loss",
            format="%.3f",
            help="Cross-entropy on the training films: what training makes smaller.",
        ),
        "trainable_params": column.NumberColumn(
            "Trainable",
            format="localized",
            help="Numbers in the network that this training could change.",
        ),
        "seconds_per_epoch": column.NumberColumn(
            "Time/epoch",
            format="%.1f s",
            help="Once through all training films, on the device of that run.",
        ),
    }
    return shown, config


def report(evaluation: Evaluation, key: str) -> None:
    """The classification report: a row a class, then accuracy and the two averages."""
    shown, config = ranged_report(report_with_ends(evaluation).reset_index())
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=NONE,
        key=key,
        alt="Classification report",
        column_config=config,
    )
    st.caption("In brackets, the 95 % interval (Wilson), in whole percent.")


def pairs_table(found: Sequence[Pair], titles: dict[str, str]) -> None:
    """Could chance explain the difference? A sentence a pair, and its numbers in a table."""
    for one in found:
        icon = ":material/check_circle:" if one.told_apart else ":material/balance:"
        said = one.sentence(f"“{titles[one.first]}”", f"“{titles[one.second]}”")
        st.markdown(f"{icon} {escaped(said)}")
    shown = pd.DataFrame(
        {
            "first": [titles[one.first] for one in found],
            "second": [titles[one.second] for one in found],
            "only_first": [one.only_first for one in found],
            "only_second": [one.only_second for one in found],
            "difference": [float(points(one.difference)) for one in found],
            "interval": [_points(one.interval) for one in found],
            "p_value": [one.p_value for one in found],
            "more": [one.more_needed or None for one in found],
        }
    ).astype({"more": "Int64"})
    column = st.column_config
    st.dataframe(
        shown,
        hide_index=True,
        placeholder=NONE,
        key="compare_pairs",
        alt="Pairs of runs and whether chance explains their difference",
        column_config={
            "first": column.TextColumn("One run"),
            "second": column.TextColumn("The other"),
            "only_first": column.NumberColumn(
                "Only one right", help="Films that the first run gets right, the other wrong."
            ),
            "only_second": column.NumberColumn("Only other right"),
            "difference": column.NumberColumn(
                "Difference",
                format="%+.1f points",
                help="Accuracy of the one less that of the other, in percentage points.",
            ),
            "interval": column.TextColumn(
                "95 % interval",
                alignment="right",
                help="Of the difference, from the same patients drawn again for both (paired "
                "bootstrap). Where 0 lies inside, the two may be equal.",
            ),
            "p_value": column.NumberColumn(
                "p",
                format="%.3f",
                help="How often chance alone gives a difference like this between two equally "
                "good networks (exact McNemar test, for one pair; many pairs need more care).",
            ),
            "more": column.NumberColumn(
                "Errors to go",
                help="How many more errors, all of the worse of the two, it would take for p to "
                "fall below 0.05.",
            ),
        },
    )


def _points(interval: tuple[float, float] | None) -> str | None:
    return interval and f"{points(interval[0])} to {points(interval[1])}"
