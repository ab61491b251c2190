"""Tables as CSV files that a spreadsheet opens rightly and that do nothing but show text.

Names of films, runs and findings come from outside. A spreadsheet takes a cell that begins with
“=”, “+”, “-” or “@” for a formula, also behind blanks or quotation marks and in their full-width
forms, and a formula may ask another computer (CWE-1236). An apostrophe in front makes it text.
Every CSV file that leaves ThoraxLens is written here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# What a spreadsheet strips, or does not show, before it looks whether a formula begins.
_PASSED_OVER = '\\s"\u201c\u201d\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x1f'
_FORMULA = re.compile(f"^[{_PASSED_OVER}]*[{_SIGNS}]|^[\t\r\n]")
# Where tab, line or semicolon ends a cell in the reader's country, the next one begins inside.
_INSIDE = re.compile(f"([;\t\r\n])(?=[{_PASSED_OVER}]*[{_SIGNS}])")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet runs. What is no text, and text that is a number, stays."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value
    text = _INSIDE.sub(r"\1'", value)
    return f"'{text}" if _FORMULA.match(text) else text


def as_text(name: str) -> str:
    """A file name for a table: one that is no text in this system's encoding has code points that
    neither tables nor UTF-8 can hold, and gets their numbers in their place."""
    return name.encode("utf-8", errors="backslashreplace").decode("utf-8")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """The table without its index as CSV in UTF-8, with the mark by which Excel knows that."""
    safe = table.rename(columns=harmless).copy()
    for place, kind in enumerate(safe.dtypes):
        if kind.kind not in "biufc":
            safe.isetitem(place, [harmless(cell) for cell in safe.iloc[:, place]])
    text: str = safe.to_csv(index=False)
    return text.encode("utf-8-sig", errors="backslashreplace")
