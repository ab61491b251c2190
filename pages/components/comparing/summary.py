"""The summary of compared runs: their results, how each was trained, and what each number means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256

import pandas as pd
import streamlit as st

from core.evaluation.bootstrap import resampling_words
from core.evaluation.comparison import OWN, Entry, Patients, summary_table
from core.text import NONE
from pages.components.comparing.comparison_state import Compared, short_name
from pages.components.comparing.random_note import is_random, random_note
from pages.components.comparing.result_cells import result_cell
from pages.components.result_tables import ResultColumn, meanings, result_table, words_cell
from pages.components.run_labels import escaped

INTERVALS = (
    "95 % intervals, in brackets: where the true value lies, as far as so few films can tell. "
    "Shares of films by Wilson's formula, F1 and ROC area by drawing the patients anew. They count "
    "chance only; films from elsewhere can be harder."
)


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
    place = st.container(gap="medium")
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
    frame["audit"] = [*audits, *[""] * (len(frame) - len(audits))]
    positives = {one.positive for one in compared}
    positive = escaped(positives.pop() if len(positives) == 1 else "positive")
    results = _result_columns(positive)
    precision = _precision_columns(positive, _of_classes(frame))
    trained = _training_columns()
    with place:
        for columns, key, alt in (
            (results, "compare_summary", "Results of the compared runs, one row a run"),
            (precision, "compare_precision", "Precision and F1 of the runs, one row a run"),
            (trained, "compare_trained", "How each compared run was trained, one row a run"),
        ):
            rows = [_row(row, columns, intervals=ranges) for _, row in frame.iterrows()]
            result_table(rows, columns, key=key, alt=alt)
        meanings(results | precision | trained, key="compare_meanings")
        if _has_repeats(frame):
            st.caption("Of repeats: mean ± standard deviation.")
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
    # Not how many there are: films may have been given to other patients since.
    whose = sha256("\n".join(patients.values()).encode()).hexdigest()
    frame = _kept(key, threshold, split, whose, [one.entry for one in compared], patients)
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
    whose: str,
    _entries: Sequence[Entry],
    _patients: Patients,
) -> pd.DataFrame:
    return summary_table(_entries, threshold, split, published=True, patients=_patients)


def _of_classes(frame: pd.DataFrame) -> list[str]:
    """The columns of precisions, without those of their spreads and intervals."""
    names = [str(one) for one in frame if str(one).startswith("precision ")]
    beside = {f"{one}_{what}" for one in names for what in ("sd", "low", "high")}
    return [one for one in names if one not in beside]


def _has_repeats(frame: pd.DataFrame) -> bool:
    return "repeats" in frame and bool((frame["repeats"].fillna(1) > 1).any())


def _row(row: pd.Series, columns: Mapping[str, ResultColumn], *, intervals: bool) -> dict[str, str]:
    return {
        name: result_cell(row, name, intervals=intervals)
        if column.is_number
        else words_cell("" if pd.isna(row[name]) else str(row[name]))
        for name, column in columns.items()
    }


def _result_columns(positive: str) -> dict[str, ResultColumn]:
    """``positive``: the class, as Markdown."""
    return {
        "run": ResultColumn("Run", is_number=False),
        "accuracy": ResultColumn("Accuracy", "Of all these films, the share called what they are."),
        "sensitivity": ResultColumn(
            "Sensitivity",
            f"Of the films that are {positive}, the share called {positive}. The study's aim is "
            "to miss few of them.",
        ),
        "specificity": ResultColumn(
            "Specificity", f"Of the films that are not {positive}, the share not called {positive}."
        ),
        "roc_auc": ResultColumn(
            "ROC area", "1: some threshold parts the classes without a mistake. 0.5: guessing."
        ),
        "false_negatives": ResultColumn(
            "Missed", f"False negatives: films that are {positive} and were not called so."
        ),
        "false_positives": ResultColumn(
            "False alarms", f"False positives: other films that were called {positive}."
        ),
        "audit": ResultColumn(
            "Audit",
            "Whether the number is to be believed: what came of looking for other ways to the "
            "right answers than the lungs. The links above lead to the reasons.",
            is_number=False,
        ),
    }


def _training_columns() -> dict[str, ResultColumn]:
    return {
        "run": ResultColumn("Run", is_number=False),
        "dataset": ResultColumn("Data set", is_number=False),
        "weights": ResultColumn(
            "Learnt before", "What the network had seen before this training.", is_number=False
        ),
        "decision": ResultColumn(
            "Films are called", "The rule that every number of the row goes by.", is_number=False
        ),
        "train_accuracy": ResultColumn(
            "Train accuracy",
            "Accuracy on the training films, called by the same rule. Much higher than on the "
            "test films: the network has learnt its films by heart.",
        ),
        "train_loss": ResultColumn(
            "Train loss", "Cross-entropy on the training films: what training makes smaller."
        ),
        "trainable_params": ResultColumn(
            "Trainable", "Numbers in the network that this training could change."
        ),
        "seconds_per_epoch": ResultColumn(
            "Time/epoch", "Once through all training films, on the device of that run."
        ),
    }


def _precision_columns(positive: str, precisions: Sequence[str]) -> dict[str, ResultColumn]:
    """``precisions``: names of the frame's columns, a class each."""
    classes = {
        name: ResultColumn(
            escaped(name.replace("precision", "Precision")),
            f"Of the films called {escaped(name.removeprefix('precision '))}, the share that are.",
        )
        for name in precisions
    }
    f1 = ResultColumn(
        "F1", f"One number from sensitivity and precision of {positive} (harmonic mean)."
    )
    return {"run": ResultColumn("Run", is_number=False), **classes, "f1": f1}
