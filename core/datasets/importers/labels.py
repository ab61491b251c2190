"""Taking a cell that holds one or several findings apart."""

from __future__ import annotations

import ast
import re

from core.datasets.label_map import SEPARATORS

# The first of these that a cell holds separates its labels: “Mass, solid|Effusion” has two.
FIRST_TRIED = ("|", ";", "\n", "\uff1b", "\uff5c")


def labels_in(cell: str) -> tuple[str, ...]:
    """The labels of ``A|B``, ``A; B``, ``A, B``, ``A + B`` or ``['A', 'B']``, none empty."""
    text = cell.strip()
    listed = _list_in(text) if text[:1] in ("[", "(", "{") else None
    if listed is not None:
        return listed
    separator = next((one for one in FIRST_TRIED if one in text), None)
    parts = text.split(separator) if separator else SEPARATORS.split(text)
    return tuple(part.strip() for part in parts if part.strip())


def _list_in(text: str) -> tuple[str, ...] | None:
    """What Python's or JSON's writing of a list holds; None for brackets of another meaning."""
    if len(text) > 100_000:
        return None
    # NumPy writes its arrays without commas; Python would join such texts into one.
    text = re.sub(r"(['\"])\s+(['\"])", r"\1, \2", text)
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        inner = text[1:-1] if text[-1:] in ("]", ")", "}") else ""
        # Spreadsheets lose the quotation marks.
        return tuple(part.strip(" '\"") for part in inner.split(",") if part.strip(" '\"")) or None
    if isinstance(value, (list, tuple, set)):
        return tuple(one.strip() for one in map(str, value) if one.strip())
    return None
