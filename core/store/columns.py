"""Rows of the store as the columns of a table, a few thousand rows at a time.

As Python's own objects a film's row takes ten times as much memory as in a column: so 100,000 rows
are never there as objects at once.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 2048  # in memory as objects
_MISSING = -1  # pandas' code of no category


def table_of(
    cursor: sqlite3.Cursor, *, categories: Collection[str] = (), numbers: Collection[str] = ()
) -> pd.DataFrame:
    """All rows that a question gives, under the names that it gave their columns.

    Columns among ``numbers`` are int64, or float64 where a value is missing or is none; those
    among ``categories`` are categoricals in alphabetical order; all others are text, NaN where it
    is missing.
    """
    import pandas as pd  # only here: see core/store/__init__.py

    names = [str(one[0]) for one in cursor.description]
    columns: dict[str, _Column] = {
        name: _Numbers() if name in numbers else _Categories() if name in categories else _Texts()
        for name in names
    }
    for rows in _in_parts(cursor):
        for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.add(values)
    # Taken out one by one, so that no column is there twice.
    return pd.DataFrame({name: columns.pop(name).made() for name in names})


def _in_parts(cursor: sqlite3.Cursor) -> Iterator[list[tuple[Any, ...]]]:
    cursor.row_factory = None
    while rows := cursor.fetchmany(_ROWS):
        yield rows


class _Column(Protocol):
    def add(self, values: Sequence[Any]) -> None:
        """Some more rows."""

    def made(self) -> pd.Series:
        """All of them."""


class _Numbers:
    def __init__(self) -> None:
        self._parts: list[pd.Series] = []

    def add(self, values: Sequence[Any]) -> None:
        import pandas as pd

        self._parts.append(pd.to_numeric(pd.Series(values), errors="coerce"))

    def made(self) -> pd.Series:
        return _together(self._parts, "int64")


class _Texts:
    def __init__(self) -> None:
        self._parts: list[pd.Series] = []

    def add(self, values: Sequence[Any]) -> None:
        import pandas as pd

        self._parts.append(pd.Series([_text(one) for one in values], dtype="str"))

    def made(self) -> pd.Series:
        return _together(self._parts, "str")


class _Categories:
    def __init__(self) -> None:
        self._codes = array("i")
        self._known: dict[str, int] = {}

    def add(self, values: Sequence[Any]) -> None:
        known = self._known
        self._codes.extend(
            _MISSING if one is None else known.setdefault(str(one), len(known)) for one in values
        )

    def made(self) -> pd.Series:
        import numpy as np
        import pandas as pd

        ordered = sorted(self._known)
        # Of each code as it came, which one it is in alphabetical order; the last place is for
        # those that are missing.
        place = np.full(len(ordered) + 1, _MISSING)
        place[[self._known[one] for one in ordered]] = np.arange(len(ordered))
        codes = place[np.frombuffer(self._codes, dtype=np.intc)]
        return pd.Series(pd.Categorical.from_codes(codes, pd.Index(ordered, dtype="str")))


def _together(parts: Sequence[pd.Series], dtype: str) -> pd.Series:
    import pandas as pd

    return pd.concat(parts, ignore_index=True) if parts else pd.Series([], dtype=dtype)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)
