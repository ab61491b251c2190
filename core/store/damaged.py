"""Rows that cannot be read: named one by one, so that they keep nobody from the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from core.errors import SpecError
from core.specs import DatasetSpec, RunSpec
from core.store.run_result import LARGEST


@dataclass(frozen=True)
class Damaged:
    """One row that cannot be read. ``name``: a run's id or a data set's name. ``reason``: a
    sentence or two to show, which say what can be done."""

    name: str
    reason: str


# A page looks at all runs every second, and a description never changes.
@lru_cache(4096)
def run_spec(text: str) -> RunSpec:
    """Raises SpecError."""
    return RunSpec.from_json(text)


@lru_cache(1024)
def dataset_spec(text: str) -> DatasetSpec:
    """Raises SpecError."""
    return DatasetSpec.from_json(text)


def lenient(raw: bytes) -> str:
    """Text as it is stored, with a mark for each byte that is none: for ``text_factory``."""
    return raw.decode("utf-8", errors="replace")


def text_of(value: object, what: str) -> str:
    """Raises SpecError for anything but text."""
    if not isinstance(value, str):
        raise SpecError(f"Its {what} is not text.")
    return value


def number_of(value: object, what: str) -> float:
    """An ordinary number. Raises SpecError."""
    # A whole number of any length is JSON; arithmetic wants one that a float can hold.
    if isinstance(value, bool) or not (
        isinstance(value, int | float) and -LARGEST < value < LARGEST
    ):
        raise SpecError(f"Its {what} is not a number.")
    return float(value)
