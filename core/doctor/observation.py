"""What is seen when an installation is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Condition = Literal["well", "note", "ill"]


@dataclass(frozen=True)
class Observation:
    """One thing looked at. ``part``: what was. ``level``: ``ill`` keeps ThoraxLens from working,
    ``note`` is worth knowing. ``sentence``: what was found and, where it is not well, what to
    do."""

    part: str
    level: Condition
    sentence: str

    def as_dict(self) -> dict[str, str]:
        return {"part": self.part, "level": self.level, "sentence": self.sentence}
