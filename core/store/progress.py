"""What the worker of a run last said of itself."""

from __future__ import annotations

import json

from pydantic import ConfigDict, ValidationError

from core.documents import Json, Part


class RunProgress(Part):
    """``stage``: a key of ``core.runs.reporter.STAGES``; ``done`` of ``total`` ``unit`` of it, 0
    when it has no count. ``epoch`` of ``epochs`` and ``batch`` of ``batches``, from 1, while it
    trains. ``eta_seconds``: until the stage is over."""

    # Another version's worker may say more; what it was doing then is no reason to fail.
    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    epoch: int | None = None
    epochs: int | None = None
    batch: int | None = None
    batches: int | None = None
    eta_seconds: float | None = None
    seconds_per_epoch: float | None = None

    def as_dict(self) -> Json:
        """What was said and nothing else, as the JSON that ``runs`` prints."""
        return self.model_dump(mode="json", exclude_unset=True)

    def to_json(self) -> str:
        return json.dumps({"version": 1, **self.as_dict()})

    @classmethod
    def from_json(cls, text: object) -> RunProgress:
        """What ``to_json`` gave; an empty one for anything else, which is no loss."""
        if not isinstance(text, str):
            return cls()
        try:
            return cls.model_validate_json(text, strict=True)
        except ValidationError:
            return cls()
