"""Rows that cannot be read: named one by one, so that they keep nobody from the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from core.documents import Fields
from core.errors import SpecError
from core.specs import DatasetSpec, RunSpec


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


def object_of(value: object, what: str) -> Fields:
    """A JSON object. Raises SpecError for any other text."""
    try:
        found = json.loads(text_of(value, what))
    except ValueError as error:
        raise SpecError(f"Its {what} is not JSON ({error}).") from None
    if not isinstance(found, dict):
        raise SpecError(f"Its {what} is not a JSON object.")
    return found


LARGEST = 1e15


def number_of(value: object, what: str) -> float:
    """An ordinary number. Raises SpecError."""
    # A whole number of any length is JSON; arithmetic wants one that a float can hold.
    if isinstance(value, bool) or not (
        isinstance(value, int | float) and -LARGEST < value < LARGEST
    ):
        raise SpecError(f"Its {what} is not a number.")
    return float(value)


# What pages and commands take for granted of a finished run's result, where it is there.
_OBJECTS = ("train", "validation", "test", "running", "seconds")
_NUMBERS = (
    "total_params", "trainable_params", "seconds_per_epoch", "epochs", "best_epoch",
    "learning_rate", "fine_tune_seconds_per_epoch",
)  # fmt: skip


def check_result(result: Mapping[str, object]) -> None:
    """Raises SpecError when a part that is there is not what it should be."""
    for name in _OBJECTS:
        part = result.get(name)
        if part is None:
            continue
        if not isinstance(part, dict):
            raise SpecError(f"Its result has no readable part “{name}”.")
        for key, value in part.items():
            if key != "confusion" and value is not None:
                number_of(value, f"result “{name}: {key}”")
    for name in _NUMBERS:
        if result.get(name) is not None:
            number_of(result[name], f"result “{name}”")
