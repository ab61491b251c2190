"""The rows of a collection's table, and what they may say of a person."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from core.datasets.importers.rows import Row
from core.datasets.importers.table_file import read_table
from core.datasets.importers.tree import Tree
from core.datasets.label_map import is_silent

# Columns that may say who a patient is; nothing in ThoraxLens needs them.
PERSONAL = re.compile(
    r"(?:.*(?:patient|first|last|full|sur|family|given|middle)s?[\s_'-]*name.*|name|surname"
    r"|.*(?:birth|address|telephone|phone|e-?mail|social[\s_-]*security|insurance|accession"
    r"|passport|postcode|post[\s_-]*code|zip[\s_-]*code|referring|physician).*"
    r"|dob|ssn|mrn|nhs.*|street|city)",
    re.IGNORECASE,
)


class Record(NamedTuple):
    """A row of a table: where it stands, in words, and its cells by column."""

    place: str
    cells: dict[str, str]


def records(tree: Tree, table: str, required: tuple[str, ...] = ()) -> Iterator[Record]:
    """Each row of a table as (its place in words, column in small letters → cell)."""
    frame = read_table(tree.path(table), required)
    # pandas' own iteration over rows is ten times slower than over its columns together.
    columns = [str(name) for name in frame.columns]
    cells = zip(*(frame[name].tolist() for name in columns), strict=True)
    for number, values in enumerate(cells, 2):
        yield Record(f"row {number} of {table}", dict(zip(columns, values, strict=True)))


def long_rows(tree: Tree, table: str) -> list[Row]:
    """A row to leave out for each line with more cells than the table has columns."""
    return [
        Row("", f"line {line} of {table}", left_out="it has more cells than the table has columns")
        for line in read_table(tree.path(table)).attrs["bad_rows"]
    ]


def metadata_of(cells: dict[str, str], own: Container[str]) -> dict[str, str]:
    """What else a row says: columns that are not ``own``, silent, or about a person."""
    return {
        key: text.strip()
        for key, text in cells.items()
        if key not in own
        and key
        and not key.startswith("unnamed:")
        and not is_silent(text)
        and not is_personal(key)
    }


def is_personal(column: str) -> bool:
    """Whether a column may hold a patient's name, day of birth, address or the like."""
    return PERSONAL.fullmatch(column.strip()) is not None


def path_inside(root: Path, name: str) -> Path | None:
    """``root/name``, or None when that would lie outside: a table may name any path."""
    if "\0" in name:
        return None
    path = Path(os.path.normpath(root / name))
    return path if path.is_relative_to(root) else None
