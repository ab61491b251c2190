"""What came of a training, as the store and a run's record keep it."""

from __future__ import annotations

import json
from typing import Annotated, ClassVar

from pydantic import Field

from core.documents import Document, Fields, Json, Part

LARGEST = 1e15  # arithmetic wants numbers that a float can hold
Real = Annotated[float, Field(gt=-LARGEST, lt=LARGEST, allow_inf_nan=False)]
Amount = Annotated[int, Field(ge=0, lt=int(LARGEST))]


class SplitNumbers(Part):
    """A run on one split, each film called by its most probable class. Shares are 0 to 1, None
    where no film says so. ``loss``: mean cross-entropy. ``confusion``: rows true, columns
    called."""

    accuracy: Real | None = None
    loss: Real | None = None
    sensitivity: Real | None = None
    specificity: Real | None = None
    confusion: tuple[tuple[Amount, ...], ...] | None = None


class RunningNumbers(Part):
    """What training itself measured in the best epoch, augmentation and dropout included."""

    loss: Real | None = None
    accuracy: Real | None = None


class RunResult(Document):
    """The result of a run; all of it is None before the run is done. An earlier version kept
    fewer fields, so each may be None later too.

    ``epochs``: how many were trained; ``best_epoch``: the one whose weights were kept, from 1.
    ``learning_rate``: the one used, which a search may have found. ``seconds``: by stage, with
    ``total``. ``fine_tuned``: titles of the last blocks that learnt too.
    """

    SPOKEN: ClassVar[str] = "The result of this run"
    REMEDY: ClassVar[str] = "Train the run again."

    train: SplitNumbers | None = None
    validation: SplitNumbers | None = None
    test: SplitNumbers | None = None
    total_params: Amount | None = None
    trainable_params: Amount | None = None
    seconds_per_epoch: Real | None = None
    epochs: Amount | None = None
    best_epoch: Amount | None = None
    stopped_early: bool | None = None
    learning_rate: Real | None = None
    running: RunningNumbers | None = None
    seconds: dict[str, Real] | None = None
    precision_mode: str | None = None
    backend: str | None = None
    software: dict[str, str] | None = None
    fine_tuned: tuple[str, ...] | None = None
    fine_tune_seconds_per_epoch: Real | None = None

    def of(self, split: str) -> SplitNumbers:
        """``train``, ``validation`` or ``test``; without a number where there is none."""
        found = {"train": self.train, "validation": self.validation, "test": self.test}[split]
        return found or SplitNumbers()

    def as_dict(self) -> Json:
        """What was noted and nothing else, as the JSON that ``runs`` prints."""
        return self.model_dump(mode="json", exclude_unset=True)

    def as_json_object(self) -> Json:
        """``as_dict`` with the version, for a file that holds it."""
        kept: Json = json.loads(self.to_json())
        return kept

    def _fields(self) -> Json:
        return {"version": self.VERSION, **self.as_dict()}

    @classmethod
    def upgrade(cls, older: Fields, version: int) -> Fields:
        """Before there were versions, a result was whatever the trainer had put together; what is
        known of it has the names of now."""
        return {name: value for name, value in older.items() if name in cls.model_fields}
