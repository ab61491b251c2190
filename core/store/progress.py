"""What the worker of a run or job last said of itself."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from core.documents import Document, Fields, Json
from core.errors import DamagedError


class RunProgress(Document):
    """``stage``: of a training, a key of ``core.runs.reporter.STAGES``, of other work, words to
    show; ``done`` of ``total`` ``unit`` of it, 0 when it has no count. ``epoch`` of ``epochs`` and
    ``batch`` of ``batches``, from 1, while it trains. ``eta_seconds``: until the stage is over;
    ``left_seconds``: until all of it is, evaluation included, where that is known."""

    # Another version's worker may say more; what it was doing then is no reason to fail.
    model_config = ConfigDict(frozen=True, extra="ignore")
    SPOKEN: ClassVar[str] = "How far this run is"

    stage: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    epoch: int | None = None
    epochs: int | None = None
    batch: int | None = None
    batches: int | None = None
    eta_seconds: float | None = None
    left_seconds: float | None = None
    seconds_per_epoch: float | None = None

    @property
    def share(self) -> float:
        """How much of the stage is done, from 0 to 1; 0 when it has no count."""
        return min(self.done / self.total, 1.0) if self.total > 0 else 0.0

    def as_dict(self) -> Json:
        """What was said and nothing else, as the JSON that ``runs`` prints."""
        return self.model_dump(mode="json", exclude_unset=True)

    def _fields(self) -> Json:
        return {"version": self.VERSION, **self.as_dict()}

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        """Without a version: what a worker said before there were any, in the names of now."""
        return {name: value for name, value in older.items() if name in cls.model_fields}

    @classmethod
    def read(cls, text: object) -> RunProgress:
        """What ``to_json`` gave; an empty one for anything else, which is no loss."""
        try:
            return cls.from_json(text) if isinstance(text, str) else cls()
        except DamagedError:
            return cls()
