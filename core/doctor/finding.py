"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["well", "note", "ill"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``part``: what was. ``level``: ``ill`` keeps ThoraxLens from working,
    ``note`` is worth knowing. ``sentence``: what was found and, where it is not well, what to
    do."""

    part: str
    level: Level
    sentence: str

    def as_dict(self) -> dict[str, str]:
        return {"part": self.part, "level": self.level, "sentence": self.sentence}
