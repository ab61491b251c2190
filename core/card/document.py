"""What a model card holds, whichever way it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CardLevel = Literal["bad", "caution", "good", "unknown"]


@dataclass(frozen=True)
class Table:
    """Rows of text under a head. Columns from ``numeric`` on are numbers, set to the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: int = 99


@dataclass(frozen=True)
class Picture:
    """A PNG, and in words what it shows."""

    png: bytes
    words: str


@dataclass(frozen=True)
class Section:
    """A heading with paragraphs, tables and pictures in order."""

    title: str
    parts: tuple[str | Table | Picture, ...]


@dataclass(frozen=True)
class ModelCard:
    """A whole card. ``verdict`` is the one sentence to read, ``level`` its colour."""

    title: str
    subtitle: str
    verdict: str
    level: CardLevel
    sections: tuple[Section, ...]
