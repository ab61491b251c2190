"""Means with their spread in tables: “96.3 ± 1.2 %”, sorted by the mean."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from core.evaluation.repeats import RepeatedEvaluation

SHARES = ("precision", "recall", "f1")
NONE = "–"

# Column → factor, decimals and unit, where the table does not say percent.
_PLAIN = {
    "roc_auc": (1, 3, ""),
    "train_loss": (1, 3, ""),
    "seconds_per_epoch": (1, 1, " s"),
    "false_negatives": (1, 1, ""),
    "false_positives": (1, 1, ""),
}
_PERCENT = (100, 1, " %")
# In pixels, because a column's own measure knows its number but not its text.
WIDTH, NARROW = 124, 100


def spread_text(mean: Any, sd: Any, factor: float, decimals: int, unit: str) -> str:
    """“96.3 ± 1.2 %”; a mean without a spread stands alone, a missing one is “–”."""
    if pd.isna(mean):
        return NONE
    text = f"{factor * mean:,.{decimals}f}"
    if not pd.isna(sd):
        text += f" ± {factor * sd:.{decimals}f}"
    return text + unit


def with_spreads(frame: pd.DataFrame, shown: pd.DataFrame, config: dict[str, Any]) -> Styler:
    """``shown`` (the summary as it is drawn, percentages times 100) with the spreads that
    ``frame`` (``summary_table`` of the same rows) has. Changes ``config``: a format there
    would win over the text made here."""
    repeated = frame["repeats"].fillna(1) > 1
    counts = "; ".join(str(one) for one in frame.loc[repeated, "repeats"])
    words = f" Of repeats: mean ± standard deviation (n = {counts})." if counts else ""
    texts = pd.DataFrame(index=shown.index)
    for name in [one for one in shown if f"{one}_sd" in frame]:
        style = _PLAIN.get(str(name), _PERCENT)
        texts[name] = [
            # A whole number of films, unless it is a mean.
            spread_text(mean, sd, style[0], _decimals(str(name), mean, style[1]), style[2])
            for mean, sd in zip(frame[name], frame[f"{name}_sd"], strict=True)
        ]
        one = config[str(name)]
        config[str(name)] = {
            **one,
            "help": f"{one['help']}{words}",
            "width": WIDTH if style == _PERCENT else NARROW,
            "type_config": {**one["type_config"], "format": None},
        }
    return _styled(shown, texts)


def repeats_report(found: RepeatedEvaluation, key: str) -> None:
    """The classification report of repeats: mean ± standard deviation over them."""
    report = found.report.reset_index()
    shown = report[["class", *SHARES, "support"]].copy()
    texts = pd.DataFrame(index=shown.index)
    for name in SHARES:
        shown[name] = shown[name] * 100
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
        column_config=report_columns(None),
    )
    st.caption(f"Mean ± standard deviation over {len(found.members)} runs.")


def report_columns(share_format: str | None) -> dict[str, Any]:
    """How a classification report's columns are shown; without a format for shares, their
    unit is in the head."""
    column, unit = st.column_config, "" if share_format else " (%)"
    helps = {
        "precision": ("Precision", "Of the films called so, the share that are."),
        "recall": ("Recall", "Of the films that are so, the share called so."),
        "f1": ("F1", "Harmonic mean of precision and recall."),
    }
    return {
        "class": column.TextColumn("Class"),
        **{
            name: column.NumberColumn(
                f"{label}{unit}",
                format=share_format,
                help=text,
                width=None if share_format else 108,
            )
            for name, (label, text) in helps.items()
        },
        "support": column.NumberColumn(
            "Support",
            format="localized" if share_format else None,
            help="How many films are truly of this class.",
        ),
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
