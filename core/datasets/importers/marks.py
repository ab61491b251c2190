"""Tables with one column a finding: 1, 0, −1 or nothing in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from core.datasets.importers.candidate import UNCERTAIN as UNCERTAIN_FINDING
from core.datasets.importers.choices import Uncertain
from core.datasets.label_map import NO_FINDING, finding_key, is_silent

YES = frozenset({"1", "1.0", "true", "yes", "y", "t", "x", "positive", "present", "ja", "oui"})
NO = frozenset({"0", "0.0", "false", "no", "n", "f", "negative", "absent", "nein", "non"})
UNCERTAIN = frozenset({"-1", "-1.0", "u", "uncertain"})
MARKS = YES | NO | UNCERTAIN
HEALTHY = frozenset({"no finding", "no findings", "nofinding", "normal", "healthy", "none"})


class Marks(NamedTuple):
    """``findings``: those present; ``written``: the cells that say something other than 0;
    ``left_out``: the reason, when an uncertain one keeps the film out."""

    findings: tuple[str, ...]
    written: str
    left_out: str


def read_marks(cells: Mapping[str, str], columns: Mapping[str, str], uncertain: Uncertain) -> Marks:
    """What a row's marks say. ``columns``: column in small letters → the finding's name.

    A film is called “No finding” where a column of that meaning says so, or where all of at
    least two columns say 0. A single column gives its name, or “No” and its name.
    """
    present, open_ones, absent = [], [], 0
    healthy = any(map(names_health, columns.values()))
    for column, name in columns.items():
        mark = _mark(cells.get(column, ""))
        if mark in YES or (mark in UNCERTAIN and uncertain == "positive"):
            present.append(name)
        elif mark in UNCERTAIN and uncertain == "left out":
            open_ones.append(name)
        elif mark in NO or mark in UNCERTAIN:
            absent += 1
    if not present and not open_ones and absent == len(columns) and not healthy:
        present = [NO_FINDING if absent > 1 else f"No {next(iter(columns.values()))}"]
    written = "; ".join(
        f"{name} {cells[column].strip()}"
        for column, name in columns.items()
        if not is_silent(cells.get(column, "")) and _mark(cells[column]) not in NO
    )
    reason = f"{UNCERTAIN_FINDING}: {', '.join(open_ones)}" if open_ones else ""
    return Marks(tuple(present), written, reason)


def is_mark(cell: str) -> bool:
    """Whether a cell is a mark or says nothing."""
    return is_silent(cell) or _mark(cell) in MARKS


def is_yes(cell: str) -> bool:
    return _mark(cell) in YES


def is_said(cell: str) -> bool:
    """Whether a cell says that there is, or may be, a finding."""
    return _mark(cell) in YES | UNCERTAIN


@lru_cache(maxsize=4096)
def _mark(cell: str) -> str:
    return cell.strip().casefold().replace("\u2212", "-")


def names_health(column: str) -> bool:
    """Whether a column says with 1 that a film shows nothing."""
    return finding_key(column) in HEALTHY
