"""How results stand in the cells of Compare's tables: “96.3 ± 1.2 %”, an interval below."""

from __future__ import annotations

from typing import Any

import pandas as pd

from core.text import NONE, in_percent, interval
from pages.components.result_tables import number_cell

# ResultColumn → factor, decimals and unit, where the table does not say percent.
_PLAIN = {
    "roc_auc": (1, 3, ""),
    "train_loss": (1, 3, ""),
    "seconds_per_epoch": (1, 1, " s"),
    "false_negatives": (1, 1, ""),
    "false_positives": (1, 1, ""),
    "trainable_params": (1, 0, ""),
}
_PERCENT = (100, 1, " %")  # by the one rule for percentages


def spread_text(mean: Any, sd: Any, factor: float, decimals: int, unit: str) -> str:
    """“96.3 ± 1.2 %”; a mean without a spread stands alone, a missing one is “–”."""
    if pd.isna(mean):
        return NONE
    if factor == 100:
        text, spread = in_percent(mean, decimals), in_percent(sd, decimals)
    else:
        text, spread = f"{mean:,.{decimals}f}", NONE if pd.isna(sd) else f"{sd:.{decimals}f}"
    return (text if spread == NONE else f"{text} ± {spread}") + unit


def result_cell(row: pd.Series, name: str, *, intervals: bool) -> str:
    """The cell of column ``name`` in a row of ``summary_table``: a spread where the row is one of
    repeats, its 95 % interval below where it has one and ``intervals`` are asked for."""
    factor, decimals, unit = _PLAIN.get(name, _PERCENT)
    value = row[name]
    if name.startswith("false_") and not pd.isna(value) and float(value).is_integer():
        decimals = 0  # a whole number of films, unless it is a mean
    if name == "seconds_per_epoch" and not pd.isna(value) and value < 1:
        decimals = 2  # of a frozen network's head
    text = spread_text(value, row.get(f"{name}_sd"), factor, decimals, unit)
    low, high = row.get(f"{name}_low"), row.get(f"{name}_high")
    if not intervals or pd.isna(value) or pd.isna(low) or pd.isna(high):
        return number_cell(text)
    if factor == 100:
        return number_cell(text, interval((low, high), decimals).removesuffix(" %"))
    return number_cell(text, f"{low:.{decimals}f}–{high:.{decimals}f}")
