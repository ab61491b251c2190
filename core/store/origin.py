"""Where a run comes from: trained here, or brought from somewhere else."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, ValidationError

from core.documents import Part
from core.errors import SpecError

OriginKind = Literal["trained", "imported", "starter", "example"]
LONGEST_TITLE, LONGEST_TEXT = 80, 2000


class RunOrigin(Part):
    """``kind``: ``trained`` by a person in this data folder, ``imported`` from a file, a
    ``starter`` that ThoraxLens brings along, or an ``example`` that it trains by itself.

    ``title``: what people call the run; empty, and it is called by its network and data set.
    ``licence``: under which others may use it; empty when nobody has said. ``note``: what else
    is to be said about it. ``artificial``: whether what it has learnt from was drawn by a
    program; None when nobody has said. ``content``: SHA-256 in hex of what makes it this network
    and no other, for a run that came in a file; empty otherwise. All text is plain.
    """

    kind: OriginKind = "trained"
    title: str = Field("", max_length=LONGEST_TITLE)
    licence: str = Field("", max_length=LONGEST_TEXT)
    note: str = Field("", max_length=LONGEST_TEXT)
    artificial: bool | None = None
    content: str = Field("", pattern=r"^([0-9a-f]{64})?$")

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether it was trained in another data folder, so that its films need not be here."""
        return self.kind in ("imported", "starter")

    @property
    def mark(self) -> str:
        """What stands behind its name wherever it is shown; empty for one trained here."""
        words: list[str] = [] if self.kind == "trained" else [self.kind]
        if self.artificial:
            words.append("artificial films")
        return ", ".join(words)

    def to_json(self) -> str:
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> RunOrigin:
        """Raises SpecError for anything but what ``to_json`` gave."""
        try:
            return cls.model_validate_json(text, strict=True)
        except ValidationError:
            raise SpecError("It does not say where it comes from.") from None
