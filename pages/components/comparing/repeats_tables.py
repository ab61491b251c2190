"""Means with their spread in tables: “96.3 ± 1.2 %”, sorted by the mean."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.evaluation.repeats import RepeatedEvaluation
from core.text import NONE, in_percent, interval, percent_number

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig

    from core.documents import Json

SHARES = ("precision", "recall", "f1")

# Column → factor, decimals and unit, where the table does not say percent.
_PLAIN = {
    "roc_auc": (1, 3, ""),
    "train_loss": (1, 3, ""),
    "seconds_per_epoch": (1, 1, " s"),
    "false_negatives": (1, 1, ""),
    "false_positives": (1, 1, ""),
}
_PERCENT = (100, 1, " %")  # by the one rule for percentages
# In pixels, because a column's own measure knows its number but not its text.
WIDTH, NARROW, RANGED, SPREAD_AND_RANGED = 124, 100, 176, 236


def spread_text(mean: Any, sd: Any, factor: float, decimals: int, unit: str) -> str:
    """“96.3 ± 1.2 %”; a mean without a spread stands alone, a missing one is “–”."""
    if pd.isna(mean):
        return NONE
    if factor == 100:
        text, spread = in_percent(mean, decimals), in_percent(sd, decimals)
    else:
        text, spread = f"{mean:,.{decimals}f}", NONE if pd.isna(sd) else f"{sd:.{decimals}f}"
    return (text if spread == NONE else f"{text} ± {spread}") + unit


# By the name of a frame's column: how it is shown.
ColumnConfigs = dict[str, "ColumnConfig"]


def with_ranges(
    frame: pd.DataFrame, shown: pd.DataFrame, config: ColumnConfigs, *, intervals: bool
) -> Styler | pd.DataFrame:
    """``shown`` (the summary as it is drawn, percentages times 100) with what ``frame``
    (``summary_table`` of the same rows) knows beside a number: the spread of repeats, else,
    with ``intervals``, its 95 % interval. Changes ``config``: a format there would win over
    the text made here."""
    is_repeated = frame["repeats"].fillna(1) > 1 if "repeats" in frame else None
    words = ""
    if is_repeated is not None and is_repeated.any():
        counts = "; ".join(str(one) for one in frame.loc[is_repeated, "repeats"])
        words = f" Of repeats: mean ± standard deviation (n = {counts})."
    texts = pd.DataFrame(index=shown.index)
    for name in map(str, shown):
        ranged = intervals and f"{name}_low" in frame
        if f"{name}_sd" not in frame and not ranged:
            continue
        style = _PLAIN.get(name, _PERCENT)
        texts[name] = [_beside(row, name, style, ranged) for _, row in frame.iterrows()]
        one = config[name]
        help_text = f"{one.get('help') or ''}{words}"
        if ranged:
            help_text += " In brackets: its 95 % interval."
        changed = {
            **one,
            "help": help_text,
            "width": _width(texts[name], ranged, style),
            "type_config": {**cast("Json", one["type_config"]), "format": None},
        }
        config[name] = cast("ColumnConfig", changed)  # its kinds differ in what we leave alone
    return _styled(shown, texts) if len(texts.columns) else shown


def _width(texts: pd.Series, ranged: bool, style: tuple[float, int, str]) -> int:
    if ranged:
        # An interval beside a mean that has its spread.
        both = texts.str.contains("±", regex=False) & texts.str.contains("(", regex=False)
        return SPREAD_AND_RANGED if both.any() else RANGED
    return WIDTH if style == _PERCENT else NARROW


def _beside(row: Any, name: str, style: tuple[float, int, str], ranged: bool) -> str:
    factor, decimals, unit = style
    value, sd = row[name], row.get(f"{name}_sd")
    # A whole number of films, unless it is a mean.
    text = spread_text(value, sd, factor, _decimals(name, value, decimals), unit)
    low, high = (row[f"{name}_low"], row[f"{name}_high"]) if ranged else (None, None)
    if pd.isna(value) or pd.isna(low) or pd.isna(high):
        return text
    if factor == 100:
        return f"{text} ({interval((low, high), decimals).removesuffix(' %')})"
    return f"{text} ({low:.{decimals}f}–{high:.{decimals}f})"


def ranged_report(report: pd.DataFrame) -> tuple[Styler, ColumnConfigs]:
    """A run's classification report (``report_with_ends``) with intervals in its cells, and
    how its columns are shown: narrow enough for half a page."""
    shown = report[["class", *SHARES, "support"]].copy()
    shown["class"] = shown["class"].str.replace(
        r"^(macro|weighted) average$", r"\1 avg", regex=True
    )
    texts = pd.DataFrame(index=shown.index)
    for name in SHARES:
        shown[name] = shown[name].map(percent_number)
        texts[name] = [
            f"{one.replace('100.0', '100')} ({interval((low, high), 0).removesuffix(' %')})"
            if name != "f1" and not pd.isna(low)
            else one
            for one, low, high in zip(
                [spread_text(value, None, 100, 1, "") for value in report[name]],
                report[f"{name}_low"],
                report[f"{name}_high"],
                strict=True,
            )
        ]
    config = report_columns()
    widths = {"class": 110, "precision": 118, "recall": 118, "f1": 58, "support": 66}
    return _styled(shown, texts), {
        name: {**one, "width": widths[name]} for name, one in config.items()
    }


def repeats_report(found: RepeatedEvaluation, key: str) -> None:
    """The classification report of repeats: mean ± standard deviation over them."""
    report = found.report.reset_index()
    shown = report[["class", *SHARES, "support"]].copy()
    texts = pd.DataFrame(index=shown.index)
    for name in SHARES:
        shown[name] = shown[name].map(percent_number)
        texts[name] = [
            # The unit stands in the head: so three such columns fit beside each other.
            spread_text(mean, sd, 100, 1, "")
            for mean, sd in zip(report[name], report[f"{name}_sd"], strict=True)
        ]
    texts["support"] = [f"{one:,.1f}".removesuffix(".0") for one in shown["support"]]
    st.dataframe(
        _styled(shown, texts),
        hide_index=True,
        placeholder=NONE,
        key=key,
        alt="Classification report, means over repeats",
        column_config=report_columns(),
    )
    st.caption(f"Mean ± standard deviation over {len(found.members)} runs.")


def report_columns() -> ColumnConfigs:
    """How a classification report's columns are shown; the shares' unit is in the head."""
    column = st.column_config
    helps = {
        "precision": ("Precision", "Of the films called so, the share that are."),
        "recall": ("Recall", "Of the films that are so, the share called so."),
        "f1": ("F1", "Harmonic mean of precision and recall."),
    }
    return {
        "class": column.TextColumn("Class"),
        **{
            name: column.NumberColumn(f"{label} (%)", help=text, width=108)
            for name, (label, text) in helps.items()
        },
        "support": column.NumberColumn("Support", help="How many films are truly of this class."),
    }


def _decimals(name: str, mean: Any, decimals: int) -> int:
    whole = name.startswith("false_") and not pd.isna(mean) and float(mean).is_integer()
    return 0 if whole else decimals


def _styled(shown: pd.DataFrame, texts: pd.DataFrame) -> Styler:
    """A table whose cells say ``texts`` and sort by the numbers of ``shown``."""
    styler = shown.style
    for name in texts:
        for row, text in texts[name].items():
            cell: Any = ([row], [name])
            # Each cell its own text: one formatter for a column would see the number only.
            styler = styler.format(partial(_say, text), subset=cell, na_rep=text)
    return styler


def _say(text: str, number: object) -> str:
    return text
